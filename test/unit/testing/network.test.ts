import { describe, expect, it } from 'vitest';
import { simulatedNetwork } from '../../../src/testing/network/network.ts';
import { pattern } from '../wire/transport/support.ts';
import { connectedPair, dialing, listening, makeNetwork, since } from './support.ts';

describe('a path of the simulated network', () => {
  it('takes its latency in each direction, dialling a round trip', async () => {
    const { network, pass } = makeNetwork();
    const { accepted } = await listening(network, 'a');
    const dial = dialing(network, 'a:9000');
    await pass(10);
    expect([accepted.length, dial.atMs]).toEqual([1, undefined]);
    await pass(10);
    expect(dial.atMs).toBe(20);
    dial.client?.stream.write(Buffer.from('question'));
    await pass(10);
    accepted[0]?.stream.write(Buffer.from('answer'));
    await pass(10);
    expect([accepted[0]?.events, dial.client?.events]).toEqual([[[30, 'question']], [[40, 'answer']]]);
  });

  it('keeps the order of what jitter delays', async () => {
    const { client, server, clock, pass } = await connectedPair({ link: { jitterMs: 50 } });
    const sinceMs = clock.monotonicMs();
    for (let n = 0; n < 20; n++) {
      client.stream.write(Buffer.from(`${n},`));
      await pass(1);
    }
    await pass(100);
    expect(server.text).toBe(Array.from({ length: 20 }, (_, n) => `${n},`).join(''));
    const delays = since(server, sinceMs).map(([atMs]) => atMs);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(10);
    expect(Math.max(...delays)).toBeGreaterThan(30);
    expect(Math.max(...delays)).toBeLessThan(80);
  });

  it('lets bytes leave no faster than its bandwidth', async () => {
    const { client, server, pass } = await connectedPair({ link: { bytesPerSecond: 1000 } });
    client.stream.write(pattern(500));
    client.stream.write(Buffer.from('!'));
    await pass(509);
    expect(server.receivedBytes).toBe(0);
    await pass(1);
    expect(server.receivedBytes).toBe(500);
    await pass(1);
    expect(server.receivedBytes).toBe(501);
  });

  it('cuts pieces that are too long, and slices others where the seed says', async () => {
    const long = await connectedPair({ link: { maxPieceBytes: 100, bytesPerSecond: 1_000_000 } });
    long.client.stream.write(pattern(250));
    await long.pass(20);
    expect(long.server.events.map(([, piece]) => piece.length > 0)).toEqual([true, true, true]);
    expect(long.server.received.equals(pattern(250))).toBe(true);

    const sliced = await connectedPair({ link: { sliceRate: 1, jitterMs: 1 } });
    sliced.client.stream.write(pattern(250));
    await sliced.pass(20);
    expect(sliced.server.events.length).toBeGreaterThan(3);
    expect(sliced.server.received.equals(pattern(250))).toBe(true);
  });

  it('joins pieces that arrive at the same time', async () => {
    const { client, server, pass } = await connectedPair({ link: { coalesceRate: 0.5 } });
    for (let n = 0; n < 40; n++) {
      client.stream.write(Buffer.from([n]));
      await pass(1);
    }
    await pass(100);
    expect(server.received).toEqual(Buffer.from(Array.from({ length: 40 }, (_, n) => n)));
    expect(server.events.length).toBeLessThan(30);
  });

  it('holds no more than its window; the rest stays in the memory of the writer until the reader reads', async () => {
    const { client, server, pass } = await connectedPair({ windowBytes: 10 });
    server.stream.pause();
    const memory = Buffer.from('0123456789abc');
    expect(client.stream.write(memory)).toBe(false);
    expect(client.stream.bufferedBytes).toBe(3);
    memory.fill('!');
    await pass(1000);
    expect([client.stream.bufferedBytes, server.text, client.drains]).toEqual([3, '', 0]);
    server.stream.resume();
    await pass(0);
    expect([server.text, client.drains]).toEqual(['0123456789', 0]);
    await pass(10);
    expect([client.stream.bufferedBytes, client.drains]).toEqual([0, 1]);
    await pass(10);
    expect(server.text).toBe('0123456789!!!');
  });

  it('takes memory back from who was given it', async () => {
    const { client, server, pass } = await connectedPair();
    let kept: Buffer | undefined;
    server.onData = (bytes) => {
      kept = bytes;
    };
    client.stream.write(Buffer.from('mine'));
    await pass(10);
    expect(kept?.toString()).not.toBe('mine');
  });

  it('calls nobody from within write, pause, resume, end or destroy', async () => {
    const { client, server, clock, pass } = await connectedPair();
    server.stream.pause();
    client.stream.write(Buffer.from('text'));
    await pass(20);
    server.stream.resume();
    expect(server.events).toEqual([]);
    await pass(0);
    expect(server.text).toBe('text');
    client.stream.destroy();
    expect(client.events).toEqual([]);
    const sinceMs = clock.monotonicMs();
    await pass(20);
    expect(since(client, sinceMs)).toEqual([[0, 'closed']]);
    expect(since(server, sinceMs)).toContainEqual([10, 'closed']);
  });

  it('answers what comes to an end that is gone by a reset', async () => {
    const { client, server, clock, pass } = await connectedPair();
    const sinceMs = clock.monotonicMs();
    client.stream.destroy();
    await pass(5);
    server.stream.write(Buffer.from('too late'));
    await pass(30);
    expect(since(server, sinceMs)).toEqual([[10, 'closed']]);
    const other = await connectedPair();
    other.server.stream.pause();
    other.client.stream.write(Buffer.from('unread'));
    await other.pass(15);
    other.server.stream.destroy();
    await other.pass(10);
    expect(other.client.events).toEqual([[45, 'closed ECONNRESET']]);
  });

  it('leaves no timer once the connection is over', async () => {
    const { client, server, clock, network, pass } = await connectedPair();
    client.stream.write(Buffer.from('text'));
    client.stream.end();
    await pass(30);
    expect([client.closes, server.closes]).toEqual([[undefined], [undefined]]);
    expect([clock.timers, network.connections]).toEqual([0, 0]);
  });
});

