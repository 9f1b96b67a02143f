import { connect, createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { listen } from '../../../../src/wire/transport/socket-listener.ts';
import { tcpTransport } from '../../../../src/wire/transport/tcp.ts';
import { expectNothingLeft } from '../../../e2e/support/leaks.ts';
import { accepting, connected, connecting, rejection, until } from './support.ts';

expectNothingLeft();

test('an option that does not exist, or is of another kind, is refused', () => {
  expect(() => tcpTransport({ nodelay: true } as never)).toThrow(/has no option 'nodelay'; did you mean 'noDelay'\?/);
  expect(() => tcpTransport({ noDelay: 1 } as never)).toThrow(/option 'noDelay' must be true or false; got 1/);
});

test('an IPv6 address is connected to and shown with its brackets', async () => {
  const { listener, next } = await accepting(tcpTransport(), { host: '::1' });
  expect(listener.address).toMatch(/^\[::1\]:\d+$/);
  const client = await connecting(tcpTransport(), listener.address);
  expect(client.stream.remoteAddress).toBe(listener.address);
  expect((await next()).stream.remoteAddress).toMatch(/^\[::1\]:\d+$/);
});

test('an IPv4 peer of an IPv6 listener is shown as IPv4', async () => {
  const { listener, next } = await accepting(tcpTransport(), { host: '::' });
  const port = listener.address.split(':').at(-1);
  await connecting(tcpTransport(), `127.0.0.1:${port}`);
  expect((await next()).stream.remoteAddress).toMatch(/^127\.0\.0\.1:\d+$/);
});

test('a host name is looked up', async () => {
  const { listener, next } = await accepting(tcpTransport());
  await connecting(tcpTransport(), listener.address.replace('127.0.0.1', 'localhost'));
  await next();
});

test('a host name that does not exist rejects with the reason of the system', async () => {
  const attempt = connecting(tcpTransport(), 'no-such-host.invalid:9000');
  expect(await rejection(attempt)).toMatchObject({ syscall: 'getaddrinfo' });
});

test('a port that cannot be listened on rejects', async () => {
  expect(await rejection(accepting(tcpTransport(), { host: '192.0.2.1' }))).toMatchObject({ code: 'EADDRNOTAVAIL' });
});

test('a peer that resets the connection is told as the reason', async () => {
  const { listener, next } = await accepting(tcpTransport());
  const socket: Socket = connect(Number(listener.address.split(':')[1]), '127.0.0.1');
  const server = await next();
  socket.resetAndDestroy();
  await until(() => server.closes.length > 0, 'closed');
  expect(server.closes).toEqual([expect.objectContaining({ code: 'ECONNRESET' })]);
});

test('a reset before the stream is opened is told when it is', async () => {
  const { listener, next } = await accepting(tcpTransport(), { open: false });
  const socket: Socket = connect(Number(listener.address.split(':')[1]), '127.0.0.1');
  const server = await next();
  socket.resetAndDestroy();
  await new Promise((resolve) => setTimeout(resolve, 20));
  server.open();
  await until(() => server.closes.length > 0, 'closed');
  expect(server.closes).toEqual([expect.objectContaining({ code: 'ECONNRESET' })]);
});

test('a small write is taken by the kernel at once: its memory may be used again', async () => {
  const { client, server } = await connected(tcpTransport());
  const memory = Buffer.from('first');
  expect(client.stream.write(memory)).toBe(true);
  memory.write('secnd');
  expect(client.stream.write(memory)).toBe(true);
  memory.fill(0);
  await until(() => server.text === 'firstsecnd', 'both texts');
  expect(client.drains).toBe(0);
});

test('a write that waits is told as drained by its own end, not by that of the write before', async () => {
  const { client, server } = await connected(tcpTransport());
  server.stream.pause();
  expect(client.stream.write(Buffer.from('taken at once'))).toBe(true);
  expect(client.stream.write(Buffer.alloc(32 * 1024 * 1024))).toBe(false);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(client.drains).toBe(0);
});

test('an accept error of the server is told, and listening goes on', async () => {
  const server = createServer();
  const errors: Error[] = [];
  let accepted = 0;
  const listener = await listen(
    server,
    { host: '127.0.0.1', port: 0, handshakeTimeoutMs: 1000, maxConnections: 10 },
    {
      connection: (stream) => {
        accepted++;
        stream.destroy();
      },
      acceptError: (error) => errors.push(error),
    },
  );
  // What Node does when accept(2) fails.
  const error = new Error('accept EMFILE');
  server.emit('error', error);
  await connecting(tcpTransport(), listener.address);
  await until(() => accepted === 1, 'a connection');
  expect(errors).toEqual([error]);
  await listener.close();
});
