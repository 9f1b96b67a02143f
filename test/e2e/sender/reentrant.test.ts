import { createSender } from 'cmd-stream';
import { expect, it } from 'vitest';
import { calc, SUM } from '../support/calc.ts';
import { expectNothingLeft } from '../support/leaks.ts';
import { ScriptedPeer } from '../support/scripted-peer.ts';

expectNothingLeft();

it('a payload whose toJSON sends another Command mixes no bytes: the inner one fails, the outer one arrives', async () => {
  await using peer = await ScriptedPeer.listen({
    onCommand: ({ seq, payload, connection }) => connection.result(seq, SUM, (payload as { a: number }).a),
  });
  await using sender = await createSender(calc, { address: peer.address });
  const inner: Promise<unknown>[] = [];
  const payload = {
    toJSON() {
      inner.push(sender.send(calc.Add({ a: 1, b: 1 })));
      return { a: 7, b: 0 };
    },
  };
  const outer = sender.send(calc.Add(payload as unknown as { a: number; b: number }));
  await expect(inner[0]).rejects.toMatchObject({ code: 'encode-failed', mayHaveExecuted: false });
  expect(await outer).toBe(7);
  expect(peer.commands).toHaveLength(1);
});
