import {
  type AnyEventObject,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type AnyTransitionDefinition,
  createEmptyActor,
} from 'xstate';
import { type Edge, edgeOf } from '../../../src/base/edges.ts';
import { type Chart, type ChartNode, labelsOf, refusedBy, statesOf } from './chart.ts';
import type { Action, Microstep, Scope } from './scope.ts';

/** Something that can happen next. What it is in reality, the stage of the machine knows by its name. */
export interface Stimulus {
  readonly name: string;
  /** What the machine gets to see of it; nothing where it only changes the world. */
  readonly event?: AnyEventObject | undefined;
  /** What the machine gets to see right after it, in the same turn. */
  readonly follow?: readonly AnyEventObject[];
  /** How long it takes: time passes, and the timers run out that are due next. */
  readonly inMs?: number;
}

/** A timer of the model: a delayed transition that has been armed, or one of the world's. */
export interface ModelTimer {
  readonly id: string;
  readonly event: AnyEventObject;
  readonly inMs: number;
}

/** Where the model stands. `World` is what the doubles of the machine's collaborators know; plain data. */
export interface ModelState<World> {
  readonly snapshot: AnyMachineSnapshot;
  /** In the order in which they were set. */
  readonly timers: readonly ModelTimer[];
  readonly world: World;
  /** The transitions that the last stimulus made the machine take. */
  readonly taken: readonly string[];
  /** The edges that these are, from the states that it was in. */
  readonly walked: readonly Edge[];
  /** The guarded transitions that it refused. */
  readonly refused: readonly string[];
  /** The transition that was taken last, whenever that was. */
  readonly last: string;
  /** The state values that it went through on the way, the one before included: one for each event. */
  readonly passed: readonly unknown[];
  /** All states that it was in on the way, also between two steps of one event. */
  readonly visited: ReadonlySet<string>;
  /** What it did to the world, in order. */
  readonly did: readonly string[];
}

/** One setting of a machine: its input, what it meets, and what may happen. */
export interface Scenario<World> {
  readonly name: string;
  /** Whether it has so many states that it is walked in `npm run test:slow` only, and where the coverage is written. Default false. */
  readonly wide?: boolean;
  /** What the doubles know at first. */
  readonly world: World;
  /** The machine's input, with doubles that answer from `world()`, and change it. */
  input(world: () => World): unknown;
  /** What the machine gets to see at its very start. */
  readonly begin?: readonly AnyEventObject[];
  /** The timers of the world that run from then on. */
  readonly timers?: readonly ModelTimer[];
  /** What can happen now, besides time. */
  stimuli(state: ModelState<World>): readonly Stimulus[];
  /** What the machine gets to see right after a timer has run out. */
  follows?(state: ModelState<World>, event: AnyEventObject): readonly AnyEventObject[];
  /** What a stimulus changes, before the machine sees it. */
  happen?(world: World, stimulus: Stimulus): void;
  /** The machine is about to see an event. */
  told?(world: World, event: AnyEventObject): void;
  /** Time passes. */
  pass?(world: World, ms: number): void;
  /** The machine starts, or stops, an actor that it invokes. */
  started?(world: World, source: string): void;
  stopped?(world: World, source: string): void;
  /** The machine sends an event to another actor. */
  sent?(world: World, event: AnyEventObject, to: string | undefined): void;
  /** The machine tells those who listen to it, once the step is over. */
  emitted?(world: World, event: AnyEventObject): void;
  /** Timers that the world itself sets because of a stimulus; they come before those that the machine then sets. */
  timersOf?(stimulus: Stimulus, world: World): readonly ModelTimer[];
  /** What tells two states of the model apart, besides the machine's own state: all that what follows depends on. */
  key(state: ModelState<World>): unknown;
  /** What else a stimulus is to meet in all its forms: it happens in every state and every one of these. */
  aspect?(state: ModelState<World>): string;
}

/** The same scenario, walked where there is time for it. */
export const wide = <S extends { readonly wide?: boolean }>(scenario: S): S => ({ ...scenario, wide: true });

/**
 * The production machine, run by XState's own pure transition function, with doubles around it and explicit time: a
 * delayed transition is a stimulus like any other, and comes when its timer is the next.
 */
