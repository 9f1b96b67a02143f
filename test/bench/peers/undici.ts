// undici: POST of JSON to node:http, a Client with pipelining; `blocking: false`, without which POSTs are not pipelined.
import { createServer } from 'node:http';
import { Client } from 'undici';
import type { Message } from '../message.ts';
import { type BenchSystem, pooled } from '../system.ts';
import { listen } from './support.ts';

export const system: BenchSystem = {
  async startServer() {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const message: unknown = JSON.parse(Buffer.concat(chunks).toString());
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(message));
      });
    });
    const port = await listen(server);
    return {
      address: { port },
      async close() {
        server.close();
        server.closeAllConnections();
      },
    };
  },
  startClient: pooled(async ({ port }) => {
    const client = new Client(`http://127.0.0.1:${port}`, { pipelining: 1000 });
    return {
      async echo(message) {
        const { body } = await client.request({
          path: '/',
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(message),
          blocking: false,
          // They answer one after the other, and so may be repeated: else they wait for each other.
          idempotent: true,
        });
        return (await body.json()) as Message;
      },
      close: () => client.destroy(),
    };
  }),
};
