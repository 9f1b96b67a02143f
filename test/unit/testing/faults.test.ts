import { describe, expect, it } from 'vitest';
import { pattern } from '../wire/transport/support.ts';
import { connectedPair, dialing, listening, makeNetwork, since } from './support.ts';

describe('a fault', () => {
  it('begins when it says, lasts as long as it says, and is logged', async () => {
    const { network, pass } = makeNetwork();
    await listening(network, 'a');
    network.inject({ kind: 'refuse', server: 'a', atMs: 100, forMs: 50 });
    const codes: (string | undefined)[] = [];
    for (let dial = 0; dial < 4; dial++) {
      const outcome = dialing(network, 'a:9000');
      await pass(49);
      codes.push(outcome.error?.code);
    }
    expect(codes).toEqual([undefined, undefined, 'ECONNREFUSED', undefined]);
    expect(network.log.entries.filter(({ kind }) => kind.startsWith('fault.'))).toEqual([
      {
        atMs: 100,
        kind: 'fault.begin',
        who: 'network',
        details: { fault: { kind: 'refuse', server: 'a', atMs: 100, forMs: 50 } },
      },
      { atMs: 150, kind: 'fault.end', who: 'network', details: { fault: expect.objectContaining({ kind: 'refuse' }) } },
    ]);
  });

  it('ends by healing, which also calls off those to come', async () => {
    const { network, clock, pass } = makeNetwork();
    await listening(network, 'a');
    network.inject({ kind: 'refuse', server: 'a' }, { kind: 'crash', server: 'a', atMs: 500 });
    network.inject({ kind: 'refuse', server: 'a', forMs: 10_000 });
    await pass(10);
    network.heal();
    expect(clock.timers).toBe(0);
    const dial = dialing(network, 'a:9000');
    await pass(1000);
    expect(dial.client?.closes).toEqual([]);
  });

  it('leaves the others on when it ends', async () => {
    const { network, pass } = makeNetwork();
    await listening(network, 'a');
    network.inject({ kind: 'refuse', server: 'a', forMs: 100 }, { kind: 'refuse', server: 'a', forMs: 300 });
    await pass(200);
    const during = dialing(network, 'a:9000');
    await pass(200);
    const after = dialing(network, 'a:9000');
    await pass(50);
    expect([during.error?.code, after.error]).toEqual(['ECONNREFUSED', undefined]);
  });
});

describe('a dial', () => {
  it('that hangs goes on once the machine answers again: at the next of its tries', async () => {
    const { network, pass } = makeNetwork();
    await listening(network, 'a');
    network.inject({ kind: 'hang', server: 'a', forMs: 1500 });
    const dial = dialing(network, 'a:9000');
    await pass(10_000);
    expect(dial.atMs).toBe(1000 + 2000 + 20);
  });

  it('that is never answered fails after the tries of TCP', async () => {
    const { network, pass } = makeNetwork();
    await listening(network, 'a');
    network.inject({ kind: 'hang', server: 'a' });
    const dial = dialing(network, 'a:9000');
    await pass(60_000);
    expect(dial.atMs).toBeUndefined();
    await pass(100_000);
    expect(dial.error?.code).toBe('ETIMEDOUT');
  });

  it('that is called off leaves nothing behind, whatever it waits for', async () => {
    for (const kind of ['hang', 'refuse', 'none', 'dns'] as const) {
      const { network, clock, pass } = makeNetwork();
      const { accepted } = await listening(network, 'a');
      if (kind === 'dns') network.inject({ kind, name: 'a', answer: 'hang' });
      else if (kind !== 'none') network.inject({ kind, server: 'a' });
      const abort = new AbortController();
      const dial = dialing(network, 'a:9000', 'client', abort.signal);
      await pass(kind === 'hang' ? 1500 : 15);
      const reason = new Error('never mind');
      abort.abort(reason);
      await pass(0);
      expect(dial.error).toBe(reason);
      await pass(20);
      expect([kind, clock.timers, network.connections]).toEqual([kind, 0, 0]);
      expect(accepted.map(({ closes }) => closes.length)).toEqual(kind === 'none' ? [1] : []);
    }
  });
});

