import type { AnyActorRef, InspectionEvent } from 'xstate';
import { type ChartTransition, labelsOf } from './chart.ts';

/** An inspector that finds actors by their name, and writes down the transitions that they take. */
export class Inspector {
  readonly #actors = new Map<string, AnyActorRef>();
  readonly #taken = new Map<unknown, string[]>();

  readonly inspect = (event: InspectionEvent): void => {
    const actor = event.actorRef as AnyActorRef;
    if (event.type === '@xstate.actor') this.#actors.set(actor.id, actor);
    if (event.type === '@xstate.microstep') {
      const labels = labelsOf(event._transitions as unknown as ChartTransition[]);
      const taken = this.#taken.get(actor);
      if (taken === undefined) this.#taken.set(actor, labels);
      else taken.push(...labels);
    }
  };

  /** The newest actor of that name. */
  actor(id: string): AnyActorRef | undefined {
    return this.#actors.get(id);
  }

  /** The newest actor whose name fits. */
  find(fits: (id: string) => boolean): AnyActorRef | undefined {
    return [...this.#actors].findLast(([id]) => fits(id))?.[1];
  }

  /** What an actor took since the last call. */
  take(actor: AnyActorRef | undefined): string[] {
    const taken = this.#taken.get(actor) ?? [];
    this.#taken.delete(actor);
    return taken;
  }
}
