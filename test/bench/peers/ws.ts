// WebSocket by hand: an array [seq, message] in MessagePack, a Map of promises; no compression.
import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { Message } from '../message.ts';
import { type BenchSystem, pooled } from '../system.ts';
import { echo, messagePack } from './support.ts';
import { listening, webSocketServer } from './web-sockets.ts';

export const system: BenchSystem = {
  async startServer(delayMs) {
    const server = webSocketServer();
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
    return listening(server);
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
