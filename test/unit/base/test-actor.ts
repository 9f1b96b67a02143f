import type { CompiledMachine } from '../../../src/base/compile.ts';
import { CompiledActor } from '../../../src/base/compiled-actor.ts';

/** Any compiled machine as an actor, with a context of the test's. */
export class TestActor<Context, Event extends { readonly type: string }> extends CompiledActor<Context, Event> {
  readonly #machine: CompiledMachine<Context, Event>;
  readonly #context: Context;

  constructor(machine: CompiledMachine<Context, Event>, context: Context) {
    super(machine);
    this.#machine = machine;
    this.#context = context;
  }

  protected override get machineContext(): Context {
    return this.#context;
  }

  get value(): string {
    return this.compiledState;
  }

  get isOver(): boolean {
    return this.isFinal;
  }

  send(event: Event): void {
    // A compiled machine has no number for what no state reacts to.
    if (this.#machine.events.includes(event.type)) this.receive(this.#machine.eventNumber(event.type), event);
  }
}
