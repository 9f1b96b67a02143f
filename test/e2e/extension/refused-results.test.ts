import { expect, it } from 'vitest';
import { command, createSender, defineProtocol, result, type Schema, serve } from '../../../src/index.ts';

interface Row {
  readonly n: number;
  readonly last: boolean;
}

const few: Schema<Row> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) => ((value as Row).n < 3 ? { value: value as Row } : { issues: [{ message: 'too many' }] }),
  },
};

const shop = defineProtocol({
  results: { Row: result(few, { lastOne: ({ last }) => last }), Text: result<string>() },
  commands: { Rows: command<string>().returns('Row'), Echo: command<string>().returns('Text') },
});

it('a stream whose Result is refused here is cancelled at its server', async () => {
  let tellWhy: (code: unknown) => void = () => {};
  const why = new Promise<unknown>((resolve) => {
    tellWhy = resolve;
  });
  await using server = await serve(shop, undefined, {
    async *Rows(_text, { signal }) {
      try {
        for (let n = 0; ; n++) yield { n, last: false };
      } finally {
        tellWhy((signal.reason as { code?: string } | undefined)?.code);
      }
    },
    Echo: (text) => text,
  });
  await using sender = await createSender(shop, { address: server.address });
  const reading = (async () => {
    for await (const { n } of sender.sendMulti(shop.Rows('x'))) expect(n).toBeLessThan(3);
  })();
  await expect(reading).rejects.toMatchObject({ code: 'result-invalid', mayHaveExecuted: true });
  // Not for the loss of its connection.
  expect(await why).toBe('cancelled');
  expect(await sender.send(shop.Echo('still there'))).toBe('still there');
});
