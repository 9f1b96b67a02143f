import type { Message } from './message.ts';

/** Where a server is, and what else a client must know of it (a certificate, say). */
export interface ServerAddress {
  readonly port: number;
  readonly note?: string;
}

/**
 * One row of the bench: a way to have messages echoed. Its server and its client run in a process of their own each, so
 * that no row disturbs the optimisations or the heap of another.
 */
export interface BenchSystem {
  /**
   * Starts the echo server, on a free port of 127.0.0.1.
   * @param delayMs - how long it waits before each answer; 0 wherever the row does not say that it can wait.
   */
  startServer(delayMs: number): Promise<BenchServer>;
  /** Connects to it, by so many connections. */
  startClient(address: ServerAddress, connections: number): Promise<BenchClient>;
}

/** A running echo server. */
export interface BenchServer {
  readonly address: ServerAddress;
  /** Further processes whose CPU time and memory are the server's: a broker. */
  readonly pids?: readonly number[];
  close(): Promise<void>;
}

/** A connected client. */
export interface BenchClient {
  /** Sends a message and resolves with what comes back. */
  echo(message: Message): Promise<Message>;
  close(): Promise<void>;
}

/** Makes a client of several connections, used in turn, out of what makes one. */
export function pooled(connect: (address: ServerAddress) => Promise<BenchClient>): BenchSystem['startClient'] {
  return async (address, connections) => {
    const clients = await Promise.all(Array.from({ length: connections }, () => connect(address)));
    const [only] = clients;
    if (clients.length === 1 && only !== undefined) return only;
    let turn = 0;
    return {
      echo(message) {
        turn = (turn + 1) % clients.length;
        return (clients[turn] as BenchClient).echo(message);
      },
      close: async () => {
        await Promise.all(clients.map((client) => client.close()));
      },
    };
  };
}
