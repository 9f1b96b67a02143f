import { expect, it } from 'vitest';
import { command, defineProtocol, result } from '../../../src/index.ts';
import { simulate } from '../../../src/testing.ts';

const protocol = defineProtocol({
  results: { Text: result<string>() },
  commands: { Slow: command<string>().returns('Text') },
});

it('what waits at the server counts as time of those only that wait there', async () => {
  await simulate('waited', async ({ clock, serve, createSender }) => {
    const left: number[] = [];
    const slow = async (text: string, { deadline }: { deadline: number }) => {
      left.push(deadline - clock.now());
      await clock.sleep(1_000);
      return text;
    };
    const options = { host: 'a', maxInFlightCommands: 1, maxFrameBytes: 2_000 };
    await serve(protocol, () => undefined, { Slow: slow }, options);
    await using sender = await createSender(protocol, { address: 'a:9000' });
    const send = (text: string, timeoutMs: number) => sender.send(protocol.Slow(text), { timeoutMs });
    const first = send('a', 5_000);
    const second = send('b', 5_000);
    await clock.sleep(500);
    // It waits with the first, which has waited for half a second.
    await expect(send('x'.repeat(3_000), 300)).rejects.toMatchObject({ code: 'command-invalid' });
    const third = send('c', 5_000);
    expect(await Promise.all([first, second, third])).toEqual(['a', 'b', 'c']);
    // All but the way there; the second has waited for one, the third for what was left of both.
    expect(left.map((ms) => Math.round(ms / 100))).toEqual([50, 40, 35]);
  });
});
