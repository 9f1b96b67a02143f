import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { extname, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Answer, AnswerValues, Question } from './dialogue.ts';
import type { Row } from './systems/row.ts';

/** Which of the two processes of a row. */
export type Role = 'server' | 'client';

/** How long a process may take to stop by itself. */
const STOP_TIMEOUT_MS = 3_000;

/** A process of a row, as the bench sees it. */
export class Forked {
  readonly #name: string;
  readonly #child: ChildProcess;

  /** @param profileDirectory - where it leaves a CPU profile. */
  constructor(row: Row, role: Role, profileDirectory: string | undefined) {
    this.#name = `the ${role} of ${row.id}`;
    // Standard output belongs to the results.
    const stdio = ['ignore', 2, 2, 'ipc'] as const;
    if ('program' in row.runs) {
      this.#child = spawn(row.runs.program, [role], { stdio: [...stdio], env: { ...process.env, GOMAXPROCS: '2' } });
    } else {
      // The same extension as this file: `.js` once compiled, `.ts` where a test runs the sources.
      const file = fileURLToPath(new URL(`./participant${extname(import.meta.url)}`, import.meta.url));
      const profile = profileDirectory === undefined ? [] : profileOptions(profileDirectory, `${row.id}.${role}`);
      this.#child = fork(file, [row.id], { execArgv: [...process.execArgv, ...profile], stdio: [...stdio] });
    }
    // Told to whoever asks next.
    this.#child.on('error', () => {});
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /**
   * Asks and waits for the answer; one question at a time.
   * @throws Error where the process fails, ends, or does not answer within `timeoutMs`.
   */
  async ask<T extends Question['type']>(
    question: Extract<Question, { type: T }>,
    timeoutMs = 20_000,
  ): Promise<AnswerValues[T]> {
    const child = this.#child;
    const giveUp = new AbortController();
    const { signal } = giveUp;
    try {
      child.send(question);
      const answer = await Promise.race([
        once(child, 'message', { signal }).then(([message]) => message as Answer),
        once(child, 'exit', { signal }).then(([code]) => this.#problem(`ended (${code})`)),
        delay(timeoutMs, undefined, { signal }).then(() => this.#problem(`gave no answer in ${timeoutMs} ms`)),
      ]);
      if ('error' in answer) throw new Error(answer.error);
      return answer.value as AnswerValues[T];
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`${this.#name}, '${question.type}': ${why}`, { cause: error });
    } finally {
      giveUp.abort();
    }
  }

  /** Ends the process: in order where it can, else by force. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    // Not `once` of node:events, which would fail where the question does not arrive: it ends all the same.
    const ended = new Promise((resolve) => child.once('exit', resolve));
    if (child.connected) child.send({ type: 'stop' } satisfies Question, () => {});
    else child.kill('SIGKILL');
    await ended;
    clearTimeout(timer);
  }

  #problem(what: string): Answer {
    return { error: `it ${what}` };
  }
}

function profileOptions(directory: string, name: string): string[] {
  return ['--cpu-prof', `--cpu-prof-dir=${resolve(directory)}`, `--cpu-prof-name=${name}.cpuprofile`];
}
