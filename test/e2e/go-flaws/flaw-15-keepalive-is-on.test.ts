import type { SenderOptions } from 'cmd-stream';
import { expect, it } from 'vitest';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { soon, stage } from '../client/stage.ts';

// Go: WithKeepalive() without arguments is off.
// Here: keepalive is on by default, with `true` and with empty options: a Ping after 3 s, lost after 3 s more.

const { peer, sender } = stage();

const switchedOn: [how: string, options: Partial<SenderOptions>][] = [
  ['nothing is said', {}],
  ['it says true', { keepalive: true }],
  ['it says {}', { keepalive: {} }],
];

it.each(switchedOn)('flaw 15: keepalive is on where %s', async (_, options) => {
  const server = await peer({ answersPings: false });
  const clock = new VirtualClock();
  const client = await sender({ address: server.address, clock, ...options });
  await clock.advanceWithTurns(2_999);
  expect(server.connections[0]?.pings).toBe(0);
  await clock.advanceWithTurns(1);
  await soon(() => server.connections[0]?.pings).toBe(1);
  await clock.advanceWithTurns(2_999);
  expect(client.status.state).toBe('ready');
  await clock.advanceWithTurns(2);
  expect(client.status.clients[0]).toMatchObject({ state: 'reconnecting', error: { code: 'connection-lost' } });
});

it('flaw 15: keepalive is off where it says false', async () => {
  const server = await peer({ answersPings: false });
  const clock = new VirtualClock();
  const client = await sender({ address: server.address, clock, keepalive: false });
  await clock.advanceWithTurns(3_600_000);
  expect(server.connections[0]?.pings).toBe(0);
  expect(client.status.state).toBe('ready');
});
