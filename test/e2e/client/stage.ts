import { createServer, type Server, type Socket } from 'node:net';
import { CmdStreamError, createSender, type Sender, type SenderOptions } from 'cmd-stream';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { ownMsOf } from '../../support/own-time.ts';
import { freePort } from '../../support/ports.ts';
import { calc, SUM } from '../support/calc.ts';
import { expectNothingLeft } from '../support/leaks.ts';
import { type PeerCommand, type PeerScript, ScriptedPeer } from '../support/scripted-peer.ts';

/** What a test file of senders and scripted peers works with; whatever it opens is closed after each test. */
export interface Stage {
  peer(script?: PeerScript, port?: number): Promise<ScriptedPeer>;
  /** A connected sender. Waits between dials are short unless the options say otherwise. */
  sender(options: SenderOptions): Promise<Sender<typeof calc>>;
  /** A server that takes connections, reads what comes, and never says a word. */
  silentServer(port?: number): Promise<SilentServer>;
  /** Closes something else after the test. */
  onEnd(close: () => unknown): void;
  /** The test is to warn of this, and of nothing else. Without it a test that warns fails. */
  expectWarning(text: string): void;
}

/** What a {@link Stage.silentServer} has seen. */
export interface SilentServer {
  readonly address: string;
  readonly accepted: number;
  /** Those that are still open. */
  readonly connections: ReadonlySet<Socket>;
}

/** Call it at the top of a test file. Fails the file when anything is left behind, and a test when it warns. */
export function stage(): Stage {
  expectNothingLeft();
  const closes: (() => unknown)[] = [];
  const warnings: string[] = [];
  const expected: string[] = [];
  const onWarning = (warning: Error) => warnings.push(warning.message);
  const { warn } = console;
  const printers = process.listeners('warning');
  beforeAll(() => {
    // XState warns by the console: of an event to an actor that is stopped, for one.
    console.warn = (...what) => warnings.push(what.join(' '));
    process.removeAllListeners('warning').on('warning', onWarning);
  });
  afterEach(async () => {
    for (const close of closes.splice(0).reverse()) await close();
    await eventLoopTurn();
    const texts = expected.splice(0);
    const seen = warnings.splice(0);
    expect(seen.filter((warning) => !texts.some((text) => warning.includes(text)))).toEqual([]);
    for (const text of texts) expect(seen).toContainEqual(expect.stringContaining(text));
  });
  afterAll(() => {
    console.warn = warn;
    process.off('warning', onWarning);
    for (const printer of printers) process.on('warning', printer);
  });
  return {
    expectWarning: (text) => void expected.push(text),
    onEnd: (close) => void closes.push(close),
    async peer(script, port) {
      const peer = await ScriptedPeer.listen(script, port);
      closes.push(() => peer.stop());
      return peer;
    },
    async silentServer(port = 0) {
      const connections = new Set<Socket>();
      const server = createServer((socket) => {
        seen.accepted++;
        connections.add(socket.on('error', () => {}).resume());
        socket.on('close', () => connections.delete(socket));
      });
      await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
      const seen = { accepted: 0, connections, address: addressOf(server) };
      closes.push(async () => {
        for (const socket of connections) socket.destroy();
        await new Promise((resolve) => server.close(resolve));
      });
      return seen;
    },
    async sender(options) {
      const sender = await createSender(calc, { reconnect: { initialMs: 10, maxMs: 40 }, ...options });
      closes.push(() => sender.close());
      return sender;
    },
  };
}

/** A script that answers `Add`, and nothing else. */
export const adds: PeerScript = { onCommand: answerAdd };

/** Answers `Add`. */
export function answerAdd({ type, seq, payload, connection }: PeerCommand): void {
  const { a, b } = payload as { a: number; b: number };
  if (type === 0) connection.result(seq, SUM, a + b);
}

/** The Command that most tests send. */
export const onePlusOne = calc.Add({ a: 1, b: 1 });

/** The error that `promise` fails with. */
export async function failureOf(promise: Promise<unknown>): Promise<CmdStreamError> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  expect(outcome, 'it should have failed').toHaveProperty('error');
  const { error } = outcome as { error: CmdStreamError };
  expect(error).toBeInstanceOf(CmdStreamError);
  return error;
}

/** Looks at something until it is as it should be, which may take a while on a busy machine: `await soon(read).toBe(1)`. */
export const soon = <Value>(read: () => Value) => expect.poll(read, { interval: 1 });

/** How long `task` takes at least, in milliseconds: what the machine did otherwise meanwhile does not count. */
export const timed = (task: () => Promise<unknown>) => ownMsOf(task);

/** An address at which nobody listens. */
export const deadAddress = async () => `127.0.0.1:${await freePort()}`;

function addressOf(server: Server): string {
  const { port } = server.address() as { port: number };
  return `127.0.0.1:${port}`;
}

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Lets what is due in this turn of the event loop happen. */
export const eventLoopTurn = () => new Promise<void>((resolve) => setImmediate(resolve));
