import { fork } from 'node:child_process';
import { tcpTransport } from 'cmd-stream';
import type { ByteStream } from 'cmd-stream/transport';
import { expect, it } from 'vitest';
import { standStill } from '../../support/stand-still.ts';
import { soon, stage } from './stage.ts';

const { onEnd, sender } = stage();

/** A server in a process of its own, which goes on while this one is busy. It answers every byte 0 with one. */
async function serverElsewhere(): Promise<string> {
  const child = fork(new URL('./fixtures/pong-server.mjs', import.meta.url), { stdio: 'inherit' });
  onEnd(() => new Promise((resolve) => child.once('exit', resolve) && child.kill()));
  const port = await new Promise((resolve) => child.once('message', resolve));
  child.disconnect();
  return `127.0.0.1:${port}`;
}

/** TCP that keeps the process busy for a while as soon as a Ping has gone out. */
function busyAfterPings(busyMs: number) {
  const tcp = tcpTransport();
  const pings = { count: 0 };
  const connect = async (address: string, signal: AbortSignal): Promise<ByteStream> => {
    const stream = await tcp.connect(address, signal);
    const write = stream.write.bind(stream);
    stream.write = (bytes) => {
      const taken = write(bytes);
      pings.count++;
      standStill(busyMs);
      return taken;
    };
    return stream;
  };
  return { transport: { ...tcp, connect }, pings };
}

it('a process that is too busy to read a Pong in time does not lose its connection', async () => {
  const { transport, pings } = busyAfterPings(800);
  const lost: unknown[] = [];
  const client = await sender({
    address: await serverElsewhere(),
    transport,
    keepalive: { timeMs: 20, timeoutMs: 150 },
    onStatus: (event) => event.type === 'client' && event.error !== undefined && lost.push(event.error),
  });
  await soon(() => pings.count).toBeGreaterThanOrEqual(3);
  expect(lost).toEqual([]);
  expect(client.status.state).toBe('ready');
});

it.each([false, true])(
  'F7, V5: a handshake that lies there when a busy process comes back is no slow one, lazy: %s',
  async (lazy) => {
    const address = await serverElsewhere();
    const connecting = sender({ address, handshakeTimeoutMs: 150, reconnect: false, lazy });
    // The dial has begun; what comes of it nobody reads in time.
    await new Promise((resolve) => setImmediate(resolve));
    standStill(500);
    const client = await connecting;
    await soon(() => client.status.state).toBe('ready');
  },
);
