import { CmdStreamError } from '../errors/cmd-stream-error.ts';
import type { DispatchRefusal, Group } from '../group/group.ts';
import type { Request } from '../request/request.ts';

/** The requests that wait for a ready client or for room, first come, first served. Its length is bounded by its user. */
export class WaitingLine {
  readonly #group: Group;
  readonly #requests = new Set<Request>();
  readonly #leave = (request: Request) => this.#requests.delete(request);

  constructor(group: Group) {
    this.#group = group;
    group.onRoom(() => this.serve());
  }

  get length(): number {
    return this.#requests.size;
  }

  /** A request that settles while it waits leaves by itself. */
  add(request: Request): void {
    this.#requests.add(request);
    request.whenSettled(this.#leave);
  }

  /** Sends what can be sent, in order. Returns why the first of those that are left could not be. */
  serve(): DispatchRefusal | undefined {
    for (const request of this.#requests) {
      const refusal = dispatch(this.#group, request);
      if (refusal !== undefined) return refusal;
      this.#requests.delete(request);
    }
    return undefined;
  }

  /** Fails all that wait. */
  failAll(refusal: DispatchRefusal): void {
    for (const request of [...this.#requests]) {
      request.failed(this.#group.refusalError(request.command.name, refusal));
    }
  }
}

/** Gives a request to the group; one that cannot be sent at all fails. Returns why it could not be sent just now. */
export function dispatch(group: Group, request: Request): DispatchRefusal | undefined {
  try {
    return group.dispatch(request);
  } catch (error) {
    request.failed(notSent(request.command.name, error));
    return undefined;
  }
}

/** The error of a Command that could not be put on the wire. */
function notSent(name: string, error: unknown): CmdStreamError {
  const reason = CmdStreamError.from(error);
  return new CmdStreamError(reason.code, `${name} was not sent: ${reason.message}`, { cause: error });
}
