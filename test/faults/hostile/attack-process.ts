// Attackers in a process of their own, so that the honest client beside them has its process for itself.
import { setMaxListeners } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { RawClient } from '../../e2e/server/raw-client.ts';
import type { AttackAnswer, AttackName, AttackQuestion } from './messages.ts';

const ECHO = 0;
/** So many dials at a time: more than a backlog holds would not get through. */
const DIALS = 100;

const sockets = new Set<Socket>();
const over = new AbortController();
setMaxListeners(0, over.signal);
let [made, sentBytes] = [0, 0];
let problem: string | undefined;

/** A connection, or nothing where there can be none. */
async function dial(port: number): Promise<Socket | undefined> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  sockets.add(socket);
  socket.on('close', () => sockets.delete(socket));
  return await new Promise((resolve) => {
    socket.on('connect', () => {
      made++;
      resolve(socket);
    });
    socket.on('error', (error) => {
      if (!socket.connecting && made > 0 && 'code' in error && error.code === 'ECONNRESET') return;
      problem ??= error.message;
      resolve(undefined);
    });
  });
}

async function dialMany(port: number, count: number): Promise<Socket[]> {
  const all: Socket[] = [];
  while (all.length < count && problem === undefined) {
    const dials = Array.from({ length: Math.min(DIALS, count - all.length) }, () => dial(port));
    for (const socket of await Promise.all(dials)) if (socket !== undefined) all.push(socket);
  }
  return all;
}

function write(socket: Socket, bytes: Buffer): boolean {
  sentBytes += bytes.length;
  return socket.write(bytes);
}

/** Writes the same again and again, as fast as it is taken. */
function pour(socket: Socket, bytes: Buffer): void {
  const more = () => {
    while (!socket.destroyed && write(socket, bytes));
  };
  socket.on('drain', more);
  more();
}

/** Does something with fresh connections over and over. */
async function overAndOver(count: number, once: () => Promise<void>): Promise<void> {
  const one = async () => {
    while (!over.signal.aborted) {
      await once();
      await delay(5, undefined, { signal: over.signal });
    }
  };
  await Promise.all(Array.from({ length: count }, one));
}

const tinyCommands = Buffer.concat(
  Array.from({ length: 500 }, (_, index) => RawClient.command(index + 1, ECHO, index)),
);
const largeCommand = RawClient.command(1, ECHO, 'x'.repeat(1_000));
/** Announces 200 KB, which the server would take, and gives them byte by byte. */
const endless = Buffer.concat([
  Buffer.from([1, ECHO, 0xc0, 0x9a, 0x0c, 0xc6, 0, 3, 0x0d, 0x3b]),
  Buffer.alloc(100_000),
]);
const giant = Buffer.from([1, ECHO, 0xff, 0xff, 0xff, 0xff, 0x0f]);

const ATTACKS: Readonly<Record<AttackName, (port: number, count: number) => Promise<void>>> = {
  async 'slow loris'(port, count) {
    const all = await dialMany(port, count);
    for (const socket of all) socket.resume();
    for (let at = 0; !over.signal.aborted && at < endless.length; at++) {
      for (const socket of all) if (!socket.destroyed) write(socket, endless.subarray(at, at + 1));
      await delay(20, undefined, { signal: over.signal });
    }
  },
  async 'never reading'(port, count) {
    const bytes = Buffer.concat(Array.from({ length: 60 }, () => largeCommand));
    for (const socket of await dialMany(port, count)) pour(socket, bytes);
  },
  async idle(port, count) {
    for (const socket of await dialMany(port, count)) socket.resume();
  },
  async 'large flood'(port, count) {
    const bytes = RawClient.command(1, ECHO, 'x'.repeat(100_000));
    for (const socket of await dialMany(port, count)) {
      socket.resume();
      pour(socket, bytes);
      await turn();
    }
  },
  async flood(port, count) {
    for (const socket of await dialMany(port, count)) {
      socket.resume();
      pour(socket, tinyCommands);
      await turn();
    }
  },
  async 'giant lengths'(port, count) {
    await overAndOver(count, async () => {
      const socket = await dial(port);
      if (socket === undefined) return;
      socket.resume();
      write(socket, giant);
      await new Promise((resolve) => socket.on('close', resolve));
    });
  },
  async 'abrupt ends'(port, count) {
    await overAndOver(count, async () => {
      const socket = await dial(port);
      if (socket === undefined) return;
      write(socket, largeCommand.subarray(0, 500));
      await delay(2);
      socket.resetAndDestroy();
    });
  },
};

process.on('message', (question: AttackQuestion) => {
  if (question === 'stop') {
    over.abort();
    // Without a goodbye: ten thousand of them would hold on to their ports for a minute.
    for (const socket of sockets) socket.resetAndDestroy();
    process.disconnect();
  } else if (question === 'progress') {
    const answer: AttackAnswer = { open: sockets.size, made, sentBytes, problem };
    process.send?.(answer);
  } else {
    ATTACKS[question.attack](question.port, question.count).catch(() => {});
  }
});
process.on('disconnect', () => process.exit());
