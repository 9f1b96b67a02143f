import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import type { Group } from './group/group.ts';
import type { DispatchRefusal } from './group/refusal.ts';
import type { Request } from './request/request.ts';
import { WaitingRequests } from './waiting-requests.ts';

/**
 * The requests that wait for a ready client or for room, first come, first served. Its length is bounded by its user.
 *
 * What stands in it is encoded already: to serve it calls no getter of a payload. A strategy and an observer are called
 * even so; they may send, cancel or close. Therefore a request is out of the line while it is being dispatched, and the
 * line is served by one at a time.
 */
export class WaitingLine {
  readonly #group: Group;
  readonly #requests = new WaitingRequests();
  /** The one that was refused last, which is the next. */
  readonly #refused = new WaitingRequests();
  #serving = false;
  /** The bytes of the one that is being dispatched: it may come back. */
  #dispatching: Uint8Array | undefined;

  constructor(group: Group) {
    this.#group = group;
  }

  get length(): number {
    return this.#requests.length + this.#refused.length + (this.#dispatching === undefined ? 0 : 1);
  }

  /** How many bytes its requests have been encoded into. */
  get bytes(): number {
    return this.#requests.bytes + this.#refused.bytes + (this.#dispatching?.length ?? 0);
  }

  /** Whether it is being served at this moment: what asks is code of the user's. */
  get isServing(): boolean {
    return this.#serving;
  }

  /** A request that settles while it waits leaves by itself. */
  add(request: Request, encoded: Uint8Array): void {
    request.waitsBecause(() => this.#group.whyWaiting());
    this.#requests.add(request, encoded);
  }

  /**
   * Sends what can be sent, in order. Returns why the first of those that are left could not be. Not to be called while it
   * is being served.
   */
  serve(): DispatchRefusal | undefined {
    this.#serving = true;
    try {
      return this.#serve(this.#refused) ?? this.#serve(this.#requests);
    } finally {
      this.#serving = false;
      this.#dispatching = undefined;
    }
  }

  /** Fails those that waited for a client that is not to be ready after all. */
  failImpatient(toError: (request: Request) => CmdStreamError): void {
    for (const requests of [this.#refused, this.#requests]) {
      for (const [request] of [...requests]) if (!request.patient) request.failed(toError(request));
    }
  }

  /** Fails all that wait. */
  failAll(refusal: DispatchRefusal): void {
    const toError = (name: string) => this.#group.refusalError(name, refusal);
    this.#refused.failAll(toError);
    this.#requests.failAll(toError);
  }

  #serve(requests: WaitingRequests): DispatchRefusal | undefined {
    for (const [request, encoded] of requests) {
      requests.take(request);
      this.#dispatching = encoded;
      const refusal = dispatch(this.#group, request, encoded);
      this.#dispatching = undefined;
      if (refusal === undefined || request.settled) continue;
      if (!this.#group.isClosing) {
        this.#refused.add(request, encoded);
        return refusal;
      }
      // It was out of the line when those that waited were failed.
      request.failed(this.#group.refusalError(request.command.name, refusal));
    }
    return undefined;
  }
}

/**
 * Gives a request to the group; one that cannot be sent at all fails. Returns why it could not be sent just now.
 * @param encoded - the bytes that it has been encoded into, where it has.
 */
export function dispatch(group: Group, request: Request, encoded?: Uint8Array): DispatchRefusal | undefined {
  try {
    return group.dispatch(request, encoded);
  } catch (error) {
    request.failed(notSent(request.command.name, error));
    return undefined;
  }
}

/** The error of a Command that could not be put on the wire. */
export function notSent(name: string, error: unknown): CmdStreamError {
  const reason = CmdStreamError.from(error);
  return new CmdStreamError(reason.code, `${name} was not sent: ${reason.message}`, { cause: error });
}
