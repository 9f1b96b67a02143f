import { expect, it } from 'vitest';
import { failureOf, onePlusOne, stage } from '../client/stage.ts';
import { calc, TICK } from '../support/calc.ts';

// Go: Commands that are lost with their connection count as successes: 21 lost, 21 successes, the breaker never opens.
// Here: a lost connection is a failure for the circuit breaker.

const { peer, sender } = stage();

it('flaw 1: Commands lost with their connection open the circuit breaker', async () => {
  const counted: string[] = [];
  const server = await peer({ onCommand: ({ connection }) => connection.reset() });
  const client = await sender({
    address: server.address,
    waitForReady: true,
    circuitBreaker: {
      windowSize: 4,
      failureRate: 0.75,
      openDurationMs: 60_000,
      onSuccess: () => counted.push('success'),
      onFailure: () => counted.push('failure'),
    },
  });
  for (let lost = 1; lost <= 3; lost++) {
    expect(client.circuitBreaker?.state).toBe('closed');
    expect(await failureOf(client.send(onePlusOne))).toMatchObject({ code: 'connection-lost', mayHaveExecuted: true });
  }
  expect(counted).toEqual(['failure', 'failure', 'failure']);
  expect(client.circuitBreaker?.state).toBe('open');
  expect(await failureOf(client.send(onePlusOne))).toMatchObject({ code: 'circuit-open', mayHaveExecuted: false });
  expect(server.commands).toHaveLength(3);
});

it('flaw 1: so do streams that are lost after their first Result', async () => {
  const server = await peer({
    onCommand: ({ seq, connection }) => {
      connection.result(seq, TICK, { n: 2, last: false });
      connection.socket.end();
    },
  });
  const client = await sender({
    address: server.address,
    waitForReady: true,
    circuitBreaker: { windowSize: 2, failureRate: 1, openDurationMs: 60_000 },
  });
  for (let lost = 1; lost <= 2; lost++) {
    const ticks: number[] = [];
    const error = await failureOf(client.sendMulti(calc.Countdown({ from: 2 }), ({ n }) => void ticks.push(n)));
    expect(error.code).toBe('connection-lost');
    expect(ticks).toEqual([2]);
  }
  expect(client.circuitBreaker?.state).toBe('open');
});
