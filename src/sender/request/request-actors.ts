import { type AnyActorRef, createActor } from 'xstate';
import { type RequestLink, requestMachine } from '../../../machines/request.ts';

/**
 * With an inspector attached, requests run as actors of XState's own, which it sees. Each has a name that tells it from
 * the others, such as `request 1041 Add`, and is gone when it has come to its end.
 */
export class RequestActors {
  /** Parent of the actors; undefined once it is stopped. */
  #parent: AnyActorRef | undefined;
  readonly #everyNth: number;
  #requests = 0;

  /**
   * @param parent - no machine, since that would remember every one of its children.
   * @param everyNth - of how many requests one has an actor; the others run compiled.
   */
  constructor(parent: AnyActorRef, everyNth = 1) {
    this.#parent = parent;
    this.#everyNth = everyNth;
  }

  /** Starts the actor of a request, where it is one of those that are shown; none after `stop`. */
  start(link: RequestLink, commandName: string): AnyActorRef | undefined {
    if (this.#parent === undefined) return undefined;
    if (this.#requests++ % this.#everyNth !== 0) return undefined;
    const id = `request ${this.#requests} ${commandName}`;
    return createActor(requestMachine, { parent: this.#parent, id, input: { link } }).start();
  }

  /** The parent is about to stop: requests that still come fail at once, and nobody sees it. */
  stop(): void {
    this.#parent = undefined;
  }
}
