import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { WorkerStatus, WorkersOptions } from 'cmd-stream/workers';
import { program } from '../../support/program.ts';

/** What the program of the fixtures says. */
interface Said {
  readonly address?: string;
  /** Where its inspector is. */
  readonly url?: string;
  readonly failed?: string;
  readonly done?: string;
  readonly answer?: string;
  readonly value?: unknown;
  readonly error?: string;
}

/** A process that runs workers. `await using` ends it; its workers end with it. */
export class Primary {
  readonly #said: Said[] = [];
  readonly #child: ChildProcess;
  stderr = '';

  constructor(options: WorkersOptions, env: Readonly<Record<string, string>>) {
    const path = program(new URL('fixtures/primary.ts', import.meta.url));
    this.#child = fork(path, [JSON.stringify(options)], {
      env: { ...process.env, ...env },
      execArgv: [],
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.#child.setMaxListeners(0);
    this.#child.on('message', (said: Said) => void this.#said.push(said));
  }

  get address(): string {
    return this.#said.find(({ address }) => address !== undefined)?.address ?? '';
  }

  /** What it has said and the test wants to know. */
  async says<Name extends keyof Said>(name: Name): Promise<NonNullable<Said[Name]>> {
    for (;;) {
      const said = this.#said.find((each) => each[name] !== undefined)?.[name];
      if (said !== undefined) return said as NonNullable<Said[Name]>;
      if (this.#child.exitCode !== null)
        throw new Error(`it said no ${name}: ${JSON.stringify(this.#said)} ${this.stderr}`);
      await Promise.race([once(this.#child, 'message'), once(this.#child, 'exit')]);
    }
  }

  async act(act: string): Promise<unknown> {
    const from = this.#said.length;
    this.#child.send({ act });
    for (;;) {
      const said = this.#said.slice(from).find(({ answer }) => answer === act);
      if (said?.error !== undefined) throw new Error(said.error);
      if (said !== undefined) return said.value;
      if (this.#child.exitCode !== null) throw new Error(`it ended at ${act}: ${this.stderr}`);
      await Promise.race([once(this.#child, 'message'), once(this.#child, 'exit')]);
    }
  }

  async pids(): Promise<number[]> {
    const workers = (await this.act('status')) as WorkerStatus[];
    return workers.filter(({ state }) => state === 'serving').map(({ pid }) => pid as number);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }
}

/** Starts workers, and waits until they serve. */
export async function startPrimary(options: WorkersOptions, env: Readonly<Record<string, string>> = {}) {
  const primary = new Primary(options, env);
  await primary.says('address');
  return primary;
}
