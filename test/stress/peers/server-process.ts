import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** How often a server has executed each Command, by name. */
export type ExecutedCounts = Readonly<Record<string, number>>;

/** How a server is started, and what it can tell. */
export interface Peer {
  /** For people. */
  readonly title: string;
  /** Whether it tells the id of each Command that it executes; else it counts them, and tells when it stops in order. */
  readonly tellsIds: boolean;
  /** Whether a handler that fails costs the connection: everything else under way on it fails too. */
  readonly failureClosesConnection: boolean;
  /** The program and its arguments. */
  command(port: number): readonly [program: string, args: readonly string[]];
}

/** How long a server may take to listen. */
const START_TIMEOUT_MS = 30_000;

/** A running server in a process of its own. */
export class ServerProcess {
  /** Resolves when it has ended and all that it has written has been read; never rejects. */
  readonly ended: Promise<void>;
  /** What it said of itself when it stopped in order. */
  executed: ExecutedCounts | undefined;
  readonly #child: ChildProcess;
  #listening: () => void = () => {};

  private constructor(peer: Peer, port: number, onExecuted: (id: number) => void) {
    const [program, args] = peer.command(port);
    this.#child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'inherit', peer.tellsIds ? 'pipe' : 'ignore'],
      // A Ctrl-C at the terminal is for the run, which then stops the server in order.
      detached: true,
    });
    this.ended = new Promise((resolve) => {
      this.#child.once('close', () => resolve());
      // It could not be started: `start` says so.
      this.#child.once('error', () => resolve());
    });
    this.#child.stdin?.on('error', () => {});
    createInterface(this.#child.stdout as Readable).on('line', (line) => this.#read(line));
    const journal = this.#child.stdio[3] as Readable | null | undefined;
    if (journal) createInterface(journal).on('line', (id) => onExecuted(Number(id)));
  }

  /**
   * Starts a server and waits until it listens.
   * @throws Error where it ends, or does not listen in time.
   */
  static async start(peer: Peer, port: number, onExecuted: (id: number) => void): Promise<ServerProcess> {
    const server = new ServerProcess(peer, port, onExecuted);
    const listening = new Promise<boolean>((resolve) => {
      server.#listening = () => resolve(true);
      void server.ended.then(() => resolve(false));
    });
    const timer = setTimeout(() => server.signal('SIGKILL'), START_TIMEOUT_MS);
    const listens = await listening;
    clearTimeout(timer);
    if (!listens) throw new Error(`the ${peer.title} did not come to listen on port ${port}`);
    return server;
  }

  /** Sends a signal; harmless when it has ended. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it by force and waits for the end; harmless when it has ended. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.ended;
  }

  #read(line: string): void {
    if (line.startsWith('listening ')) this.#listening();
    if (!line.startsWith('{')) return;
    const event = JSON.parse(line) as { event?: string; executed?: ExecutedCounts };
    if (event.event === 'stopped') this.executed = event.executed;
  }
}
