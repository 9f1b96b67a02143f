import { expect, it } from 'vitest';
import { adds, failureOf, onePlusOne, soon, stage } from '../client/stage.ts';
import { calc } from '../support/calc.ts';

// Go: the caller's own cancellation counts as failure: 5 cancels open the breaker, and the error says timeout.
// Here: cancellations are neutral, and the error says what it was.

const { peer, sender } = stage();

it('flaw 2: cancellations by the caller leave the circuit breaker closed', async () => {
  const counted: string[] = [];
  const server = await peer(adds);
  const client = await sender({
    address: server.address,
    circuitBreaker: {
      windowSize: 5,
      failureRate: 0.2,
      openDurationMs: 60_000,
      onSuccess: () => counted.push('success'),
      onFailure: () => counted.push('failure'),
    },
  });
  for (let cancelled = 1; cancelled <= 5; cancelled++) {
    const controller = new AbortController();
    const waiting = failureOf(client.send(calc.Wait({ ms: 60_000 }), { signal: controller.signal }));
    await soon(() => server.commands.length).toBe(cancelled);
    controller.abort(new Error('the user left the page'));
    const error = await waiting;
    expect(error).toMatchObject({ code: 'cancelled', mayHaveExecuted: true });
    expect(error.cause).toMatchObject({ message: 'the user left the page' });
  }
  expect(counted).toEqual([]);
  expect(client.circuitBreaker?.state).toBe('closed');
  expect(await client.send(onePlusOne)).toBe(2);
  expect(counted).toEqual(['success']);
});

it('flaw 2: leaving a stream early is a cancellation too', async () => {
  const server = await peer({
    onCommand: ({ seq, connection }) => connection.result(seq, 1, { n: 9, last: false }),
  });
  const client = await sender({ address: server.address, circuitBreaker: { windowSize: 2, failureRate: 0.5 } });
  for (let left = 1; left <= 5; left++) {
    for await (const { n } of client.sendMulti(calc.Countdown({ from: 9 }))) {
      expect(n).toBe(9);
      break;
    }
  }
  expect(client.circuitBreaker?.state).toBe('closed');
});
