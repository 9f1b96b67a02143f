import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe } from 'vitest';

/** The Go module of the peers. */
export const GO_MODULE = join(import.meta.dirname, '../go');

/** The codecs that both sides have. */
export const CODECS = ['json', 'msgpack', 'protobuf', 'mus'] as const;
/** One of {@link CODECS}. */
export type CodecName = (typeof CODECS)[number];

/** Whether Go can be run. In CI it must be: there it is an error if it cannot. */
export function goIsHere(): boolean {
  const here = spawnSync('go', ['version']).status === 0;
  if (!here && process.env.CI === 'true') throw new Error('no Go toolchain: in CI the tests with Go must run');
  return here;
}

/** A `describe` of tests that need Go peers; says `skipped: no Go toolchain` where there is none. */
export function describeWithGo(name: string, tests: () => void): void {
  if (goIsHere()) describe(name, tests);
  else describe.skip(`${name} (skipped: no Go toolchain)`, tests);
}

/** A line that a Go peer has printed as JSON. */
export type PeerLine = Readonly<Record<string, unknown>>;

/** A running Go program: what it prints, and its end. */
class GoPeer {
  readonly lines: string[] = [];
  readonly #process: ChildProcess;
  readonly #ended: Promise<number | null>;
  readonly #watchers = new Set<() => void>();
  #stderr = '';

  constructor(program: 'server' | 'client' | 'traced', flags: readonly string[]) {
    this.#process = spawn(join(GO_MODULE, 'bin', program), flags, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process.stderr?.on('data', (chunk) => {
      this.#stderr += chunk;
    });
    createInterface(this.#process.stdout!).on('line', (line) => {
      this.lines.push(line);
      for (const watcher of this.#watchers) watcher();
    });
    this.#ended = once(this.#process, 'close').then(([code]) => code);
    void this.#ended.then(() => {
      for (const watcher of this.#watchers) watcher();
    });
  }

  /** What it has printed as JSON, so far. */
  get events(): PeerLine[] {
    return this.lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** Its exit code; `null` where a signal has ended it. */
  get ended(): Promise<number | null> {
    return this.#ended;
  }

  /** Resolves with the first printed line of which `wanted` says so; rejects when the program ends without it. */
  line(wanted: (line: string) => boolean): Promise<string> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const line = this.lines.find(wanted);
        if (line === undefined && this.#process.exitCode === null && this.#process.signalCode === null) return;
        this.#watchers.delete(look);
        if (line !== undefined) resolve(line);
        else
          reject(
            new Error(
              `the Go peer ended without the awaited line; it printed:\n${this.lines.join('\n')}\n${this.#stderr}`,
            ),
          );
      };
      this.#watchers.add(look);
      look();
    });
  }

  /** Stops it as a process that hangs: connections stay, nothing is read or answered, until {@link resume}. */
  pause(): void {
    this.#process.kill('SIGSTOP');
  }

  resume(): void {
    this.#process.kill('SIGCONT');
  }

  /** Sends a signal and waits for the end. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    this.#process.kill(signal);
    return this.#ended;
  }
}

/** A Go server of the interop protocol (../go/README.md, "The server"). */
export class GoServer extends GoPeer {
  /** Where it listens: `127.0.0.1:9000`. */
  address = '';

  /** Starts one and waits until it listens. `port` 0: any free one. */
  static async start(codec: CodecName, flags: readonly string[] = [], port = 0): Promise<GoServer> {
    const server = new GoServer('server', ['--addr', `127.0.0.1:${port}`, '--codec', codec, ...flags]);
    server.address = (await server.line((line) => line.startsWith('listening '))).slice('listening '.length);
    return server;
  }

  get port(): number {
    return Number(this.address.slice(this.address.lastIndexOf(':') + 1));
  }

  /** Ends it in order; resolves with how often it has executed each Command. */
  async stop(): Promise<Readonly<Record<string, number>>> {
    const code = await this.end('SIGTERM');
    const stopped = this.events.find(({ event }) => event === 'stopped');
    if (stopped === undefined)
      throw new Error(`the Go server did not end in order (${code ?? 'by the signal'}): ${this.stderr}`);
    return stopped.executed as Readonly<Record<string, number>>;
  }

  /** Ends it as a crash does. Harmless when it has ended. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

/** A Go client of the interop protocol that goes through scenarios (../go/README.md, "The client"). */
export class GoClient extends GoPeer {
  static start(address: string, codec: CodecName, scenario: string, flags: readonly string[] = []): GoClient {
    return new GoClient('client', ['--addr', address, '--codec', codec, '--scenario', scenario, ...flags]);
  }

  /** The checks that it made and that were not as they should be. */
  get failed(): PeerLine[] {
    return this.events.filter(({ step, ok }) => step !== undefined && ok === false);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGKILL');
  }
}

/** A Go server or client whose Commands carry their trace (../go/cmd/traced); its spans are among its events. */
export class GoTraced extends GoPeer {
  /** Where it listens, if it does. */
  address = '';

  static async serve(codec: CodecName): Promise<GoTraced> {
    const server = new GoTraced('traced', ['serve', '--codec', codec]);
    server.address = (await server.line((line) => line.startsWith('listening '))).slice('listening '.length);
    return server;
  }

  /** Greets `name`, and ends. */
  static send(address: string, codec: CodecName, name: string): GoTraced {
    return new GoTraced('traced', ['send', '--codec', codec, '--addr', address, name]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGKILL');
  }
}