describe('a crash', () => {
  it('resets the connections, refuses dials, and is over after a while: the listener is back on its port', async () => {
    const { client, server, network, clock, pass } = await connectedPair();
    const sinceMs = clock.monotonicMs();
    server.stream.write(Buffer.from('last words'));
    network.inject({ kind: 'crash', server: 'a', forMs: 1000 });
    expect(server.stream.write(Buffer.from('of a ghost'))).toBe(false);
    await pass(10);
    expect(since(client, sinceMs)).toEqual([
      [10, 'last words'],
      [10, 'closed ECONNRESET'],
    ]);
    expect(since(server, sinceMs)).toEqual([[0, 'closed ECONNRESET']]);
    const during = dialing(network, 'a:9000');
    await pass(1000);
    const after = dialing(network, 'a:9000');
    await pass(20);
    expect([during.error?.code, after.client?.closes]).toEqual(['ECONNREFUSED', []]);
  });

  it('is told to whoever watches the machine', async () => {
    const { network, pass } = makeNetwork();
    const told: string[] = [];
    const unwatch = network.watch('a', { down: () => told.push('down'), up: () => told.push('up') });
    network.inject({ kind: 'crash', server: 'a', forMs: 100 }, { kind: 'crash', server: 'b', forMs: 100 });
    network.inject({ kind: 'power-off', server: 'a', atMs: 50, forMs: 100 });
    await pass(120);
    expect(told, 'still without power').toEqual(['down', 'down']);
    await pass(100);
    expect(told).toEqual(['down', 'down', 'up']);
    unwatch();
    network.inject({ kind: 'crash', server: 'a', forMs: 100 });
    await pass(200);
    expect(told.length).toBe(3);
  });

  it('of power is silent: writes vanish, dials hang, and afterwards it resets what it does not know', async () => {
    const { client, server, network, clock, pass } = await connectedPair();
    const sinceMs = clock.monotonicMs();
    network.inject({ kind: 'power-off', server: 'a', forMs: 500 });
    expect(client.stream.write(Buffer.from('anybody there?'))).toBe(true);
    const dial = dialing(network, 'a:9000');
    await pass(400);
    expect([client.events, server.text, dial.atMs]).toEqual([[], '', undefined]);
    await pass(200);
    expect(since(client, sinceMs)).toEqual([[520, 'closed ECONNRESET']]);
    await pass(1000);
    expect((dial.atMs as number) - sinceMs).toBe(1020);
  });
});

describe('a connection', () => {
  it('that is reset tells both ends', async () => {
    const { client, server, network, clock, pass } = await connectedPair();
    const sinceMs = clock.monotonicMs();
    network.inject({ kind: 'reset', from: 'b' });
    await pass(10);
    expect([client.events, server.events]).toEqual([[], []]);
    network.inject({ kind: 'reset', from: 'a', to: 'client' });
    await pass(10);
    const reset = [[10, 'closed ECONNRESET']];
    expect([since(client, sinceMs), since(server, sinceMs)]).toEqual([reset, reset]);
    expect([clock.timers, network.connections]).toEqual([0, 0]);
  });

  it('that is half-open carries nothing, tells nobody, and fills until the writer stalls; new ones work', async () => {
    const { client, server, network, clock, pass } = await connectedPair({ windowBytes: 10 });
    network.inject({ kind: 'half-open', from: 'client', to: 'a' });
    expect(client.stream.write(Buffer.from('12345678'))).toBe(true);
    expect(client.stream.write(Buffer.from('9abc'))).toBe(false);
    server.stream.write(Buffer.from('hello?'));
    server.stream.end();
    const dial = dialing(network, 'a:9000');
    await pass(100_000);
    network.heal();
    await pass(100_000);
    expect([client.events, server.events, client.drains]).toEqual([[], [], 0]);
    expect(dial.client?.closes).toEqual([]);
    client.stream.destroy();
    server.stream.destroy();
    await pass(0);
    expect([client.closes.length, server.closes.length, clock.timers]).toEqual([1, 1, 0]);
  });

  it('that is cut has carried exactly so many bytes more', async () => {
    const { client, server, network, pass } = await connectedPair();
    client.stream.write(Buffer.from('before'));
    await pass(10);
    network.inject({ kind: 'cut', from: 'client', to: 'a', afterBytes: 7 });
    client.stream.write(Buffer.from('12345'));
    await pass(10);
    server.stream.write(Buffer.from('the other direction is not counted'));
    await pass(10);
    expect([client.closes, server.closes]).toEqual([[], []]);
    client.stream.write(Buffer.from('6789'));
    await pass(10);
    expect(server.text).toBe('before1234567');
    const reset = [expect.objectContaining({ code: 'ECONNRESET' })];
    expect([client.closes, server.closes]).toEqual([reset, reset]);
  });

  it('may be corrupted: one byte of a piece, in one direction, while it lasts', async () => {
    const { client, server, network, pass } = await connectedPair();
    network.inject({ kind: 'corrupt', from: 'client', to: 'a', forMs: 100 });
    const sent = pattern(1000);
    client.stream.write(sent);
    server.stream.write(sent);
    await pass(10);
    const differences = [...server.received].filter((byte, at) => byte !== sent[at]);
    expect([differences.length, client.received.equals(sent)]).toEqual([1, true]);
    await pass(100);
    server.received = Buffer.alloc(0);
    client.stream.write(sent);
    await pass(10);
    expect(server.received.equals(sent)).toBe(true);
    expect(network.log.entries.filter(({ kind }) => kind === 'net.corrupted').length).toBe(1);
  });
});

