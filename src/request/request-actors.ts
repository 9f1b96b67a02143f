import { type AnyActorRef, createActor } from 'xstate';
import { type RequestWork, requestMachine } from '../../machines/request.ts';

/**
 * With an inspector attached, requests run as actors of XState's own, which it sees. Each has a name that tells it from
 * the others, such as `request 1041 Add`, and is gone when it has come to its end.
 */
export class RequestActors {
  readonly #parent: AnyActorRef;
  #started = 0;

  /** @param parent - whose children they are: no machine, since that would remember every one of them. */
  constructor(parent: AnyActorRef) {
    this.#parent = parent;
  }

  /** Starts the actor of a request; none once the parent is stopped: what is left then fails at once, uninspected. */
  start(work: RequestWork, commandName: string): AnyActorRef | undefined {
    if (this.#parent.getSnapshot().status !== 'active') return undefined;
    this.#started++;
    const id = `request ${this.#started} ${commandName}`;
    return createActor(requestMachine, { parent: this.#parent, id, input: { work } }).start();
  }
}
