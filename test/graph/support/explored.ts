import type { Model, ModelState, Scenario, Stimulus } from './model.ts';

/**
 * A model that takes every step once: whoever goes the same way again, a step at a time from the start, gets what was
 * found then. The walks of a graph go the same ways many times.
 */
export class Explored<World> {
  readonly model: Model<World>;
  readonly #start: ModelState<World>;
  readonly #places = new WeakMap<ModelState<World>, Place<World>>();

  constructor(model: Model<World>) {
    this.model = model;
    this.#start = model.initial();
  }

  get scenario(): Scenario<World> {
    return this.model.scenario;
  }

  initial(): ModelState<World> {
    return this.#start;
  }

  stimuli(state: ModelState<World>): readonly Stimulus[] {
    const place = this.#at(state);
    place.stimuli ??= this.model.stimuli(state);
    return place.stimuli;
  }

  /** @param stimulus - one of those that {@link stimuli} gives. */
  after(state: ModelState<World>, stimulus: Stimulus): ModelState<World> {
    const { next } = this.#at(state);
    const known = next.get(stimulus);
    if (known !== undefined) return known;
    const after = this.model.after(state, stimulus);
    next.set(stimulus, after);
    return after;
  }

  key(state: ModelState<World>): string {
    const place = this.#at(state);
    place.key ??= this.model.key(state);
    return place.key;
  }

  #at(state: ModelState<World>): Place<World> {
    const known = this.#places.get(state);
    if (known !== undefined) return known;
    const place: Place<World> = { stimuli: undefined, next: new Map(), key: undefined };
    this.#places.set(state, place);
    return place;
  }
}

/** What is known of one state. */
interface Place<World> {
  stimuli: readonly Stimulus[] | undefined;
  readonly next: Map<Stimulus, ModelState<World>>;
  key: string | undefined;
}
