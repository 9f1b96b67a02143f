import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { command, createSender, defineProtocol, result } from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import { expectNothingLeft } from '../../e2e/support/leaks.ts';
import { program } from '../../support/program.ts';
import { Attacker, frame } from './attacker.ts';

expectNothingLeft();

const MEBIBYTE = 2 ** 20;
const LARGEST = 4 * MEBIBYTE;
const NOTHING = Buffer.from([0xc0]);

/** `length` bytes of MessagePack: a text. */
function text(length: number): Buffer {
  const payload = Buffer.alloc(length, 'x');
  payload[0] = 0xdb;
  payload.writeUInt32BE(length - 5, 1);
  return payload;
}

/** `length` bytes of MessagePack: a list of empty maps, or of empty byte strings. */
function listOf(length: number, element: readonly number[]): Buffer {
  const payload = Buffer.alloc(length, Buffer.from(element));
  const count = Math.floor((length - 5) / element.length);
  payload[0] = 0xdd;
  payload.writeUInt32BE(count, 1);
  payload.fill(Buffer.from(element), 5);
  return payload.subarray(0, 5 + count * element.length);
}

type Attack = (port: number, attackers: Attacker[]) => Promise<void>;

/** Sends frames on one connection, until `totalBytes` are sent or the server takes no more. */
async function pour(attacker: Attacker, totalBytes: number, next: (seq: number) => Buffer): Promise<void> {
  let sent = 0;
  for (let seq = 1; sent < totalBytes; seq++) {
    const bytes = next(seq);
    sent += bytes.length;
    if (!(await attacker.send(bytes))) return;
  }
}

/** One connection that sends so many bytes in frames of this payload. */
function large(payload: Buffer, totalBytes: number): Attack {
  return async (port, attackers) => {
    const attacker = await Attacker.to(port, true);
    attackers.push(attacker);
    await pour(attacker, totalBytes, (seq) => frame(seq, 'Wait', payload));
  };
}

/** So many frames of five bytes in one piece. */
function manySmall(name: 'Wait' | 'Big' | 'Bigs', count: number): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_, index) => frame(index + 1, name, NOTHING)));
}

/** One connection that reads nothing of what it has asked for. */
function unread(name: 'Big' | 'Bigs', count: number): Attack {
  return async (port, attackers) => {
    const attacker = await Attacker.to(port, false);
    attackers.push(attacker);
    await attacker.send(manySmall(name, count));
  };
}

const ATTACKS: readonly [fault: string, what: string, attack: Attack][] = [
  ['R2, V9', 'one connection with Commands of 4 MiB of text', large(text(LARGEST), 1024 * MEBIBYTE)],
  ['R2, V9', 'one connection with 4 MiB of empty maps', large(listOf(LARGEST, [0x80]), 256 * MEBIBYTE)],
  [
    'R2',
    '95 connections with 10,000 Commands of five bytes each',
    async (port, attackers) => {
      const burst = manySmall('Wait', 10_000);
      for (let n = 0; n < 95; n++) {
        const attacker = await Attacker.to(port, true);
        attackers.push(attacker);
        await attacker.send(burst);
      }
    },
  ],
  ['R2, D4', '1,500 generators of 1 MiB that nobody reads', unread('Bigs', 1_500)],
  [
    'V9',
    '150 connections with a stream each that nobody reads',
    async (port, attackers) => {
      for (let n = 0; n < 150; n++) await unread('Bigs', 1)(port, attackers);
    },
  ],
  [
    'R2, V9',
    '150 connections that each leave a Command of 4 MiB unfinished',
    async (port, attackers) => {
      const payload = text(LARGEST).subarray(0, LARGEST - 1);
      for (let n = 0; n < 150; n++) {
        const attacker = await Attacker.to(port, true);
        attackers.push(attacker);
        await attacker.send(frame(1, 'Wait', payload, LARGEST), 200);
      }
    },
  ],
];

/** The same in other sizes and words: `npm run test:slow`. */
const VARIANTS: typeof ATTACKS = [
  ['R2, V9', 'one connection with Commands of 1 MiB of text', large(text(MEBIBYTE), 1024 * MEBIBYTE)],
  ['R2, V9', 'one connection with 1 MiB of empty maps', large(listOf(MEBIBYTE, [0x80]), 256 * MEBIBYTE)],
  ['R2, V9', 'one connection with 4 MiB of empty bins', large(listOf(LARGEST, [0xc4, 0]), 256 * MEBIBYTE)],
  ['R2, V9', 'one connection with 64 KiB of empty maps', large(listOf(65_536, [0x80]), 256 * MEBIBYTE)],
  ['R2, D4', '1,500 Results of 1 MiB that nobody reads', unread('Big', 1_500)],
];

const echo = defineProtocol({
  results: { Value: result<unknown>() },
  commands: { Echo: command<unknown>().returns('Value') },
});

interface Started extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly port: number;
}

/** How much memory the server holds once that has not grown for a while. Rejects where it has died. */
async function settledBytes({ child }: Started): Promise<number> {
  const ended = once(child, 'exit').then(([code, signal]) => Promise.reject(new Error(`it died: ${code ?? signal}`)));
  let most = 0;
  for (let quiet = 0; quiet < 8; quiet++) {
    child.send('memory');
    const answered = once(child, 'message') as Promise<[{ residentBytes: number }]>;
    const [{ residentBytes }] = await Promise.race([answered, ended]);
    if (residentBytes > most + 4 * MEBIBYTE) quiet = 0;
    most = Math.max(most, residentBytes);
    await delay(250);
  }
  ended.catch(() => {});
  return most;
}

/** A heap of 512 MiB, and as much again for the process, the network and buffers. */
const MAX_RESIDENT_BYTES = 1024 * MEBIBYTE;

async function start(): Promise<Started> {
  const child = fork(program(new URL('./server-process.ts', import.meta.url)), {
    execArgv: ['--max-old-space-size=512'],
    stdio: ['ignore', 2, 'pipe', 'ipc'],
  });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  };
  return { child, port, [Symbol.asyncDispose]: stop };
}

// Most of an attack is the wait for the memory to settle: some at a time (see maxConcurrency).
describe.concurrent('a server with a heap of 512 MiB and the default options', { timeout: 240_000 }, () => {
  it.each(process.env.THOROUGH === undefined ? ATTACKS : VARIANTS)(
    '%s: survives %s, and answers an honest client',
    async (_fault, _what, attack) => {
      await using server = await start();
      const attackers: Attacker[] = [];
      try {
        await attack(server.port, attackers);
        const bytes = await settledBytes(server);
        expect(bytes).toBeLessThan(MAX_RESIDENT_BYTES);
        // With the patience of somebody on a busy machine.
        await using sender = await createSender(echo, {
          address: `127.0.0.1:${server.port}`,
          keepalive: { timeoutMs: 20_000 },
          handshakeTimeoutMs: 30_000,
        });
        for (let n = 0; n < 10; n++) expect(await sender.send(echo.Echo(n))).toBe(n);
      } finally {
        for (const attacker of attackers) attacker[Symbol.dispose]();
      }
    },
  );
});
