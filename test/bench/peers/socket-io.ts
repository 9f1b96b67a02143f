// Socket.IO: emitWithAck over WebSocket; objects travel as its own JSON.
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { io } from 'socket.io-client';
import type { Message } from '../message.ts';
import { type BenchSystem, pooled } from '../system.ts';
import { listen } from './support.ts';

export const system: BenchSystem = {
  async startServer() {
    const http = createServer();
    const server = new Server(http, { transports: ['websocket'], serveClient: false });
    server.on('connection', (socket) => {
      socket.on('echo', (message: Message, answer: (message: Message) => void) => answer(message));
    });
    const port = await listen(http);
    return { address: { port }, close: () => server.close() };
  },
  startClient: pooled(async ({ port }) => {
    const socket = io(`http://127.0.0.1:${port}`, { transports: ['websocket'], forceNew: true });
    await new Promise<void>((resolve, reject) => socket.on('connect', resolve).on('connect_error', reject));
    return {
      echo: (message) => socket.emitWithAck('echo', message) as Promise<Message>,
      close: async () => void socket.disconnect(),
    };
  }),
};
