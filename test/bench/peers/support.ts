import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Packr } from 'msgpackr';
import type { Message } from '../message.ts';

/** MessagePack as the library itself sends it. */
export function messagePack(): { pack(message: unknown): Buffer; unpack(bytes: Uint8Array): unknown } {
  return new Packr({ useRecords: false, variableMapSize: true });
}

/** What a server does with a message. */
export type Answer = (message: Message) => Message | Promise<Message>;

/** Echoes, after a while. */
export function echo(delayMs: number): Answer {
  return delayMs === 0 ? (message) => message : (message) => delay(delayMs, message);
}

/** Listens on a free port of 127.0.0.1. */
export async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** A port that was free a moment ago, for programs that cannot choose one themselves. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  server.close();
  await once(server, 'close');
  return port;
}

/** Starts a program that listens on `port`, and waits until it does. */
export async function startProgram(program: string, args: readonly string[], port: number): Promise<ChildProcess> {
  const child = spawn(program, args, { stdio: 'ignore' });
  // It ends with this process, whatever becomes of it.
  process.on('exit', () => child.kill('SIGKILL'));
  const failed = once(child, 'exit').then(() => Promise.reject(new Error(`${program} has ended`)));
  failed.catch(() => {});
  for (let attempt = 0; attempt < 100; attempt++) {
    if (await Promise.race([isListening(port), failed])) return child;
    await delay(50);
  }
  child.kill('SIGKILL');
  throw new Error(`${program} does not listen on port ${port}`);
}

/** Ends a program. */
export async function stopProgram(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

function isListening(port: number): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1' });
  return new Promise((resolve) => {
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
  }).finally(() => socket.destroy()) as Promise<boolean>;
}
