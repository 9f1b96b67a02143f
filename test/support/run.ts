import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** How a process is run. */
export interface RunOptions {
  /** Its working folder. Default: this process's. */
  readonly cwd?: string;
  /** Environment variables beside this process's; `undefined` takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What it reads from its standard input. Default: nothing is there to be read. */
  readonly input?: string;
  /** When it is killed. Default 100 000. */
  readonly timeoutMs?: number;
}

/** How a process ended. */
export interface Ended {
  /** Its exit code; `null` where a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process and what it has written so far. `await using` kills it. */
export class Running {
  readonly ended: Promise<Ended>;
  stdout = '';
  stderr = '';
  readonly #child: ChildProcess;

  constructor(command: string, args: readonly string[], { cwd, env, input, timeoutMs = 100_000 }: RunOptions) {
    // Colours are the business of the tests that ask for them.
    const inherited = { ...process.env, NO_COLOR: undefined, FORCE_COLOR: undefined, CI: undefined };
    this.#child = spawn(command, args, {
      cwd,
      env: { ...inherited, ...env },
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      // npm and npx are scripts there, which only a shell starts.
      shell: process.platform === 'win32' && /^np[mx]$/.test(command),
    });
    this.#child.stdin?.end(input);
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.ended = once(this.#child, 'close').then(([code]) => ({ code, stdout: this.stdout, stderr: this.stderr }));
  }

  /** Resolves with what `pattern` finds in the output, as soon as it is there. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    let hasEnded = false;
    void this.ended.then(() => {
      hasEnded = true;
    });
    for (;;) {
      const found = pattern.exec(this.stdout);
      if (found !== null) return found;
      if (hasEnded) throw new Error(`it ended without saying ${pattern}; it said:\n${this.stdout}${this.stderr}`);
      await Promise.race([once(this.#child.stdout as NodeJS.ReadableStream, 'data'), this.ended]);
    }
  }

  /** Sends a signal that it is to survive. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Sends a signal, and waits for the end. */
  async stop(signal: NodeJS.Signals): Promise<Ended> {
    this.#child.kill(signal);
    return await this.ended;
  }

  /** Leaves what it writes where it is, until it is read again. */
  pauseOutput(): void {
    this.#child.stdout?.pause();
  }

  /** Reads what it writes again. */
  resumeOutput(): void {
    this.#child.stdout?.resume();
  }

  /** Reads no more of what it writes, as `head` does, and waits for the end. */
  async closeOutput(): Promise<Ended> {
    this.#child.stdout?.destroy();
    return await this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('SIGKILL');
  }
}

/** Starts a process. */
export function start(command: string, args: readonly string[], options: RunOptions = {}): Running {
  return new Running(command, args, options);
}

/** Runs a process to its end. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return await start(command, args, options).ended;
}

/** Resolves once somebody listens on a port of 127.0.0.1; throws after 20 s. */
export async function listening(port: number): Promise<void> {
  const untilMs = performance.now() + 20_000;
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return;
    } catch (error) {
      if (performance.now() > untilMs) throw error;
      await delay(50);
    } finally {
      socket.destroy();
    }
  }
}
