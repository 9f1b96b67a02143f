import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { command, createSender, defineProtocol, result, serve } from 'cmd-stream';
import { natsEngine } from 'cmd-stream/nats';
import type { Message } from '../message.ts';
import type { BenchSystem } from '../system.ts';

const echoes = defineProtocol({
  results: { Echoed: result<Message>() },
  commands: { Echo: command<Message>().returns('Echoed') },
});

/** Room for a hundred thousand requests at once. */
const ROOM = 200_000;

const engineAt = (port: number) => natsEngine({ servers: `127.0.0.1:${port}`, service: 'bench' });

/** The library as it comes, over a nats-server of its own, whose CPU counts as the server's. */
export const cmdStreamNats: BenchSystem = {
  async startServer(delayMs) {
    const port = await freePort();
    const broker = spawn('nats-server', ['-a', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
    // It ends with this process, whatever becomes of it.
    process.on('exit', () => broker.kill('SIGKILL'));
    while (!(await isListening(port))) await delay(50);
    const Echo = delayMs === 0 ? (message: Message) => message : (message: Message) => delay(delayMs, message);
    const server = await serve(echoes, undefined, { Echo }, { engine: engineAt(port), maxInFlightCommands: ROOM });
    return {
      address: { port },
      pids: [broker.pid as number],
      async close() {
        await server.close();
        broker.kill('SIGTERM');
        await once(broker, 'exit');
      },
    };
  },
  async startClient({ port }, clients) {
    const limits = { maxInFlightCommands: ROOM, maxBufferedBytes: 1 << 30 };
    const sender = await createSender(echoes, { ...limits, engine: engineAt(port), clients });
    return { echo: (message) => sender.send(echoes.Echo(message)), close: () => sender.close() };
  },
};

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1' });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
