import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { program } from '../../support/program.ts';
import type { AttackAnswer, AttackName, AttackQuestion, ServerAnswer, ServerQuestion } from './messages.ts';

const ANSWER_MS = 20_000;

/** A process of a test that answers questions. */
class Process<Question, Answer> {
  readonly #child: ChildProcess;

  constructor(script: string) {
    this.#child = fork(program(new URL(script, import.meta.url)), { stdio: ['ignore', 2, 2, 'ipc'] });
  }

  tell(question: Question): void {
    this.#child.send(question as never);
  }

  /** Resolves with the next answer. */
  async answer(): Promise<Answer> {
    const giveUp = new AbortController();
    const { signal } = giveUp;
    try {
      return await Promise.race([
        once(this.#child, 'message', { signal }).then(([answer]) => answer as Answer),
        once(this.#child, 'exit', { signal }).then(([code]) => Promise.reject(new Error(`the process ended: ${code}`))),
        delay(ANSWER_MS, undefined, { signal }).then(() => Promise.reject(new Error('the process gives no answer'))),
      ]);
    } finally {
      giveUp.abort();
    }
  }

  async stop(question: Question): Promise<void> {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
    if (child.connected) this.tell(question);
    await ended;
    clearTimeout(timer);
  }
}

/** What a server holds. */
export type Held = Extract<ServerAnswer, { usedBytes: number }>;

/** A server in a process of its own. */
export class ServerProcess {
  readonly #process: Process<ServerQuestion, ServerAnswer>;
  readonly port: number;

  private constructor(process: Process<ServerQuestion, ServerAnswer>, port: number) {
    this.#process = process;
    this.port = port;
  }

  static async start(): Promise<ServerProcess> {
    const process = new Process<ServerQuestion, ServerAnswer>('./server-process.ts');
    const { port } = (await process.answer()) as { port: number };
    return new ServerProcess(process, port);
  }

  async held(): Promise<Held> {
    this.#process.tell('memory');
    return (await this.#process.answer()) as Held;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.stop('stop');
  }
}

/** Attackers in a process of their own. */
export class Attackers {
  readonly #process = new Process<AttackQuestion, AttackAnswer>('./attack-process.ts');

  start(attack: AttackName, port: number, count: number): void {
    this.#process.tell({ attack, port, count });
  }

  async progress(): Promise<AttackAnswer> {
    this.#process.tell('progress');
    return await this.#process.answer();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.stop('stop');
  }
}
