import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { tcpTransport } from '../../../src/wire/transport/tcp.ts';
import type { ByteStream } from '../../../src/wire/transport/transport.ts';
import { expectNothingLeft } from '../support/leaks.ts';
import { ECHO, ERROR, KIBIBYTE, STREAM, serveLimited, WAIT } from './limited-server.ts';
import { eventually, gate, RawClient } from './raw-client.ts';

expectNothingLeft();

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
          return proxy;
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

  it('costs no Command whose handler awaits its proxy, however much its neighbours send', async () => {
    const text = 'x'.repeat(100 * KIBIBYTE);
    const errors: unknown[] = [];
    await using server = await serveLimited(
      {
        async Stream(count, { proxy }) {
          for (let n = 1; n <= count; n++) await proxy.send({ text, last: n === count });
          return proxy;
        },
      },
      { maxBufferedBytes: 4 * KIBIBYTE, onHandlerError: (error) => errors.push(error) },
    );
    await using slow = await RawClient.open(server.port);
    slow.socket.pause();
    for (let seq = 1; seq <= 20; seq++) slow.send(seq, STREAM, 3);
    await sleep(100);
    slow.socket.resume();
    await slow.count(60);
    expect(errors).toEqual([]);
    expect(slow.received.filter(({ type }) => type === ERROR)).toEqual([]);
  });

  it('costs only the Command whose handler does not care', async () => {
    const text = 'x'.repeat(KIBIBYTE);
    const errors: unknown[] = [];
    await using server = await serveLimited(
      {
        Stream(count, { proxy }) {
          for (let n = 1; n <= count; n++) void proxy.send({ text, last: n === count });
          return proxy;
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
    // What the kernel takes at once, some MiB, and twice the bound.
    expect(length).toBeGreaterThan(100);
    expect(length).toBeLessThan(30_000);
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
      const open = stream.open.bind(stream);
      stream.open = (consumer) =>
        open({
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
