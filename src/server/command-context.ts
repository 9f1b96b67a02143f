import type { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import { ReceivedHead } from '../wire/extension/head.ts';
import { type Metadata, NO_METADATA } from '../wire/extension/metadata.ts';
import type { HandlerContext } from './handlers.ts';
import type { Route } from './route.ts';
import type { ResultPort } from './service.ts';

/** What a handler is told of its Command: all of its context but the proxy. */
export abstract class CommandContext {
  readonly seq: number;
  readonly receivedAt: number;
  // Private and handed on by getters: whoever prints or copies a context is shown what stands above alone.
  readonly #port: ResultPort;
  readonly #route: Route;
  /** None where it has no deadline. Not Infinity: a field for fractions takes an object of its own. */
  readonly #leftMs: number | undefined;
  /** Not decoded until it is asked for. */
  #metadata: ReceivedHead | Metadata;
  #madeSignal: AbortSignal | undefined;
  #answered = false;
  #stopped: CmdStreamError | undefined;

  /**
   * @param leftMs - how much of its time is left; Infinity: it has no deadline.
   * @param head - with its metadata, not decoded.
   */
  constructor(
    port: ResultPort,
    route: Route,
    seq: number,
    receivedAt: number,
    leftMs: number = Number.POSITIVE_INFINITY,
    head: ReceivedHead | Metadata = NO_METADATA,
  ) {
    this.#metadata = head;
    this.#leftMs = leftMs === Number.POSITIVE_INFINITY ? undefined : leftMs;
    this.#port = port;
    this.#route = route;
    this.seq = seq;
    this.receivedAt = receivedAt;
  }

  get receiver(): unknown {
    return this.#port.service.receiver;
  }

  get command(): string {
    return this.#route.name;
  }

  get remoteAddress(): string {
    return this.#port.info.remoteAddress;
  }

  get peer(): HandlerContext<unknown>['peer'] {
    return this.#port.info.peer;
  }

  get connection(): HandlerContext<unknown>['connection'] {
    return this.#port.info.connection;
  }

  get metadata(): Metadata {
    if (this.#metadata instanceof ReceivedHead) this.#metadata = this.#metadata.decode();
    return this.#metadata;
  }

  get deadline(): number {
    return this.#leftMs === undefined ? Number.POSITIVE_INFINITY : this.receivedAt + this.#leftMs;
  }

  get signal(): AbortSignal {
    if (this.#stopped !== undefined) this.#madeSignal ??= AbortSignal.abort(this.#stopped);
    // A Command that is answered waits for nothing that could go away.
    this.#madeSignal ??= this.#answered ? new AbortController().signal : this.#port.makeSignal(this);
    return this.#madeSignal;
  }

  // ---- what executing it needs

  protected get port(): ResultPort {
    return this.#port;
  }

  protected get route(): Route {
    return this.#route;
  }

  /** The signal, once anybody has asked for it. */
  protected get madeSignal(): AbortSignal | undefined {
    return this.#madeSignal;
  }

  /** Whether nothing more may be sent: the last Result was, or an error Result. */
  protected get answered(): boolean {
    return this.#answered;
  }

  /** Why nobody waits for its Results any more although the connection is there; its handler may not be through. */
  protected get stopped(): CmdStreamError | undefined {
    return this.#stopped;
  }

  /** Nothing more is sent for it. */
  protected settle(): void {
    this.#answered = true;
  }

  /** Nobody waits for it any more: the signal fires. */
  protected stopFor(reason: CmdStreamError): void {
    this.#stopped = reason;
    if (this.#madeSignal !== undefined) this.#port.fireSignal(this, reason);
  }
}
