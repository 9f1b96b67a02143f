// NATS: request and reply of JSON through a nats-server of its own.
import { connect } from '@nats-io/transport-node';
import type { Message } from '../message.ts';
import { type BenchSystem, pooled } from '../system.ts';
import { freePort, startProgram, stopProgram } from './support.ts';

const SUBJECT = 'echo';

export const system: BenchSystem = {
  async startServer() {
    const port = await freePort();
    const child = await startProgram('nats-server', ['-a', '127.0.0.1', '-p', String(port)], port);
    const connection = await connect({ servers: `127.0.0.1:${port}` });
    connection.subscribe(SUBJECT, {
      callback(_error, request) {
        request.respond(JSON.stringify(request.json<Message>()));
      },
    });
    await connection.flush();
    return {
      address: { port },
      pids: [child.pid as number],
      async close() {
        await connection.close();
        await stopProgram(child);
      },
    };
  },
  startClient: pooled(async ({ port }) => {
    // Without the stack of each call, which costs as much as the call.
    const connection = await connect({ servers: `127.0.0.1:${port}`, noAsyncTraces: true });
    const options = { timeout: 60_000 };
    return {
      echo: async (message) => (await connection.request(SUBJECT, JSON.stringify(message), options)).json<Message>(),
      close: () => connection.close(),
    };
  }),
};
