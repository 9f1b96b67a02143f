import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { command, defineProtocol, result } from '../../../src/index.ts';
import type { Handlers } from '../../../src/server/handlers.ts';
import type { LostConnectionInfo, ServerOptions } from '../../../src/server/options.ts';
import { serve } from '../../../src/server/serve.ts';
import { SocketStream } from '../../../src/transport/socket-stream.ts';
import { tcpTransport } from '../../../src/transport/tcp.ts';
import type { ByteStream } from '../../../src/transport/transport.ts';
import { eventually, gate, RawClient } from './raw-client.ts';

const ECHO = 0;
const STREAM = 1;
const WAIT = 2;
const ERROR = 2;
const KIBIBYTE = 1024;

const protocol = defineProtocol({
  results: {
    Value: result<unknown>(),
    Part: result<{ text: string; last: boolean }>({ lastOne: (part) => part.last }),
  },
  commands: {
    Echo: command<unknown>().returns('Value'),
    Stream: command<number>().returns('Part'),
    Wait: command<unknown>().returns('Value'),
  },
});

const handlers: Handlers<typeof protocol, null> = {
  Echo: (value) => value,
  Stream: () => ({ text: '', last: true }),
  Wait: (value) => value,
};

function serveLimited(own: Partial<typeof handlers>, options: ServerOptions) {
  return serve(protocol, null, { ...handlers, ...own }, options);
}

/** Waits until a count has begun and stands still, and returns it. */
async function standstill(count: () => number): Promise<number> {
  await eventually(() => count() > 0);
  for (;;) {
    const before = count();
    await sleep(100);
    if (count() === before) return before;
  }
}

