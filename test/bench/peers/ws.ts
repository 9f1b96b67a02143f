// WebSocket by hand: an array [seq, message] in MessagePack, a Map of promises; no compression.
import { once } from 'node:events';
import { WebSocket, WebSocketServer } from 'ws';
import type { Message } from '../message.ts';
import { type BenchSystem, pooled } from '../system.ts';
import { echo, messagePack } from './support.ts';

export const system: BenchSystem = {
  async startServer(delayMs) {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
    const answer = echo(delayMs);
    server.on('connection', (socket) => {
      const format = messagePack();
      const send = (seq: number, message: Message) => socket.send(format.pack([seq, message]));
      socket.on('message', (bytes: Buffer) => {
        const [seq, message] = format.unpack(bytes) as [number, Message];
        const answered = answer(message);
        if (answered instanceof Promise) void answered.then((late) => send(seq, late));
        else send(seq, answered);
      });
    });
    await once(server, 'listening');
    const address = server.address();
    return {
      address: { port: typeof address === 'object' && address !== null ? address.port : 0 },
      async close() {
        for (const socket of server.clients) socket.terminate();
        server.close();
      },
    };
  },
  startClient: pooled(async ({ port }) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
    const format = messagePack();
    const pending = new Map<number, (message: Message) => void>();
    await once(socket, 'open');
    socket.on('message', (bytes: Buffer) => {
      const [seq, message] = format.unpack(bytes) as [number, Message];
      pending.get(seq)?.(message);
      pending.delete(seq);
    });
    let seq = 0;
    return {
      echo(message) {
        return new Promise((resolve) => {
          pending.set(++seq, resolve);
          socket.send(format.pack([seq, message]));
        });
      },
      close: async () => socket.terminate(),
    };
  }),
};
