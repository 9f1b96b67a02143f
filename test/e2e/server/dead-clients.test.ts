import { command, defineProtocol, result, type ServerOptions, serve } from 'cmd-stream';
import { simulatedNetwork } from 'cmd-stream/testing';
import { describe, expect, it } from 'vitest';
import { RawClient } from './raw-client.ts';

const protocol = defineProtocol({
  results: { Text: result<string>({ lastOne: () => false }), Done: result<number>() },
  commands: { Stream: command<null>().returns('Text'), Wait: command<null>().returns('Done') },
});
const [STREAM, WAIT] = [0, 1];
const MINUTE_MS = 60_000;

/** A server and one raw client in a simulated network, whose time the test has in hand. */
async function served(options: ServerOptions<null> = {}) {
  const network = simulatedNetwork();
  const { clock } = network;
  const lost: string[] = [];
  let signal: AbortSignal | undefined;
  const server = await serve(
    protocol,
    null,
    {
      *Stream() {
        for (;;) yield 'x'.repeat(64 * 1024);
      },
      Wait: (_payload, context) => {
        signal = context.signal;
        return new Promise<number>(() => {});
      },
    },
    {
      transport: network,
      host: 'a',
      port: 9000,
      clock,
      defer: clock.defer,
      onConnectionLost: ({ error }) => lost.push(error?.message ?? 'in order'),
      ...options,
    },
  );
  const connecting = network.connect('a:9000', new AbortController().signal);
  await clock.advanceWithTurns(100);
  const stream = await connecting;
  stream.open({ data: () => {}, drained: () => {}, closed: () => {} });
  await clock.advanceWithTurns(100);
  return {
    network,
    clock,
    server,
    lost,
    stream,
    aborted: () => signal?.aborted,
    async end() {
      void server.close();
      stream.destroy();
      await clock.advanceWithTurns(2_000);
      await server.done;
    },
  };
}

describe('a server that is told nothing of idleTimeoutMs', () => {
  it('D2: closes the connection of a client whose machine is gone, whatever is in flight on it', async () => {
    const it = await served();
    it.stream.write(RawClient.command(1, WAIT, null));
    await it.clock.advanceWithTurns(100);
    it.network.inject({ kind: 'half-open', from: 'client', to: 'a' });
    await it.clock.advanceWithTurns(1.3 * MINUTE_MS);
    expect(it.server.connections).toBe(0);
    expect(it.lost).toEqual([expect.stringContaining("was silent for 60000 ms (option 'idleTimeoutMs')")]);
    expect(it.aborted()).toBe(true);
    await it.end();
  });

  it('spares a client that says nothing but Pings', async () => {
    const it = await served();
    for (let minute = 0; minute < 5; minute += 0.5) {
      it.stream.write(Buffer.of(0));
      await it.clock.advanceWithTurns(0.5 * MINUTE_MS);
    }
    expect(it.server.connections).toBe(1);
    await it.end();
  });

  it('spares a client that takes its Results slowly, and is not read meanwhile', async () => {
    const it = await served({ maxBufferedBytes: 256 * 1024 });
    it.stream.pause();
    it.stream.write(RawClient.command(1, STREAM, null));
    await it.clock.advanceWithTurns(10 * MINUTE_MS);
    expect(it.lost).toEqual([]);
    expect(it.server.connections).toBe(1);
    await it.end();
  });

  it('closes that one, too, where the time is given', async () => {
    const it = await served({ maxBufferedBytes: 256 * 1024, idleTimeoutMs: MINUTE_MS });
    it.stream.pause();
    it.stream.write(RawClient.command(1, STREAM, null));
    await it.clock.advanceWithTurns(1.3 * MINUTE_MS);
    expect(it.lost).toEqual([expect.stringContaining("was silent for 60000 ms (option 'idleTimeoutMs')")]);
    await it.end();
  });

  it('leaves silent clients alone where it is told so', async () => {
    const it = await served({ idleTimeoutMs: Number.POSITIVE_INFINITY });
    await it.clock.advanceWithTurns(10 * MINUTE_MS);
    expect(it.server.connections).toBe(1);
    await it.end();
  });
});