describe('a client that does not read', () => {
  it('is not read from either, while its neighbours are served, and gets everything once it reads', async () => {
    const text = 'x'.repeat(KIBIBYTE);
    let handled = 0;
    await using server = await serveLimited(
      {
        Wait() {
          handled++;
          return text;
        },
      },
      { maxBufferedBytes: 64 * KIBIBYTE, maxFrameBytes: 16 * KIBIBYTE },
    );
    await using slow = await RawClient.open(server.port);
    await using neighbour = await RawClient.open(server.port);
    slow.socket.pause();
    const total = 30_000;
    for (let seq = 1; seq <= total; seq++) slow.send(seq, WAIT, text);
    const held = await standstill(() => handled);
    expect(held).toBeLessThan(total);
    expect((await neighbour.ask(1, ECHO, 'there')).value).toBe('there');
    slow.socket.resume();
    await slow.count(total);
    expect(slow.received.map(({ seq }) => seq)).toEqual(Array.from({ length: total }, (_, index) => index + 1));
  });

  it('has its generators stand still', async () => {
    const text = 'x'.repeat(KIBIBYTE);
    let steps = 0;
    await using server = await serveLimited(
      {
        async *Stream(count) {
          for (let n = 1; n <= count; n++) {
            steps++;
            yield { text, last: n === count };
          }
        },
      },
      { maxBufferedBytes: 64 * KIBIBYTE },
    );
    await using slow = await RawClient.open(server.port);
    await using neighbour = await RawClient.open(server.port);
    slow.socket.pause();
    for (let seq = 1; seq <= 3; seq++) slow.send(seq, STREAM, 10_000);
    expect(await standstill(() => steps)).toBeLessThan(30_000);
    expect((await neighbour.ask(1, ECHO, 1)).value).toBe(1);
    slow.socket.resume();
    await slow.count(30_000);
    expect(steps).toBe(30_000);
  });

  it('and goes away lets its generators clean up', async () => {
    const started = gate();
    const cleaned = gate();
    await using server = await serveLimited(
      {
        *Stream() {
          try {
            for (;;) yield { text: 'x'.repeat(KIBIBYTE), last: false };
          } finally {
            cleaned.open();
          }
        },
        Wait: () => started.open(),
      },
      { maxBufferedBytes: 64 * KIBIBYTE },
    );
    await using slow = await RawClient.open(server.port);
    slow.socket.pause();
    slow.send(1, WAIT, null);
    slow.send(2, STREAM, 0);
    await started.promise;
    await sleep(100);
    slow.socket.destroy();
    await cleaned.promise;
  });

  it('makes a handler wait that awaits its proxy', async () => {
    const text = 'x'.repeat(KIBIBYTE);
    let sent = 0;
    await using server = await serveLimited(
      {
        async Stream(count, { proxy }) {
          for (let n = 1; n <= count; n++) {
            await proxy.send({ text, last: n === count });
            sent++;
          }
        },
      },
      { maxBufferedBytes: 64 * KIBIBYTE },
    );
    await using slow = await RawClient.open(server.port);
    slow.socket.pause();
    slow.send(1, STREAM, 30_000);
    expect(await standstill(() => sent)).toBeLessThan(30_000);
    slow.socket.resume();
    await slow.count(30_000);
  });

  it('costs only the Command whose handler does not care', async () => {
    const text = 'x'.repeat(KIBIBYTE);
    const errors: unknown[] = [];
    await using server = await serveLimited(
      {
        Stream(count, { proxy }) {
          for (let n = 1; n <= count; n++) void proxy.send({ text, last: n === count });
        },
      },
      { maxBufferedBytes: 64 * KIBIBYTE, onHandlerError: (error) => errors.push(error) },
    );
    await using client = await RawClient.open(server.port);
    client.send(1, STREAM, 1_000_000);
    client.send(2, ECHO, 'next');
    expect((await client.first(2)).value).toBe('next');
    expect(errors).toMatchObject([{ code: 'overloaded' }]);
    const { length } = client.valuesOf(1);
    expect(length).toBeGreaterThan(100);
    expect(length).toBeLessThan(140);
    expect(client.valuesOf(1).at(-1)).toMatchObject({ message: expect.stringContaining('await context.proxy.send()') });
    expect(client.received.find(({ type }) => type === ERROR)?.seq).toBe(1);
  });

  it.each(['return', 'yield'])('keeps no more than the bound when many handlers %s at once', async (how) => {
    const text = 'x'.repeat(16 * KIBIBYTE);
    const go = gate();
    let encoded = 0;
    const shared = {
      get text() {
        encoded++;
        return text;
      },
      last: true,
    };
    await using server = await serveLimited(
      {
        Wait: () => go.promise.then(() => shared),
        async *Stream() {
          await go.promise;
          yield shared;
        },
      },
      { maxBufferedBytes: 64 * KIBIBYTE },
    );
    await using slow = await RawClient.open(server.port);
    slow.socket.pause();
    const total = 2_000;
    for (let seq = 1; seq <= total; seq++) slow.send(seq, how === 'return' ? WAIT : STREAM, null);
    slow.send(total + 1, ECHO, null);
    await sleep(50);
    go.open();
    expect(await standstill(() => encoded)).toBeLessThan(1_000);
    slow.socket.resume();
    await slow.count(total + 1);
  });

  it('that sends nothing but Pings is not read from either', async () => {
    const tcp = tcpTransport();
    let read = 0;
    const counted = (stream: ByteStream): ByteStream => {
      stream.open = (consumer) =>
        SocketStream.prototype.open.call(stream, {
          data(bytes) {
            read += bytes.length;
            consumer.data(bytes);
          },
          drained: () => consumer.drained(),
          closed: (error) => consumer.closed(error),
        });
      return stream;
    };
    await using server = await serveLimited(
      {},
      {
        maxBufferedBytes: KIBIBYTE,
        transport: {
          ...tcp,
          listen: (options, events) =>
            tcp.listen(options, { ...events, connection: (stream) => events.connection(counted(stream)) }),
        },
      },
    );
    await using slow = await RawClient.open(server.port);
    slow.socket.pause();
    const pings = Buffer.alloc(KIBIBYTE * KIBIBYTE);
    for (let count = 0; count < 32; count++) slow.socket.write(pings);
    expect(await standstill(() => read)).toBeLessThan(32 * pings.length);
    await using neighbour = await RawClient.open(server.port);
    expect((await neighbour.ask(1, ECHO, 1)).value).toBe(1);
  });
});

