// tRPC: a mutation over WebSocket.
import { createTRPCClient, createWSClient, wsLink } from '@trpc/client';
import { initTRPC } from '@trpc/server';
import { applyWSSHandler } from '@trpc/server/adapters/ws';
import { WebSocket } from 'ws';
import type { Message } from '../message.ts';
import { type BenchSystem, pooled } from '../system.ts';
import { listening, webSocketServer } from './web-sockets.ts';

const t = initTRPC.create();
const router = t.router({
  echo: t.procedure.input((value: unknown) => value as Message).mutation(({ input }) => input),
});

export const system: BenchSystem = {
  async startServer() {
    const server = webSocketServer();
    applyWSSHandler({ wss: server, router });
    return listening(server);
  },
  startClient: pooled(async ({ port }) => {
    // It is written for the WebSocket of browsers, which Node 20 does not have.
    const socket = { WebSocket: WebSocket as unknown as typeof globalThis.WebSocket };
    const client = createWSClient({ url: `ws://127.0.0.1:${port}`, ...socket });
    const trpc = createTRPCClient<typeof router>({ links: [wsLink({ client })] });
    return {
      echo: (message) => trpc.echo.mutate(message),
      close: () => client.close(),
    };
  }),
};
