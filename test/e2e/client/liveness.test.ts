import { setTimeout as sleep } from 'node:timers/promises';
import { createSender, serve } from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import { calc, TICK } from '../support/calc.ts';
import { type Rates, SlowLink } from './slow-link.ts';
import { failureOf, soon, stage } from './stage.ts';

const { onEnd, peer, sender } = stage();

const handlers = {
  Add: ({ a, b }: { a: number; b: number }) => a + b,
  async *Countdown({ from }: { from: number }) {
    for (let n = from; n > 0; n--) yield { n, last: n === 1 };
  },
  Echo: (text: string) => text,
  Find: ({ key }: { key: string }) => ({ type: 'Text' as const, value: key }),
  Fail: () => 0,
  Wait: async ({ ms }: { ms: number }) => {
    await sleep(ms);
    return ms;
  },
};

/** A client whose server stands at the other end of a slow link. */
async function overSlowLink(rates: Rates, keepalive: { timeMs: number; timeoutMs: number }) {
  const server = await serve(calc, undefined, handlers);
  onEnd(() => server.close());
  const link = await SlowLink.to(server.address, rates);
  onEnd(() => link.close());
  const lost: unknown[] = [];
  const client = await createSender(calc, {
    address: link.address,
    keepalive,
    timeoutMs: 60_000,
    onStatus: (event) => event.type === 'client' && event.error !== undefined && lost.push(event.error),
  });
  onEnd(() => client.close());
  return { client, lost };
}

describe('a slow link', () => {
  it('V4: is not taken for a dead one while a large Command is on its way', async () => {
    const { client, lost } = await overSlowLink({ up: 1_000_000 }, { timeMs: 150, timeoutMs: 150 });
    const text = 'x'.repeat(3_000_000);
    expect(await client.send(calc.Echo(text))).toHaveLength(text.length);
    expect(lost).toEqual([]);
  });

  it('V4: nor while a large Result is on its way back, in front of the Pong', async () => {
    const { client, lost } = await overSlowLink({ down: 1_000_000 }, { timeMs: 150, timeoutMs: 150 });
    const text = 'x'.repeat(3_000_000);
    expect(await client.send(calc.Echo(text))).toHaveLength(text.length);
    expect(lost).toEqual([]);
  });

  it('V4: nor by a server that hears nothing while its Result is on its way', async () => {
    const lost: unknown[] = [];
    const options = { idleTimeoutMs: 600, onConnectionLost: ({ error }: { error: unknown }) => lost.push(error) };
    const server = await serve(calc, undefined, handlers, options);
    onEnd(() => server.close());
    const link = await SlowLink.to(server.address, { down: 1_000_000 });
    onEnd(() => link.close());
    const client = await createSender(calc, { address: link.address, keepalive: { timeMs: 100, timeoutMs: 100 } });
    onEnd(() => client.close());
    const text = 'x'.repeat(3_000_000);
    expect(await client.send(calc.Echo(text))).toHaveLength(text.length);
    expect(lost).toEqual([]);
  });

  it('V4: nor while small Commands wait behind large ones', async () => {
    const { client, lost } = await overSlowLink({ up: 2_000_000 }, { timeMs: 100, timeoutMs: 100 });
    const text = 'x'.repeat(2_000_000);
    const sent = [client.send(calc.Echo(text)), client.send(calc.Add({ a: 1, b: 1 })), client.send(calc.Echo(text))];
    expect((await Promise.all(sent)).map((value) => (typeof value === 'string' ? value.length : value))).toEqual([
      text.length,
      2,
      text.length,
    ]);
    expect(lost).toEqual([]);
  });
});

describe('a server that sends and does not read', () => {
  /** Answers the first Command, a stream, again and again, and nothing else: no Ping either. */
  const talksOnly = () =>
    peer({
      answersPings: false,
      onCommand: ({ type, seq, connection }) => {
        if (type !== 1) return;
        const timer = setInterval(() => connection.result(seq, TICK, { n: 1, last: false }), 10);
        connection.socket.on('close', () => clearInterval(timer));
      },
    });

  it('F1: is found out although its Results keep coming', async () => {
    const server = await talksOnly();
    const client = await sender({ address: server.address, keepalive: { timeMs: 60, timeoutMs: 60 } });
    for await (const _ of client.sendMulti(calc.Countdown({ from: 3 }), { resultsCount: 1 }));
    const error = await failureOf(client.send(calc.Add({ a: 1, b: 1 }), { timeoutMs: 60_000 }));
    expect(error).toMatchObject({ code: 'connection-lost', mayHaveExecuted: true });
    expect(error.message).toContain('did not answer a Ping within 60 ms');
  });

  it('F1: is found out although Commands keep going to it, and Results keep coming', async () => {
    const server = await talksOnly();
    const client = await sender({ address: server.address, keepalive: { timeMs: 60, timeoutMs: 60 } });
    const stream = client.sendMulti(calc.Countdown({ from: 3 }), () => {}, { timeoutMs: Number.POSITIVE_INFINITY });
    const timer = setInterval(() => client.send(calc.Add({ a: 1, b: 1 })).catch(() => {}), 10);
    onEnd(() => clearInterval(timer));
    expect(await failureOf(stream)).toMatchObject({ code: 'connection-lost' });
  });
});

it('R5-E1: Pongs that nobody asked for are no events of the client', async () => {
  const server = await peer({ onConnection: ({ socket }) => setTimeout(() => socket.write(Buffer.alloc(50_000)), 20) });
  let pongs = 0;
  const client = await sender({
    address: server.address,
    keepalive: { timeMs: 200, timeoutMs: 5_000 },
    inspect: (event) => {
      if (event.type === '@xstate.event' && event.event.type === 'pong.received') pongs++;
    },
  });
  await soon(() => server.connections[0]?.pings ?? 0).toBe(2);
  expect(client.status.state).toBe('ready');
  expect(pongs).toBeLessThanOrEqual(2 * 2);
});
