import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** What a {@link CuttingProxy} does with the bytes of one direction. */
export type Cut =
  /** Hands them on as they come. */
  | { readonly kind: 'none' }
  /** Hands on `at` bytes, then, a moment later, what follows. */
  | { readonly kind: 'split'; readonly at: number }
  /** Hands them on one by one. */
  | { readonly kind: 'bytes' }
  /** Hands on `at` bytes and ends the connection. */
  | { readonly kind: 'end'; readonly at: number }
  /** Hands on `at` bytes and ends the connection; at the receiver, once they have arrived, by a reset. */
  | { readonly kind: 'reset'; readonly at: number };

export interface Cuts {
  /** From the client to the server. Default: none. */
  readonly toServer?: Cut;
  /** From the server to the client. Default: none. */
  readonly toClient?: Cut;
}

/** Long enough for the other side to read what has come before. */
const PAUSE_MS = 1;

/** A TCP proxy in front of a server that cuts what passes. */
export class CuttingProxy {
  /** How many bytes have been handed on. */
  readonly passed = { toServer: 0, toClient: 0 };
  readonly #listener: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(target: string, cutsOf: (connection: number) => Cuts) {
    const [host, port] = target.split(':');
    let connection = 0;
    this.#listener = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
      const { toServer = NONE, toClient = NONE } = cutsOf(connection++);
      const server = connect({ host: host as string, port: Number(port), allowHalfOpen: true, noDelay: true });
      for (const socket of [client, server]) {
        this.#sockets.add(socket);
        // What becomes of a connection shows at its two ends.
        socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket));
      }
      void this.#relay('toServer', client, server, toServer);
      void this.#relay('toClient', server, client, toClient);
    });
  }

  /**
   * Starts one in front of `target`, at a port of its own.
   * @param cuts - how each connection is cut, or how the first (0), the second (1) and so on are.
   */
  static async start(target: string, cuts: Cuts | ((connection: number) => Cuts) = {}): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(target, typeof cuts === 'function' ? cuts : () => cuts);
    proxy.#listener.listen(0, '127.0.0.1');
    await once(proxy.#listener, 'listening');
    return proxy;
  }

  /** Where it listens: `127.0.0.1:9000`. */
  get address(): string {
    return `127.0.0.1:${(this.#listener.address() as AddressInfo).port}`;
  }

  /** Ends the connections that there are. */
  drop(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.drop();
    this.#listener.close();
    await once(this.#listener, 'close');
  }

  async #relay(way: 'toServer' | 'toClient', from: Socket, to: Socket, cut: Cut): Promise<void> {
    let at = 0;
    try {
      if (to.connecting) await once(to, 'connect');
      for await (const chunk of from as AsyncIterable<Buffer>) {
        for (const piece of piecesOf(chunk, at, cut)) {
          if (at > 0) await wait(PAUSE_MS);
          to.write(piece);
          at += piece.length;
          this.passed[way] += piece.length;
        }
        if (cut.kind === 'end' && at >= cut.at) break;
        if (cut.kind === 'reset' && at >= cut.at) {
          from.destroy();
          await wait(PAUSE_MS);
          to.resetAndDestroy();
          break;
        }
      }
    } catch {
      // A reset; the other side hears of an end.
    }
    to.end();
  }
}

const NONE: Cut = { kind: 'none' };

/** What is handed on of a chunk, in front of which `before` bytes have been handed on already. */
function piecesOf(chunk: Buffer, before: number, cut: Cut): Buffer[] {
  if (cut.kind === 'none') return [chunk];
  if (cut.kind === 'bytes') return Array.from(chunk, (byte) => Buffer.of(byte));
  const at = cut.at - before;
  if (at < 0 || at > chunk.length) return [chunk];
  const pieces = cut.kind !== 'split' ? [chunk.subarray(0, at)] : [chunk.subarray(0, at), chunk.subarray(at)];
  return pieces.filter(({ length }) => length > 0);
}
