import type { AnyActorRef } from 'xstate';
import { printable } from '../../base/errors/printable.ts';
import { MACHINES, type MachineId } from './machines.ts';
import { KEPT, type ShownActor, type ShownStay } from './shown.ts';

/** The machine behind an actor, as far as it is looked at here. */
interface Machine {
  readonly id?: unknown;
  getStateNodeById?(id: string): { readonly invoke: readonly { readonly src: unknown }[] };
}

const logicOf = (actor: AnyActorRef) => (actor as AnyActorRef & { readonly logic?: Machine }).logic;

/** The id of the machine that an actor runs; nothing where it runs none. */
export function machineOf(actor: AnyActorRef): unknown {
  return logicOf(actor)?.id;
}

/** Record of one actor that lives for long. */
export class ActorRecord {
  readonly id: string;
  readonly system: string;
  readonly name: string;
  readonly machine: MachineId;
  /** Whether it is one of many that come and go. */
  readonly isPassing: boolean;
  readonly #actor: AnyActorRef;
  #states: readonly string[] = [];
  #sinceMs: number;
  #facts: readonly string[] = [];
  #isDone = false;
  #history: readonly ShownStay[] = [];

  constructor(actor: AnyActorRef, machine: MachineId, system: string, atMs: number) {
    this.#actor = actor;
    this.id = actor.sessionId;
    this.name = actor.id;
    this.machine = machine;
    this.isPassing = MACHINES[machine].isPassing;
    this.system = system;
    this.#sinceMs = atMs;
  }

