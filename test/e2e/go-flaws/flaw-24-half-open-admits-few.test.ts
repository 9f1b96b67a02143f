import type { CircuitBreakerState, CmdStreamError } from 'cmd-stream';
import { expect, it } from 'vitest';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { failureOf, onePlusOne, soon, stage } from '../client/stage.ts';
import { calc, ERROR, SUM } from '../support/calc.ts';
import type { PeerCommand } from '../support/scripted-peer.ts';

// Go: half-open admits 10,000 of 10,000; any two successes close it, late ones too; asking the state in a callback deadlocks.
// Here: at most successThreshold trials at a time, and a late outcome of an earlier state counts for nothing.

const { peer, sender } = stage();

/** A server whose Results the test gives, and a sender whose breaker has just become half-open. */
async function halfOpen() {
  const held: PeerCommand[] = [];
  const server = await peer({ onCommand: (command) => void held.push(command) });
  const clock = new VirtualClock();
  const asked: (CircuitBreakerState | undefined)[] = [];
  const client = await sender({
    address: server.address,
    clock,
    keepalive: false,
    circuitBreaker: {
      windowSize: 4,
      failureRate: 0.5,
      openDurationMs: 1_000,
      successThreshold: 2,
      onStateChange: () => void asked.push(client.circuitBreaker?.state),
    },
  });
  // Sent while closed; their Results come late.
  const early = [client.send(onePlusOne), client.send(onePlusOne), client.send(onePlusOne)];
  const failing = [
    failureOf(client.send(calc.Fail({ message: '' }))),
    failureOf(client.send(calc.Fail({ message: '' }))),
  ];
  await soon(() => held.length).toBe(5);
  for (const { seq, connection } of held.splice(3)) connection.result(seq, ERROR, { code: 'command-failed' });
  await Promise.all(failing);
  expect(client.circuitBreaker?.state).toBe('open');
  await clock.advanceWithTurns(1_000);
  expect(client.circuitBreaker?.state).toBe('half-open');
  return { client, held, early, asked };
}

const answer = ({ seq, connection }: PeerCommand) => connection.result(seq, SUM, 2);

it('flaw 24: of 10,000 sends in half-open two go out, and it takes both of them to close', async () => {
  const { client, held, early, asked } = await halfOpen();
  const lateOnes = held.splice(0);
  const outcomes = Array.from({ length: 10_000 }, () =>
    client.send(onePlusOne).then(
      () => 'sent',
      (error: CmdStreamError) => error.code,
    ),
  );
  await soon(() => held.length).toBe(2);
  answer(held[0] as PeerCommand);
  await outcomes[0];
  expect(client.circuitBreaker?.state).toBe('half-open');
  expect(await failureOf(client.send(onePlusOne))).toMatchObject({ code: 'circuit-open', mayHaveExecuted: false });
  answer(held[1] as PeerCommand);
  const seen = await Promise.all(outcomes);
  expect(seen.filter((outcome) => outcome === 'sent')).toHaveLength(2);
  expect(seen.filter((outcome) => outcome === 'circuit-open')).toHaveLength(9_998);
  expect(client.circuitBreaker?.state).toBe('closed');
  expect(asked).toEqual(['open', 'half-open', 'closed']);
  lateOnes.forEach(answer);
  await Promise.all(early);
});

it('flaw 24: Results of Commands from before the outage do not close the breaker; those of the trials do', async () => {
  const { client, held, early } = await halfOpen();
  const lateOnes = held.splice(0);
  const trials = [client.send(onePlusOne), client.send(onePlusOne)];
  await soon(() => held.length).toBe(2);
  lateOnes.forEach(answer);
  expect(await Promise.all(early)).toEqual([2, 2, 2]);
  expect(client.circuitBreaker?.state).toBe('half-open');
  held.forEach(answer);
  expect(await Promise.all(trials)).toEqual([2, 2]);
  expect(client.circuitBreaker?.state).toBe('closed');
});
