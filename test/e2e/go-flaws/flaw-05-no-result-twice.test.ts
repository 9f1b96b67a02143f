import { expect, it } from 'vitest';
import { failureOf, stage } from '../client/stage.ts';
import { calc, TICK } from '../support/calc.ts';

// Go: the previous Result is delivered once more together with the timeout.
// Here: each Result is delivered once; with the timeout comes an error and nothing else.

const { peer, sender } = stage();

it('flaw 5: a stream that times out has delivered each of its Results once', async () => {
  const server = await peer({
    onCommand: ({ seq, connection }) => {
      for (const n of [3, 2]) connection.result(seq, TICK, { n, last: false });
    },
  });
  const hooked: number[] = [];
  const client = await sender({
    address: server.address,
    hooks: () => ({ onResult: (_, { seq }) => void hooked.push(seq) }),
  });
  const handled: number[] = [];
  const iterated: number[] = [];
  const command = calc.Countdown({ from: 3 });
  const iterate = async () => {
    for await (const { n } of client.sendMulti(command, { timeoutMs: 200 })) iterated.push(n);
  };
  const errors = await Promise.all([
    failureOf(client.sendMulti(command, ({ n }) => void handled.push(n), { timeoutMs: 200 })),
    failureOf(iterate()),
  ]);
  expect(errors.map(({ code }) => code)).toEqual(['timeout', 'timeout']);
  expect(handled).toEqual([3, 2]);
  expect(iterated).toEqual([3, 2]);
  expect(hooked.sort()).toEqual([1, 1, 2, 2]);
});