describe('a partition', () => {
  it('holds everything back, in both directions, until it is healed', async () => {
    const { client, server, network, clock, pass } = await connectedPair();
    network.inject({ kind: 'partition', from: 'a', to: 'client', forMs: 5000 });
    const sinceMs = clock.monotonicMs();
    client.stream.write(Buffer.from('question'));
    server.stream.write(Buffer.from('news'));
    client.stream.end();
    const dial = dialing(network, 'a:9000');
    const other = dialing(network, 'a:9000', 'elsewhere');
    await pass(4999);
    expect([client.events, server.events, dial.atMs]).toEqual([[], [], undefined]);
    expect((other.atMs as number) - sinceMs).toBe(20);
    await pass(100);
    expect(since(server, sinceMs)).toEqual([
      [5010, 'question'],
      [5010, 'closed'],
    ]);
    await pass(3000);
    expect(dial.client?.closes).toEqual([]);
  });

  it('of one direction lets the other pass, whose acknowledgements are lost', async () => {
    const { client, server, network, pass } = await connectedPair({ windowBytes: 10 });
    network.inject({ kind: 'partition', from: 'a', to: 'client', oneWay: true, forMs: 1000 });
    expect(client.stream.write(Buffer.from('0123456789'))).toBe(true);
    server.stream.write(Buffer.from('answer'));
    await pass(500);
    expect([server.text, client.text]).toEqual(['0123456789', '']);
    expect(client.stream.write(Buffer.from('more')), 'all was read, but the writer does not know').toBe(false);
    await pass(600);
    expect([server.text, client.text, client.drains]).toEqual(['0123456789more', 'answer', 1]);
  });
});

describe('a slow reader', () => {
  it('reads nothing for a while, and its peer stalls', async () => {
    const { client, server, network, pass } = await connectedPair({ windowBytes: 100 });
    network.inject({ kind: 'slow-reader', host: 'a', forMs: 1000 });
    expect(client.stream.write(pattern(150))).toBe(false);
    await pass(900);
    expect([server.receivedBytes, client.drains]).toEqual([0, 0]);
    await pass(200);
    expect(server.received.equals(pattern(150))).toBe(true);
    expect(client.drains).toBe(1);
  });

  it('reads at its pace', async () => {
    const { client, server, network, pass } = await connectedPair();
    network.inject({ kind: 'slow-reader', host: 'a', bytesPerSecond: 1000 });
    client.stream.write(pattern(500));
    client.stream.write(pattern(500));
    await pass(510);
    expect(server.receivedBytes).toBeGreaterThan(480);
    expect(server.receivedBytes).toBeLessThan(520);
    network.heal();
    await pass(1);
    expect(server.receivedBytes).toBe(1000);
  });
});

describe('another path', () => {
  it('counts while the fault lasts', async () => {
    const { client, server, network, clock, pass } = await connectedPair();
    network.inject({ kind: 'link', from: 'client', to: 'a', link: { latencyMs: 200 }, forMs: 300 });
    const sinceMs = clock.monotonicMs();
    client.stream.write(Buffer.from('slow'));
    server.stream.write(Buffer.from('quick'));
    await pass(300);
    client.stream.write(Buffer.from('again'));
    await pass(20);
    expect(since(server, sinceMs)).toEqual([
      [200, 'slow'],
      [310, 'again'],
    ]);
    expect(since(client, sinceMs)).toEqual([[10, 'quick']]);
  });
});
