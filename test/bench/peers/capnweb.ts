// Cap'n Web: a method of an RpcTarget over WebSocket.
import { once } from 'node:events';
import { newWebSocketRpcSession, RpcTarget } from 'capnweb';
import { WebSocket } from 'ws';
import type { Message } from '../message.ts';
import { type BenchSystem, pooled } from '../system.ts';
import { listening, webSocketServer } from './web-sockets.ts';

class Echo extends RpcTarget {
  echo(message: Message): Message {
    return message;
  }
}

// It is written for the WebSocket of browsers, which Node 20 does not have, and looks at its constants.
Object.assign(globalThis, { WebSocket });

type BrowserSocket = Parameters<typeof newWebSocketRpcSession>[0];

export const system: BenchSystem = {
  async startServer() {
    const server = webSocketServer();
    server.on('connection', (socket) => newWebSocketRpcSession(socket as unknown as BrowserSocket, new Echo()));
    return listening(server);
  },
  startClient: pooled(async ({ port }) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
    await once(socket, 'open');
    const stub = newWebSocketRpcSession<Echo>(socket as unknown as BrowserSocket);
    return {
      echo: async (message) => await stub.echo(message),
      close: async () => socket.terminate(),
    };
  }),
};