describe('a connection', () => {
  it('has no more Commands in flight than allowed; the rest is read later', async () => {
    let running = 0;
    let most = 0;
    await using server = await serveLimited(
      {
        async Wait(value) {
          most = Math.max(most, ++running);
          await sleep(1);
          running--;
          return value;
        },
      },
      { maxInFlightCommands: 10 },
    );
    await using client = await RawClient.open(server.port);
    for (let seq = 1; seq <= 200; seq++) client.send(seq, WAIT, seq);
    await client.count(200);
    expect(most).toBe(10);
    expect(client.received.map(({ value }) => value)).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
  });

  it('at its limit of Commands does not keep others from being served', async () => {
    await using server = await serveLimited({ Wait: () => new Promise(() => {}) }, { maxInFlightCommands: 2 });
    await using busy = await RawClient.open(server.port);
    for (let seq = 1; seq <= 100; seq++) busy.send(seq, WAIT, seq);
    await using neighbour = await RawClient.open(server.port);
    expect((await neighbour.ask(1, ECHO, 1)).value).toBe(1);
    await server.close();
  });

  it('is closed when there are more than allowed', async () => {
    await using server = await serveLimited({}, { maxConnections: 2 });
    await using first = await RawClient.open(server.port);
    await using second = await RawClient.open(server.port);
    await expect(RawClient.open(server.port)).rejects.toThrow('the connection is closed');
    expect((await first.ask(1, ECHO, 1)).value).toBe(1);
    await second[Symbol.asyncDispose]();
    await eventually(() => server.connections === 1);
    await using third = await RawClient.open(server.port);
    expect((await third.ask(1, ECHO, 3)).value).toBe(3);
  });

  it('is closed for a Command type that the protocol does not have, and told why', async () => {
    const lost = gate<LostConnectionInfo>();
    await using server = await serveLimited({}, { onConnectionLost: lost.open });
    await using client = await RawClient.open(server.port);
    await using neighbour = await RawClient.open(server.port);
    client.send(1, 3, null);
    await client.closed;
    const { error, remoteAddress } = await lost.promise;
    expect(error).toMatchObject({ code: 'protocol-error' });
    expect(error?.message).toBe(`${remoteAddress} sent a Command of type 3; this server's protocol has 0 to 2`);
    expect((await neighbour.ask(1, ECHO, 1)).value).toBe(1);
  });
});

describe('the idle timeout', () => {
  it('closes a connection from which nothing comes, and spares one that pings', async () => {
    const lost: LostConnectionInfo[] = [];
    await using server = await serveLimited({}, { idleTimeoutMs: 400, onConnectionLost: (info) => lost.push(info) });
    await using silent = await RawClient.open(server.port);
    await using lively = await RawClient.open(server.port);
    const pinging = setInterval(() => lively.ping(), 20);
    await silent.closed;
    await sleep(200);
    clearInterval(pinging);
    expect(lively.socket.closed).toBe(false);
    expect(lost).toHaveLength(1);
    expect(lost[0]?.error).toMatchObject({
      code: 'connection-lost',
      message: expect.stringContaining("was silent for 400 ms (option 'idleTimeoutMs')"),
    });
  });

  it('spares a connection that the server itself does not read for the while', async () => {
    await using server = await serveLimited(
      { Wait: (value) => sleep(600, value) },
      { idleTimeoutMs: 200, maxInFlightCommands: 1 },
    );
    await using client = await RawClient.open(server.port);
    expect((await client.ask(1, WAIT, 'late')).value).toBe('late');
  });

  it('closes a connection that takes nothing', async () => {
    const lost = gate<LostConnectionInfo>();
    await using server = await serveLimited(
      {
        *Stream() {
          for (;;) yield { text: 'x'.repeat(KIBIBYTE), last: false };
        },
      },
      { idleTimeoutMs: 100, maxBufferedBytes: 64 * KIBIBYTE, onConnectionLost: lost.open },
    );
    await using client = await RawClient.open(server.port);
    client.socket.pause();
    client.send(1, STREAM, 1);
    const pinging = setInterval(() => client.ping(), 20);
    expect((await lost.promise).error?.message).toContain('idleTimeoutMs');
    clearInterval(pinging);
  });
});
