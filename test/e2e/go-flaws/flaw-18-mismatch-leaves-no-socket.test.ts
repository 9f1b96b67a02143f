import { createServer, type TLSSocket } from 'node:tls';
import { expect, it } from 'vitest';
import { listenOn } from '../../support/ports.ts';
import { adds, failureOf, onePlusOne, sleep, soon, stage } from '../client/stage.ts';
import { makeCertificates } from '../support/certificates.ts';

// Go: a handshake mismatch leaks the socket.
// Here: a ServerInfo mismatch closes its socket; the address is looked at again with the longest backoff only.

const { expectWarning, onEnd, peer, sender } = stage();

/** As it is where nobody says otherwise. */
const reconnect = { maxMs: 10_000 };

it('flaw 18: a server with another ServerInfo is left at once', async () => {
  const server = await peer({ serverInfo: 'other' });
  const error = await failureOf(sender({ address: server.address, clients: 3, reconnect }));
  expect(error.code).toBe('server-info-mismatch');
  expect(error.message).toContain(`'other'`);
  await soon(() => server.connections.length).toBe(0);
  await sleep(50);
  expect(server.accepted).toBe(3);
});

it('flaw 18: so is one that has changed while it was away', async () => {
  const server = await peer(adds);
  expectWarning(`introduced itself as 'other'`);
  const client = await sender({
    address: server.address,
    reconnect: { initialMs: 10, maxMs: 60_000 },
    random: () => 0.5,
  });
  expect(await client.send(onePlusOne)).toBe(2);
  const { port } = server;
  await server.stop();
  const other = await peer({ serverInfo: 'other' }, port);
  await soon(() => other.accepted).toBe(1);
  await soon(() => client.status.error).toMatchObject({ code: 'server-info-mismatch' });
  await soon(() => other.connections.length).toBe(0);
  await sleep(50);
  expect(other.accepted).toBe(1);
  const refused = await failureOf(client.send(onePlusOne));
  expect(refused).toMatchObject({ code: 'unavailable', cause: { code: 'server-info-mismatch' } });
});

it('flaw 18: so is one over TLS', async () => {
  const { ca, server: identity } = await makeCertificates();
  const sockets = new Set<TLSSocket>();
  const server = createServer(identity, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    socket.resume().write('\x05other');
  });
  const port = await listenOn(server);
  onEnd(() => new Promise((resolve) => server.close(resolve)));
  const error = await failureOf(sender({ address: `localhost:${port}`, tls: { ca } }));
  expect(error.code).toBe('server-info-mismatch');
  await soon(() => sockets.size).toBe(0);
});
