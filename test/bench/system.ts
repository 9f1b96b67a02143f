import type { Message } from './message.ts';

/**
 * One row of the bench: a way to have messages echoed. Its server and its client run in a process of their own each, so
 * that no row disturbs the optimisations or the heap of another.
 */
export interface BenchSystem {
  /** Starts the echo server, on a free port of 127.0.0.1. */
  startServer(): Promise<BenchServer>;
  /** Connects to it. */
  startClient(port: number): Promise<BenchClient>;
}

/** A running echo server. */
export interface BenchServer {
  readonly port: number;
  close(): Promise<void>;
}

/** A connected client. */
export interface BenchClient {
  /** Sends a message and resolves with what comes back. */
  echo(message: Message): Promise<Message>;
  close(): Promise<void>;
}
