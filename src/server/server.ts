import { type Actor, toPromise } from 'xstate';
import type { ServerEvent, ServerLink, ServerListener, serverMachine } from '../../machines/server.ts';
import type { Clock } from '../base/clock.ts';
import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import { named } from '../base/options/check.ts';
import { type DrainOptions, resolveDrainOptions } from '../base/options/drain-options.ts';
import type { ProcessHold } from '../base/process-hold.ts';
import { paced, RefusalPace } from '../base/refusal-pace.ts';
import { whenSocketsAreClosed } from '../wire/transport/open-sockets.ts';
import type { ServerTlsOptions } from '../wire/transport/tls-options.ts';
import type { ResolvedServerOptions } from './options.ts';

/** A server that listens; made by `serve`. */
export class Server {
  /** The name of the server, as its option says; `undefined` where it has none. */
  readonly name: string | undefined;
  /** Where it listens: `127.0.0.1:9000`. */
  readonly address: string;
  /** The port that it listens on, also where 0 was asked for. */
  readonly port: number;
  /** Resolves once the server is closed and nothing of it is left; never rejects. */
  readonly done: Promise<void>;

  readonly #actor: Actor<typeof serverMachine>;
  readonly #connections: ServerLink;
  readonly #listener: ServerListener;
  readonly #shutdownTimeoutMs: number;
  readonly #clock: Clock;
  readonly #hold: ProcessHold;

  /** @internal For `serve` only. */
  constructor(
    actor: Actor<typeof serverMachine>,
    connections: ServerLink,
    listener: ServerListener,
    { name, shutdownTimeoutMs, clock }: Pick<ResolvedServerOptions, 'name' | 'shutdownTimeoutMs' | 'clock'>,
    hold: ProcessHold,
    cleanUp: () => void,
  ) {
    this.#actor = actor;
    this.#connections = connections;
    this.#listener = listener;
    this.#shutdownTimeoutMs = shutdownTimeoutMs;
    this.#clock = clock;
    this.#hold = hold;
    this.name = name;
    this.address = listener.address;
    this.port = Number(listener.address.slice(listener.address.lastIndexOf(':') + 1));
    this.done = toPromise(actor).then(cleanUp, cleanUp).then(whenSocketsAreClosed);
  }

  /**
   * Takes other certificates, for connections that come from now on: those that are there live on. What is left out of `tls` is
   * as if it had been left out of `serve`, but for `requestCert`, which stays as it is.
   *
   * @throws CmdStreamError `invalid-argument` where certificate and key are unsound or do not fit together, or where the server
   * speaks no TLS; `closed` where it is closed or closing. The old certificates stay then.
   *
   * @example
   * ```ts
   * watchFile('server.pem', async () => server.setTls({ cert: await readFile('server.pem'), key: await readFile('server.key') }));
   * ```
   */
  setTls(tls: ServerTlsOptions): void {
    const server = `${named('the server', this.name)} at ${this.address}`;
    if (!this.#actor.getSnapshot().matches('listening')) {
      throw new CmdStreamError('closed', `${server} is closed: it takes no other certificates`);
    }
    if (this.#listener.setTls === undefined) {
      const message = `${server} speaks no TLS: setTls() renews what the option 'tls' of serve() has given`;
      throw new CmdStreamError('invalid-argument', message);
    }
    this.#listener.setTls(tls);
  }

  /** How many connections there are. */
  get connections(): number {
    return this.#connections.size;
  }

  /**
   * Stops accepting, closes connections that have nothing in flight at once, lets Commands in flight finish and their
   * Results be written, and closes the rest at the latest after the timeout. Commands that arrive meanwhile are not
   * executed. Further calls wait for the same end and change nothing; `close()` ends it at once. Not to be awaited in a
   * handler: it waits for that one as well, until its timeout.
   *
   * Its time is `timeoutMs`, by default the server's `shutdownTimeoutMs`; with 0 it has none.
   *
   * @throws CmdStreamError `invalid-argument` for a timeout that is none.
   */
  drain(options?: DrainOptions): Promise<void> {
    return paced(this.#clock, this.#drain('drain', options));
  }

  /** The name that cmd-stream-go has for {@link Server.drain}. */
  shutdown(options?: DrainOptions): Promise<void> {
    return paced(this.#clock, this.#drain('shutdown', options));
  }

  async #drain(method: string, options: DrainOptions | undefined): Promise<void> {
    const timeoutMs = resolveDrainOptions(method, options, this.#shutdownTimeoutMs);
    await this.#end({ type: 'server.shutDown', timeoutMs });
  }

  /** Closes everything now: the signals of running handlers fire, and what was not written is lost. */
  close(): Promise<void> {
    return this.#end({ type: 'server.close' });
  }

  /**
   * Lets the process end although the server listens: neither that nor its connections and timers keep it, those that come
   * later included, as with `unref()` of Node's. Commands that are under way do not either, but for what their handlers
   * wait for. Returns the server.
   */
  unref(): this {
    this.#hold.unref();
    return this;
  }

  /** Takes {@link Server.unref} back: the process goes on until the server is closed, as at first. Returns the server. */
  ref(): this {
    this.#hold.ref();
    return this;
  }

  /** `await using server = ...`: {@link Server.drain} with the server's timeout, which closes what is left then. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain();
  }

  /** An event for a server that is closed already is none. */
  async #end(event: ServerEvent): Promise<void> {
    if (this.#actor.getSnapshot().status === 'active') this.#actor.send(event);
    else await RefusalPace.of(this.#clock).next();
    await this.done;
  }
}
