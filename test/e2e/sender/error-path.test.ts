import { inspect } from 'node:util';
import { CmdStreamError } from 'cmd-stream';
import { expect, it } from 'vitest';
import { failureOf, stage } from '../client/stage.ts';
import { calc, TICK } from '../support/calc.ts';
import type { PeerCommand } from '../support/scripted-peer.ts';
import { MODES } from './support.ts';

const { peer, sender } = stage();
const add = calc.Add({ a: 1, b: 1 });

/** A path without its times. */
const stepsOf = ({ path = [] }: CmdStreamError) =>
  path.map(({ actor, state, note }) => [actor, state, note].filter((part) => part !== undefined).join(' '));

it.each(MODES)('the error of a send that was not answered tells its way, run %s', async (_, mode) => {
  const server = await peer({ onCommand: () => {} });
  const client = await sender({ address: server.address, ...mode });
  const error = await failureOf(client.send(add, { timeoutMs: 30 }));
  expect(stepsOf(error)).toEqual([
    'request queued',
    `request sent 1 of client 0 to ${server.address}`,
    'request timedOut',
  ]);
  const [first, , last] = error.path ?? [];
  expect(first?.afterMs).toBe(0);
  expect(last?.afterMs).toBeGreaterThanOrEqual(29);
});

it('what its client went through meanwhile is part of it', async () => {
  const server = await peer({ onCommand: ({ connection }) => connection.reset() });
  const client = await sender({ address: server.address });
  const error = await failureOf(client.send(add));
  expect(error.code).toBe('connection-lost');
  await expect.poll(() => client.status.state).toBe('ready');
  const later = await failureOf(client.send(add));
  for (const each of [error, later]) {
    // What came before the call, or after the error, is none of its way.
    expect(stepsOf(each)).toEqual([
      'request queued',
      expect.stringMatching(/^request sent \d of client 0 to /),
      'client 0 reconnecting connection-lost',
      'request failed',
    ]);
  }
});

it('a send that never left tells of all clients', async () => {
  const server = await peer({ onCommand: () => {} });
  const client = await sender({ address: server.address, waitForReady: true });
  await server.stop();
  await expect.poll(() => client.status.ready).toBe(0);
  const failed = failureOf(client.send(add, { timeoutMs: 400 }));
  const error = await failed;
  expect(error).toMatchObject({ code: 'timeout', mayHaveExecuted: false });
  expect(stepsOf(error)[0]).toBe('request queued');
  expect(stepsOf(error).at(-1)).toBe('request timedOut');
});

it('a stream tells how many Results it has had', async () => {
  const commands: PeerCommand[] = [];
  const server = await peer({
    onCommand: (command) => {
      commands.push(command);
      for (const n of [3, 2]) command.connection.result(command.seq, TICK, { n, last: false });
    },
  });
  const client = await sender({ address: server.address });
  const results = client.sendMulti(calc.Countdown({ from: 3 }));
  await results.next();
  await results.next();
  await client.close();
  const error = await failureOf(results.next());
  expect(stepsOf(error).filter((step) => step.startsWith('request'))).toEqual([
    'request queued',
    `request sent 1 of client 0 to ${server.address}`,
    'request receiving 2 Results',
    'request failed',
  ]);
});

it('it is printed by util.inspect below the rest, and is nowhere else', async () => {
  const server = await peer({ onCommand: () => {} });
  const client = await sender({ address: server.address });
  const error = await failureOf(client.send(add, { timeoutMs: 5 }));
  const shown = inspect(error).split('\n');
  expect(shown.slice(-3).map((line) => line.trim())).toEqual([
    '+0 ms  request queued',
    `request sent (1 of client 0 to ${server.address})`,
    expect.stringMatching(/^\+\d+ ms {2}request timedOut$/),
  ]);
  expect(inspect({ error })).toContain('request timedOut');
  for (const text of [JSON.stringify(error), String(error), error.stack, Object.keys(error).join()]) {
    expect(text).not.toMatch(/request (queued|timedOut)|path\b/);
  }
  const other = new CmdStreamError('internal', 'of no send');
  expect(other.path).toBeUndefined();
  expect(inspect(other)).toContain('of no send');
});
