import { createServer, type TLSSocket } from 'node:tls';
import { type Transport, tlsTransport } from 'cmd-stream';
import { beforeAll, expect, it } from 'vitest';
import { listenOn } from '../../support/ports.ts';
import { onePlusOne, sleep, soon, stage, timed } from '../client/stage.ts';
import { type Certificates, makeCertificates } from '../support/certificates.ts';

// Go: Close of a TLS client in an outage returns an error, dialling goes on, and a second Close does nothing.
// Here: after close() nothing is left: no timer, no socket, no dial; any number of times.

const { onEnd, sender, silentServer } = stage();
let certificates: Certificates;
beforeAll(async () => {
  certificates = await makeCertificates();
});

/** A connected TLS sender, and a server that has gone since. */
async function outage() {
  const sockets: TLSSocket[] = [];
  const server = createServer(certificates.server, (socket) => {
    sockets.push(socket.on('error', () => {}));
    socket.write('\x07default');
  });
  const port = await listenOn(server);
  onEnd(() => server.close());
  const tls = tlsTransport({ client: { ca: certificates.ca } });
  const dials = { count: 0 };
  const connect: Transport['connect'] = (address, signal) => {
    dials.count++;
    return tls.connect(address, signal);
  };
  const client = await sender({
    address: `localhost:${port}`,
    transport: { ...tls, connect },
    reconnect: { initialMs: 5, maxMs: 5 },
    waitForReady: true,
  });
  server.close();
  for (const socket of sockets) socket.destroy();
  await soon(() => client.status.state).toBe('unavailable');
  return { client, port, dials };
}

it('flaw 11: a TLS client that waits for its next dial closes at once, and dials no more', async () => {
  const { client, dials } = await outage();
  await soon(() => dials.count).toBeGreaterThan(2);
  const waiting = client.send(onePlusOne).catch((error) => error);
  expect(await timed(() => client.close())).toBeLessThan(500);
  expect(await waiting).toMatchObject({ code: 'closed', mayHaveExecuted: false });
  expect(client.status).toMatchObject({ state: 'closed', clients: [{ state: 'closed' }] });
  const dialled = dials.count;
  await sleep(60);
  expect(dials.count).toBe(dialled);
  expect(await timed(() => client.close())).toBeLessThan(500);
  expect(await timed(() => client.drain())).toBeLessThan(500);
});

it('flaw 11: a TLS client that is in the middle of a TLS handshake closes at once, and leaves no socket', async () => {
  const { client, port, dials } = await outage();
  const silent = await silentServer(port);
  await soon(() => silent.connections.size).toBe(1);
  const dialled = dials.count;
  const closed = [client.close(), client.close(), client.drain()];
  expect(await timed(() => Promise.all(closed))).toBeLessThan(500);
  await soon(() => silent.connections.size).toBe(0);
  await sleep(60);
  expect(dials.count).toBe(dialled);
  expect(silent.accepted).toBe(1);
});
