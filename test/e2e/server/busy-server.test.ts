import { type ChildProcess, fork } from 'node:child_process';
import { channel } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { LostConnectionInfo } from '../../../src/server/callback-infos.ts';
import { standStill } from '../../support/stand-still.ts';
import { makeCertificates } from '../support/certificates.ts';
import { expectNothingLeft } from '../support/leaks.ts';
import { serveLimited, WAIT } from './limited-server.ts';
import { RawClient } from './raw-client.ts';

expectNothingLeft();

/** Clients in a process of their own, which goes on while this one is busy: each pings every 40 ms. */
async function pingingElsewhere(port: number, connections: number): Promise<ChildProcess> {
  const fixture = new URL('./fixtures/pinging-clients.mjs', import.meta.url);
  const child = fork(fixture, [String(port), String(connections)], { stdio: 'inherit' });
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  await once(child, 'message');
  return child;
}

const IDLE_MS = 1000;

/** Keeps a client from being silent itself, until the test is over. */
function keepLively(client: RawClient): void {
  const pinging = setInterval(() => client.ping(), 20);
  onTestFinished(() => clearInterval(pinging));
}

async function watchedServer() {
  const lost: LostConnectionInfo[] = [];
  const server = await serveLimited(
    {
      Wait: (ms) => standStill(Number(ms)),
    },
    { idleTimeoutMs: IDLE_MS, onConnectionLost: (info) => lost.push(info) },
  );
  return { server, lost };
}

it('V5, F7: a handler that keeps the server busy is no silence of its clients', async () => {
  const { server, lost } = await watchedServer();
  await using _server = server;
  await pingingElsewhere(server.port, 5);
  for (let count = 0; count < 2; count++) {
    await using busy = await RawClient.open(server.port);
    busy.send(1, WAIT, 2 * IDLE_MS);
    await busy.first(1);
    keepLively(busy);
    await sleep(IDLE_MS / 2);
  }
  expect(lost.filter(({ error }) => error !== undefined)).toEqual([]);
  await vi.waitFor(() => expect(server.connections).toBe(5), 60_000);
});

it('V5: time in which the server stood still is no silence either, and who is silent after it is found', async () => {
  const { server, lost } = await watchedServer();
  await using _server = server;
  const clients = await pingingElsewhere(server.port, 3);
  await using busy = await RawClient.open(server.port);
  // The clients stand still as well: nothing lies there unread when the server goes on.
  clients.kill('SIGSTOP');
  await sleep(100);
  busy.send(1, WAIT, 2 * IDLE_MS);
  await busy.first(1);
  keepLively(busy);
  clients.kill('SIGCONT');
  await sleep(IDLE_MS / 2);
  expect(lost).toEqual([]);
  clients.kill('SIGSTOP');
  await vi.waitFor(() => expect(lost.length).toBeGreaterThan(0), 60_000);
  expect(lost[0]?.error?.message).toContain('idleTimeoutMs');
});

it('V5: a TLS handshake that the server was too busy for is no slow one', async () => {
  const errors: unknown[] = [];
  const { cert, key } = (await makeCertificates()).server;
  await using server = await serveLimited(
    {},
    { tls: { cert, key }, handshakeTimeoutMs: 2_000, onAcceptError: (error) => errors.push(error) },
  );
  const child = fork(new URL('./fixtures/tls-client.mjs', import.meta.url), [String(server.port)], {
    stdio: 'inherit',
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  await once(child, 'message');
  const said = once(child, 'message');
  // Busy once the connection is there, and before the first bytes of the handshake have been read.
  const accepted = channel('net.server.socket');
  let connected: () => void = () => {};
  const connection = new Promise<void>((resolve) => {
    connected = resolve;
  });
  accepted.subscribe(connected);
  child.send('go');
  await connection;
  accepted.unsubscribe(connected);
  standStill(3_500);
  expect(await said).toEqual(['introduced', undefined]);
  expect(errors).toEqual([]);
});
