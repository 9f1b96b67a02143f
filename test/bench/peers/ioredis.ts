// Redis ECHO with MessagePack: the server is redis-server itself.
import { Redis } from 'ioredis';
import type { Message } from '../message.ts';
import { type BenchSystem, pooled } from '../system.ts';
import { freePort, messagePack, startProgram, stopProgram } from './support.ts';

/** As it comes. */
export const plain = redis(false);

/** With the Commands of a turn in one pipeline. */
export const autoPipelined = redis(true);

function redis(enableAutoPipelining: boolean): BenchSystem {
  return {
    async startServer() {
      const port = await freePort();
      const child = await startProgram(
        'redis-server',
        ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
        port,
      );
      return { address: { port }, pids: [child.pid as number], close: () => stopProgram(child) };
    },
    startClient: pooled(async ({ port }) => {
      const client = new Redis({ port, host: '127.0.0.1', enableAutoPipelining, lazyConnect: true });
      await client.connect();
      const format = messagePack();
      return {
        echo: async (message) => format.unpack(await client.echoBuffer(format.pack(message))) as Message,
        close: async () => client.disconnect(),
      };
    }),
  };
}