export class Model<World> {
  readonly scenario: Scenario<World>;
  readonly #machine: AnyStateMachine;
  readonly #chart: Chart;
  readonly #scope: Scope;
  /** What the doubles answer from: the world of the transition that is being taken. */
  readonly #stage: { world: World };
  #timers: ModelTimer[] = [];
  #taken: string[] = [];
  #walked: Edge[] = [];
  /** The guarded transitions that were refused for events that the machine has raised itself. */
  #refused: string[] = [];
  #at: AnyMachineSnapshot | undefined;
  #event: AnyEventObject | undefined;
  #did: string[] = [];
  #visited = new Set<string>();
  #deferred: (() => void)[] = [];

  /** @param stage - of another model, whose doubles are then this one's as well. */
  constructor(
    machine: AnyStateMachine,
    chart: Chart,
    scenario: Scenario<World>,
    stage: { world: World } = { world: scenario.world },
  ) {
    this.#machine = machine;
    this.#chart = chart;
    this.scenario = scenario;
    this.#stage = stage;
    const self = createEmptyActor();
    this.#scope = {
      self,
      logger: () => {},
      id: 'model',
      sessionId: 'model',
      defer: () => {},
      system: Object.assign(Object.create(self.system as object), {
        _sendInspectionEvent: ({ type, event, snapshot, _transitions }: Microstep) => {
          if (type !== '@xstate.microstep') return;
          const taken = labelsOf(_transitions);
          this.#taken.push(...taken);
          for (const transition of _transitions as readonly AnyTransitionDefinition[]) {
            if (transition.eventType !== 'xstate.init') this.#walked.push(edgeOf(transition, this.#at?.value));
          }
          // What was sent to it is looked at by whoever sends.
          if (
            event !== this.#event &&
            this.#at !== undefined &&
            taken.some((label) => label.includes(`: ${event.type}`))
          ) {
            this.#refused.push(...refusedBy(this.#chart, this.#at, event, taken));
          }
          this.#at = snapshot;
          for (const state of statesOf(snapshot.value)) this.#visited.add(state);
        },
      }),
      stopChild: () => {},
      emit: () => {},
      actionExecutor: (action) => this.#act(action),
    };
  }

  initial(): ModelState<World> {
    this.#begin(structuredClone(this.scenario.world), []);
    this.#at = undefined;
    // Where it begins, it may leave at once; XState does not tell of that.
    const { target = [] } = (this.#machine.root as unknown as { initial: { target?: ChartNode[] } }).initial;
    for (const { path } of target) this.#visited.add(path.join('.'));
    const input = this.scenario.input(() => this.#stage.world);
    let snapshot = this.#machine.getInitialSnapshot(this.#scope as never, input as never) as AnyMachineSnapshot;
    const passed: unknown[] = [snapshot.value];
    for (const event of this.scenario.begin ?? []) {
      this.#at = snapshot;
      snapshot = this.#step(snapshot, event);
      passed.push(snapshot.value);
    }
    this.#timers.push(...(this.scenario.timers ?? []));
    return this.#end(snapshot, '(start)', [], passed);
  }

  /** What can happen next: in the world, and the timers that are due next. */
  stimuli(state: ModelState<World>): readonly Stimulus[] {
    const due = dueOf(state.timers);
    const inMs = due[0]?.inMs;
    if (inMs === undefined) return this.scenario.stimuli(state);
    const name = `time: ${due.map(({ event }) => event.type).join(', ')}`;
    return [...this.scenario.stimuli(state), { name, inMs }];
  }

  after(state: ModelState<World>, stimulus: Stimulus): ModelState<World> {
    const { scenario } = this;
    const { inMs = 0, event, follow = [] } = stimulus;
    this.#begin(
      structuredClone(state.world),
      state.timers.map((timer) => ({ ...timer, inMs: timer.inMs - inMs })),
    );
    if (inMs > 0) scenario.pass?.(this.#stage.world, inMs);
    scenario.happen?.(this.#stage.world, stimulus);
    this.#timers.push(...(scenario.timersOf?.(stimulus, this.#stage.world) ?? []));
    const refused: string[] = [];
    const passed: unknown[] = [state.snapshot.value];
    let { snapshot } = state;
    const tell = (events: readonly AnyEventObject[]) => {
      for (const next of events) {
        if (snapshot.status !== 'active') return;
        const { length } = this.#taken;
        const before = snapshot;
        this.#at = before;
        this.#event = next;
        snapshot = this.#step(before, next);
        refused.push(...this.#refused.splice(0));
        refused.push(...refusedBy(this.#chart, before, next, this.#taken.slice(length)));
        passed.push(snapshot.value);
      }
    };
    if (event !== undefined) tell([event, ...follow]);
    // What is due at the same time fires in the order in which it was set, unless one of them cancels another.
    for (const due of inMs > 0 ? dueOf(state.timers) : []) {
      const timer = this.#timers.find(({ id, inMs: left }) => id === due.id && left <= 0);
      if (timer === undefined) continue;
      this.#timers = this.#timers.filter((other) => other !== timer);
      tell([timer.event]);
      tell(scenario.follows?.({ ...state, snapshot, world: this.#stage.world }, timer.event) ?? []);
    }
    return this.#end(snapshot, state.last, refused, passed);
  }

  /** A model of another machine with the same states, which can {@link adopt} states of this one. */
  twin(machine: AnyStateMachine, chart: Chart): Model<World> {
    return new Model(machine, chart, this.scenario, this.#stage);
  }

  /** The same state, of this model's machine. */
  adopt(state: ModelState<World>): ModelState<World> {
    const machine = this.#machine;
    const { snapshot } = state;
    const nodes = (snapshot._nodes as { readonly id: string }[]).map(({ id }) => machine.getStateNodeById(id));
    return { ...state, snapshot: { ...snapshot, machine, _nodes: nodes } as AnyMachineSnapshot };
  }

  /** What tells states apart. */
  key(state: ModelState<World>): string {
    const { scenario } = this;
    return JSON.stringify([state.snapshot.value, scenario.key(state), scenario.aspect?.(state)]);
  }

  #step(snapshot: AnyMachineSnapshot, event: AnyEventObject): AnyMachineSnapshot {
    this.scenario.told?.(this.#stage.world, event);
    return this.#machine.transition(snapshot as never, event as never, this.#scope as never) as AnyMachineSnapshot;
  }

  #begin(world: World, timers: ModelTimer[]): void {
    this.#stage.world = world;
    this.#timers = timers;
    this.#taken = [];
    this.#walked = [];
    this.#did = [];
    this.#visited = new Set();
    this.#deferred = [];
  }

  #end(
    snapshot: AnyMachineSnapshot,
    last: string,
    refused: readonly string[],
    passed: readonly unknown[],
  ): ModelState<World> {
    for (const task of this.#deferred) task();
    const taken = this.#taken;
    // What has come to its end leaves no timers.
    const timers = snapshot.status === 'active' ? this.#timers : [];
    for (const value of passed) for (const state of statesOf(value)) this.#visited.add(state);
    const done = { did: this.#did, visited: this.#visited, walked: this.#walked };
    return { snapshot, timers, world: this.#stage.world, taken, refused, last: taken.at(-1) ?? last, passed, ...done };
  }

  /** Actors start and stop when the transition is over. */
  #put(task: () => void): void {
    this.#deferred.push(task);
  }

  #act({ type, params, info, exec }: Action): void {
    if (type === 'xstate.raise') {
      const { id, event, delay } = params as { id: string; event: AnyEventObject; delay: number | undefined };
      const inMs = Math.max(1, delay ?? 0);
      if (delay !== undefined) this.#timers.push({ id: id ?? `raise ${this.#timers.length}`, event, inMs });
    } else if (type === 'xstate.cancel') {
      const { sendId } = params as { sendId: string };
      this.#timers = this.#timers.filter(({ id }) => id !== sendId);
    } else if (type === 'xstate.spawnChild') {
      this.#did.push(`start ${String((params as { src: unknown }).src)}`);
      this.#put(() => this.scenario.started?.(this.#stage.world, String((params as { src: unknown }).src)));
    } else if (type === 'xstate.stopChild') {
      const source = (params as { src?: unknown } | undefined)?.src;
      this.#did.push(`stop ${String(source)}`);
      this.#put(() => this.scenario.stopped?.(this.#stage.world, String(source)));
    } else if (type === 'xstate.sendTo') {
      const { to, event } = params as { to: { id?: string } | undefined; event: unknown };
      this.#did.push(`send ${JSON.stringify(event)} to ${to?.id}`);
      this.scenario.sent?.(this.#stage.world, event as AnyEventObject, to?.id);
    } else if (type === 'xstate.emit') {
      const { event } = params as { event: AnyEventObject };
      this.#did.push(`emit ${JSON.stringify(event)}`);
      this.#put(() => this.scenario.emitted?.(this.#stage.world, event));
    } else if (!type.startsWith('xstate.')) {
      this.#did.push(type);
      exec?.(info, params);
    }
  }
}

/** The timers that run out next, in the order in which they were set. */
function dueOf(timers: readonly ModelTimer[]): readonly ModelTimer[] {
  const soonest = Math.min(...timers.map(({ inMs }) => inMs));
  return timers.filter(({ inMs }) => inMs === soonest);
}
