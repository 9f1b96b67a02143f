import { expect, test } from 'vitest';
import { memoryTransport } from '../../../../src/wire/transport/memory.ts';
import { accepting, connected, connecting, pattern, rejection, sleep, until } from './support.ts';

test('options that do not exist, or are out of range, are refused', () => {
  expect(() => memoryTransport({ bufferBytes: 1 } as never)).toThrow(/has no option 'bufferBytes'/);
  expect(() => memoryTransport({ defer: 'soon' as never })).toThrow(/'defer' must be a function; got "soon"/);
  expect(() => memoryTransport({ maxInFlightBytes: 0 })).toThrow(
    /'maxInFlightBytes' must be a whole number of at least 1/,
  );
});

test('each transport is a network of its own', async () => {
  const { listener } = await accepting(memoryTransport());
  expect(await rejection(connecting(memoryTransport(), listener.address))).toMatchObject({ code: 'ECONNREFUSED' });
});

test('the names of this machine are one, other names are other machines', async () => {
  const transport = memoryTransport();
  const here = await accepting(transport, { host: 'localhost', port: 9000 });
  const there = await accepting(transport, { host: 'elsewhere', port: 9000 });
  for (const name of ['localhost', '127.0.0.1', '[::1]']) await connecting(transport, `${name}:9000`);
  expect(here.accepted.length).toBe(3);
  await connecting(transport, 'Elsewhere:9000');
  expect(there.accepted.length).toBe(1);
  expect(await rejection(connecting(transport, 'nowhere:9000'))).toMatchObject({ code: 'ECONNREFUSED' });
});

test.each(['0.0.0.0', '::'])('%s listens under every name', async (host) => {
  const transport = memoryTransport();
  const { accepted } = await accepting(transport, { host, port: 9000 });
  await connecting(transport, 'localhost:9000');
  await connecting(transport, 'elsewhere:9000');
  expect(accepted.length).toBe(2);
});

test('ports are given out again after the last, except those that are taken', async () => {
  const transport = memoryTransport();
  const { listener } = await accepting(transport);
  const seen = new Set([listener.address]);
  for (let count = 0; count < 16_400; count++) {
    const another = await transport.listen(
      { host: '127.0.0.1', port: 0, handshakeTimeoutMs: 1, maxConnections: 1 },
      { connection() {}, acceptError() {} },
    );
    expect(another.address === listener.address).toBe(false);
    seen.add(another.address);
    await another.close();
  }
  expect(seen.size).toBe(16_384);
});

test('closing a listener twice does not take the port from its next owner', async () => {
  const transport = memoryTransport();
  const { listener } = await accepting(transport, { port: 9000 });
  await listener.close();
  const { next } = await accepting(transport, { port: 9000 });
  await listener.close();
  await connecting(transport, 'localhost:9000');
  await next();
});

test('as many bytes travel as the bound allows, the rest waits with the writer, whose memory it stays', async () => {
  const { client, server } = await connected(memoryTransport({ maxInFlightBytes: 10 }));
  server.stream.pause();
  const memory = Buffer.from('0123456789abc');
  expect(client.stream.write(memory)).toBe(false);
  expect(client.stream.bufferedBytes).toBe(3);
  memory.fill('!');
  server.stream.resume();
  await until(() => server.text.length === 13, 'all bytes');
  expect(server.text).toBe('0123456789!!!');
  await until(() => client.drains === 1, 'drained');
  expect(client.stream.bufferedBytes).toBe(0);
  await server.writeAll(Buffer.from('answer'));
  await until(() => client.text === 'answer', 'the answer');
  expect(client.drains, 'told once').toBe(1);
});

test('an end that goes away over unread bytes resets the connection, as the kernel does', async () => {
  const { client, server } = await connected(memoryTransport());
  server.stream.pause();
  await client.writeAll(Buffer.from('unread'));
  server.stream.destroy();
  await until(() => client.closes.length > 0 && server.closes.length > 0, 'closed on both sides');
  expect(client.closes).toEqual([expect.objectContaining({ code: 'ECONNRESET' })]);
  expect(server.closes).toEqual([undefined]);
});

test('nothing is delivered before the injected turn comes', async () => {
  const tasks: (() => void)[] = [];
  const runAll = () => {
    for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) task();
  };
  const transport = memoryTransport({ defer: (task) => tasks.push(task) });
  const { listener, accepted } = await accepting(transport);
  const connection = connecting(transport, listener.address);
  await sleep(5);
  expect(accepted.length).toBe(0);
  runAll();
  const client = (await connection).open();
  await client.writeAll(pattern(100));
  client.stream.end();
  await sleep(5);
  expect(accepted[0]?.receivedBytes).toBe(0);
  runAll();
  expect(accepted[0]?.receivedBytes).toBe(100);
  expect([client.closes, accepted[0]?.closes]).toEqual([[undefined], [undefined]]);
});

test('a conversation without pauses lets timers have their turn', async () => {
  const { client, server } = await connected(memoryTransport());
  let rounds = 0;
  client.onData = (bytes) => {
    rounds++;
    client.stream.write(Buffer.from(bytes));
  };
  server.onData = (bytes) => {
    server.stream.write(Buffer.from(bytes));
  };
  client.stream.write(Buffer.from('ball'));
  // Neither keeps the other from going on.
  for (let turns = 0; turns < 3; turns++) await sleep(1);
  const before = rounds;
  await until(() => rounds > before + 10, 'ten more rounds');
  await sleep(1);
});
