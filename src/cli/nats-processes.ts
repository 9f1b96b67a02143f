import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { describeError } from '../base/errors/cmd-stream-error.ts';

/** How long a process has to say that it is there. */
const READY_MS = 20_000;

/** A broker, or a server at it, as a process of its own. `await using` kills it. */
export class OwnProcess {
  readonly #child: ChildProcess;
  readonly #what: string;
  readonly #closed: Promise<unknown>;
  #said = '';
  #failure: unknown;

  constructor(what: string, command: string, args: readonly string[]) {
    this.#what = what;
    this.#child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#said += text;
      });
    }
    this.#closed = new Promise((resolve) => this.#child.once('close', resolve).once('error', resolve));
    this.#child.once('error', (error) => {
      this.#failure = error;
    });
  }

  /** Resolves with what `pattern` finds in what it says. Rejects where it ends before, or takes too long. */
  async says(pattern: RegExp): Promise<string> {
    const stop = new AbortController();
    const { signal } = stop;
    const timer = setTimeout(() => stop.abort(), READY_MS);
    try {
      while (!signal.aborted && this.#failure === undefined) {
        const found = pattern.exec(this.#said);
        if (found !== null) return found[1] ?? found[0];
        const { stdout, stderr, exitCode, signalCode } = this.#child;
        if (exitCode !== null || signalCode !== null || stdout === null || stderr === null) break;
        const ends = [this.#closed, once(stdout, 'data', { signal }), once(stderr, 'data', { signal })];
        await Promise.race(ends).catch(() => {});
      }
    } finally {
      clearTimeout(timer);
      stop.abort();
    }
    if (this.#failure !== undefined) throw this.#failure;
    throw new Error(`${this.#what} did not start: ${this.#said.trim().split('\n').at(-1) ?? ''}`);
  }

  /** Ends it by a signal, and resolves with its exit code; `null` where the signal ended it. */
  async stop(signal: NodeJS.Signals): Promise<number | null> {
    if (this.#child.exitCode === null) this.#child.kill(signal);
    await this.#closed;
    return this.#child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('SIGKILL');
  }
}

/** Starts a broker on a free port. Rejects, and says what is missing, where none is installed. */
export async function startBroker(): Promise<{ readonly broker: OwnProcess; readonly url: string }> {
  const program = process.env.NATS_SERVER ?? 'nats-server';
  const broker = new OwnProcess('the broker', program, ['-a', '127.0.0.1', '-p', '-1']);
  try {
    const address = await broker.says(/Listening for client connections on (\S+)/);
    await broker.says(/Server is ready/);
    return { broker, url: `nats://${address}` };
  } catch (error) {
    await broker.stop('SIGKILL');
    const how = `install nats-server (2.9 or later, https://nats.io), or name it by NATS_SERVER`;
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new Error(`there is no broker '${program}': ${describeError(error)}; ${how}`);
  }
}

/** Starts `cmd-stream serve --nats`, and resolves once Commands come to it. */
export async function startWorker(url: string): Promise<OwnProcess> {
  const args = [...process.execArgv, process.argv[1] as string, 'serve', '--nats', url, '--service', 'calc'];
  const worker = new OwnProcess('a worker', process.execPath, args);
  try {
    await worker.says(/^serving .*\n/m);
    return worker;
  } catch (error) {
    await worker.stop('SIGKILL');
    throw error;
  }
}