describe('machines and names', () => {
  it('are apart: a name of one machine is not another, and what listens at home is reached from home only', async () => {
    const { network, pass } = makeNetwork();
    await listening(network, 'a');
    await network
      .from('b')
      .listen(
        { host: '127.0.0.1', port: 9000, handshakeTimeoutMs: 1, maxConnections: 1 },
        { connection() {}, acceptError() {} },
      );
    const dials = {
      a: dialing(network, 'a:9000'),
      otherPort: dialing(network, 'a:9001'),
      loopback: dialing(network, 'b:9000'),
      atHome: dialing(network, 'localhost:9000', 'b'),
      unknown: dialing(network, 'nowhere:9000'),
    };
    await pass(100);
    expect(Object.entries(dials).map(([name, { error }]) => [name, error?.code])).toEqual([
      ['a', undefined],
      ['otherPort', 'ECONNREFUSED'],
      ['loopback', 'ECONNREFUSED'],
      ['atHome', undefined],
      ['unknown', 'ENOTFOUND'],
    ]);
  });

  it('resolve as they are told, and otherwise for a while', async () => {
    const { network, pass } = makeNetwork();
    const { accepted: atA } = await listening(network, 'a');
    const { accepted: atB } = await listening(network, 'b');
    network.resolve('service', ['a', 'b']);
    const ask = network.resolver('service', 9000);
    let answer: unknown;
    const asked = () => {
      answer = undefined;
      Promise.resolve(ask()).then(
        (list) => {
          answer = list;
        },
        (error) => {
          answer = error.code;
        },
      );
    };
    asked();
    dialing(network, 'service:9000');
    await pass(50);
    expect([answer, atA.length, atB.length]).toEqual([['a:9000', 'b:9000'], 1, 0]);

    network.inject({ kind: 'dns', name: 'service', answer: ['b'], forMs: 100 });
    asked();
    dialing(network, 'service:9000');
    await pass(50);
    expect([answer, atA.length, atB.length]).toEqual([['b:9000'], 1, 1]);

    network.inject({ kind: 'dns', name: 'service', answer: 'fail', forMs: 10 });
    asked();
    await pass(20);
    expect(answer).toBe('ENOTFOUND');
    network.inject({ kind: 'dns', name: 'service', answer: 'hang', forMs: 10 });
    asked();
    await pass(20);
    expect(answer).toBeUndefined();
    await pass(20);
    asked();
    await pass(20);
    expect(answer).toEqual(['a:9000', 'b:9000']);
  });
});

describe('options and faults', () => {
  it.each([
    [{ windowBytes: 0 }, /option 'windowBytes' must be a whole number of at least 1; got 0/],
    [{ latency: 1 }, /simulatedNetwork\(\) has no option 'latency'/],
    [{ link: { latencyMs: -1 } }, /option 'link.latencyMs' must be a duration in milliseconds from 0/],
    [{ link: { sliceRate: 2 } }, /option 'link.sliceRate' must be a number from 0 to 1; got 2/],
    [{ link: { bytesPerSecond: 0 } }, /option 'link.bytesPerSecond' must be a number above 0, or Infinity; got 0/],
    [{ link: { lossRate: 0.1 } }, /link has no option 'lossRate'/],
  ])('out of range are refused: %j', (options, message) => {
    expect(() => simulatedNetwork(options as never)).toThrow(
      expect.objectContaining({ code: 'invalid-argument', message: expect.stringMatching(message) }),
    );
  });

  it.each([
    [undefined, /option 'fault.kind' must be crash, power-off, /],
    [{ kind: 'earthquake' }, /option 'fault.kind' must be .*; got "earthquake"/],
    [{ kind: 'crash' }, /option 'fault.server' must be the name of a host; got undefined/],
    [{ kind: 'crash', server: 'a', atMs: -1 }, /option 'fault.atMs' must be a duration/],
    [{ kind: 'crash', server: 'a', forMs: Number.NaN }, /option 'fault.forMs' must be a duration/],
    [{ kind: 'reset', forMs: 5 }, /the fault 'reset' has no option 'forMs'/],
    [{ kind: 'cut', from: 'a' }, /option 'fault.afterBytes' must be a whole number/],
    [{ kind: 'corrupt', rate: 0 }, /option 'fault.rate' must be a number above 0, up to 1; got 0/],
    [{ kind: 'slow-reader', host: 'a', bytesPerSecond: -1 }, /option 'fault.bytesPerSecond' must be a whole number/],
    [{ kind: 'link', link: { jitterMs: 'much' } }, /option 'link.jitterMs' must be a duration/],
    [{ kind: 'dns', name: 'a', answer: [] }, /option 'fault.answer' must be a list of hosts, 'fail' or 'hang'/],
  ])('that are none are refused: %j', (fault, message) => {
    const { network, clock } = makeNetwork();
    expect(() => network.inject(fault as never)).toThrow(
      expect.objectContaining({ code: 'invalid-argument', message: expect.stringMatching(message) }),
    );
    expect(clock.timers).toBe(0);
  });
});
