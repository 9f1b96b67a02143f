import type { CompiledMachine, Scope } from './compile.ts';

/** One for all actors: guards and actions take what they need from it before anything else can happen. */
const scope: Scope<unknown, unknown> = { context: undefined, event: undefined };

/** An event that came while the actor was taking a transition. */
interface Mail<Event> {
  readonly number: number;
  readonly event: Event;
}

/**
 * An actor that walks the table of a compiled machine, as XState would run the machine itself: one event after the
 * other, in the order in which they came; what an action sends to its own actor waits for the end of the transition.
 */
export abstract class CompiledActor<Context, Event extends { readonly type: string }> {
  readonly #machine: CompiledMachine<Context, Event>;
  #state: number;
  #walking = false;
  #mail: Mail<Event>[] | undefined = undefined;

  constructor(machine: CompiledMachine<Context, Event>) {
    this.#machine = machine;
    this.#state = machine.initial;
  }

  /** Context that the machine's guards and actions get. */
  protected abstract get machineContext(): Context;

  /** The name of the state that it is in. */
  protected get compiledState(): string {
    return this.#machine.states[this.#state] as string;
  }

  /** The number of the state that it is in. */
  protected get stateNumber(): number {
    return this.#state;
  }

  /** Whether it is in a final state: no event means anything any more. */
  protected get isFinal(): boolean {
    return this.#machine.isFinal[this.#state] as boolean;
  }

  /** Takes an event; `number` is the number of its name. */
  protected receive(number: number, event: Event): void {
    if (this.#walking) {
      this.#mail ??= [];
      this.#mail.push({ number, event });
      return;
    }
    this.#walking = true;
    try {
      this.#walk(number, event);
      if (this.#mail !== undefined) this.#readMail(this.#mail);
    } finally {
      this.#walking = false;
    }
  }

  /** Mail that comes while mail is being read joins it at its end. */
  #readMail(mail: readonly Mail<Event>[]): void {
    for (const { number, event } of mail) this.#walk(number, event);
    this.#mail = undefined;
  }

  #walk(number: number, event: Event): void {
    const { table, events, counts } = this.#machine;
    const transitions = table[this.#state * events.length + number];
    if (transitions === undefined) return;
    for (let index = 0; index < transitions.length; index++) {
      const { guard, actions, target, edge } = transitions[index] as (typeof transitions)[number];
      if (guard !== undefined && !guard(this.#scope(event))) continue;
      if (counts !== undefined) (counts[edge] as number)++;
      for (let step = 0; step < actions.length; step++) actions[step]?.(this.#scope(event));
      this.#state = target;
      return;
    }
  }

  /** Set anew for each call: what an action does may have made another actor walk. */
  #scope(event: Event): Scope<Context, Event> {
    scope.context = this.machineContext;
    scope.event = event;
    return scope as Scope<Context, Event>;
  }
}