  /** Whether an actor is one of those that are recorded so. */
  static isFor(machine: unknown): machine is MachineId {
    return typeof machine === 'string' && Object.hasOwn(MACHINES, machine);
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  /** Takes a snapshot. Returns the states before it, where they are others now. */
  see(snapshot: Record<string, unknown>, atMs: number): readonly string[] | undefined {
    const before = this.#states;
    this.#facts = factsOf(this.machine, snapshot);
    this.#isDone = snapshot.status !== 'active';
    this.#states = leavesOf(snapshot.value);
    if (before.join() === this.#states.join()) return undefined;
    this.#sinceMs = atMs;
    if (MACHINES[this.machine].hasLane) this.#remember(atMs);
    return before;
  }

  /**
   * Looks at what no event of its own tells: the Commands of a connection do not pass its machine. Returns whether
   * anything has changed.
   */
  lookAgain(): boolean {
    if (this.machine !== 'connection' || this.#isDone) return false;
    const before = this.#facts;
    this.#facts = factsOf(this.machine, this.#actor.getSnapshot() as unknown as Record<string, unknown>);
    return before.join() !== this.#facts.join();
  }

  /** Its name among all of its system: the connections of each client are numbered anew. */
  get fullName(): string {
    const [client] = this.#client?.id.split(' @ ') ?? [];
    return client === undefined ? this.name : `${client} · ${this.name}`;
  }

  /** An event in words: `after 'backoff'`, `connect failed`. */
  describe(type: string): string {
    const [, what, rest = ''] = /^xstate\.(after|done\.actor|error\.actor|done\.state)\.(.*)$/.exec(type) ?? [];
    if (type === 'xstate.init') return 'start';
    if (what === undefined) return type;
    if (what === 'after') return `after '${rest.slice(0, rest.indexOf(`.${this.machine}`))}'`;
    if (what === 'done.state') return 'all inside have ended';
    const [, index = '0', node = ''] = /^(\d+)\.(.*)$/.exec(rest) ?? [];
    const source = node === '' ? rest : this.#sourceOf(node, Number(index));
    return `${source} ${what === 'done.actor' ? 'done' : 'failed'}`;
  }

  /** As the page shows it. */
  get shown(): ShownActor {
    return {
      id: this.id,
      system: this.system,
      name: this.name,
      client: this.#client?.sessionId,
      machine: this.machine,
      states: this.#states,
      sinceMs: this.#sinceMs,
      facts: this.#facts,
      isDone: this.#isDone,
      history: this.#history,
    };
  }

  #remember(atMs: number): void {
    const [state = ''] = this.#states[0]?.split('.') ?? [];
    if (this.#history.at(-1)?.state !== state)
      this.#history = [...this.#history.slice(1 - KEPT.stays), { atMs, state }];
  }

  get #client(): AnyActorRef | undefined {
    return this.machine === 'connection' ? this.#actor._parent : undefined;
  }

  /** The name of what a state invokes. */
  #sourceOf(node: string, index: number): string {
    try {
      const { src } = logicOf(this.#actor)?.getStateNodeById?.(node).invoke[index] ?? {};
      return typeof src === 'string' ? src : 'what it invoked';
    } catch {
      return 'what it invoked';
    }
  }
}

/** The paths of the innermost states in a state value. */
function leavesOf(value: unknown, path = ''): string[] {
  const within = (key: string) => (path === '' ? key : `${path}.${key}`);
  if (typeof value === 'string') return [within(value)];
  if (typeof value !== 'object' || value === null) return path === '' ? [] : [path];
  const inside = Object.entries(value);
  return inside.length === 0 && path !== '' ? [path] : inside.flatMap(([key, inner]) => leavesOf(inner, within(key)));
}

/** Facts in the contexts of the machines, loosely: it is another room's, and has been made plain. */
interface Told {
  readonly link?: {
    readonly address?: string;
    readonly pending?: number;
    readonly abandoned?: number;
    readonly known?: number;
    readonly pid?: number;
  };
  readonly workers?: readonly { readonly isServing?: boolean; readonly isRetired?: boolean }[];
  readonly deaths?: unknown;
  readonly failure?: string;
  readonly rollFailure?: string;
  readonly attempt?: number;
  readonly delayMs?: number;
  readonly phases?: readonly string[];
  readonly error?: { readonly code?: string; readonly message?: string } | undefined;
  readonly trialsInFlight?: number;
  readonly trialSuccesses?: number;
  readonly successThreshold?: number;
  readonly openDurationMs?: number;
}

function factsOf(machine: MachineId, { value, context }: Record<string, unknown>): string[] {
  const told = (context ?? {}) as Told;
  const facts: (string | false | undefined)[] = [];
  if (machine === 'group' && told.phases !== undefined) {
    const ready = told.phases.filter((phase) => phase === 'ready').length;
    facts.push(`${ready} of ${told.phases.length} clients ready`);
  }
  if (machine === 'workers') {
    const wanted = told.workers?.filter(({ isRetired }) => isRetired !== true) ?? [];
    const serving = wanted.filter(({ isServing }) => isServing === true).length;
    facts.push(`${serving} of ${wanted.length} workers serve`, told.failure, told.rollFailure);
  }
  if (machine === 'worker') {
    const { deaths = 0 } = told;
    facts.push(told.link?.pid !== undefined && `process ${told.link.pid}`);
    facts.push(typeof deaths === 'number' && deaths > 0 && `${deaths} died before they served`);
  }
  if (machine === 'addresses') {
    const { known = 0 } = told.link ?? {};
    facts.push(known === 1 ? '1 address known' : `${known} addresses known`);
  }
  if (machine === 'client') {
    facts.push(told.link?.address !== '' && told.link?.address);
    const { attempt = 0, delayMs = 0 } = told;
    const isLost = leavesOf(value).join().startsWith('reconnecting');
    facts.push(isLost && `dial ${attempt} after ${Math.round(delayMs)} ms`);
  }
  if (machine === 'connection') {
    const { pending = 0, abandoned = 0 } = told.link ?? {};
    facts.push(`${pending} pending`, abandoned > 0 && `${abandoned} abandoned`);
  }
  if (machine === 'circuitBreaker') {
    facts.push(`${told.trialSuccesses ?? 0} of ${told.successThreshold ?? 0} trials succeeded`);
    facts.push(`open for ${told.openDurationMs ?? 0} ms at a time`);
  }
  const { error } = told;
  facts.push(error?.message !== undefined && error.message !== '(hidden)' ? error.message : error?.code);
  return facts.filter((fact) => typeof fact === 'string').map((fact) => printable(fact, KEPT.factLength));
}
