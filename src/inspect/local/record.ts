import type { AnyActorRef, EventObject, InspectionEvent } from 'xstate';
import { nameInRootId } from '../../base/actor-root.ts';
import type { Clock } from '../../base/clock.ts';
import { ActorRecord, machineOf } from './actor-record.ts';
import { MACHINES } from './machines.ts';
import { RequestRecord } from './request-record.ts';
import { Seconds } from './seconds.ts';
import { KEPT, type ShownAll, type ShownChanges, type ShownSystem, type ShownTransition } from './shown.ts';

/** Record of what was seen lately: of each kind of thing so much and no more. */
export class Inspection {
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #startedMs: number;
  readonly #systems = new Map<string, ShownSystem>();
  readonly #systemCounts = new Map<string, number>();
  readonly #actors = new Map<string, ActorRecord>();
  readonly #requests = new Map<string, RequestRecord>();
  /** Those that failed or were slow, once there are too many newer ones for them. */
  readonly #notable = new Map<string, RequestRecord>();
  readonly #seconds = new Seconds();
  /** The characters of all requests together. */
  #requestsLength = 0;
  readonly #transitions: ShownTransition[] = [];
  #transitionCount = 0;
  /** News for the next message. */
  readonly #changedSystems = new Set<string>();
  readonly #changedActors = new Set<string>();
  readonly #changedRequests = new Set<string>();
  #newTransitions: ShownTransition[] = [];
  #gone: string[] = [];
  readonly #changed: () => void;

  /** @param changed - called whenever there is something new to tell. */
  constructor(clock: Clock, changed: () => void) {
    this.#clock = clock;
    this.#startedAt = clock.now();
    this.#startedMs = clock.monotonicMs();
    this.#changed = changed;
  }

  /** Takes what a sender or server tells its inspector. */
  see(event: InspectionEvent): void {
    if (event.type !== '@xstate.actor' && event.type !== '@xstate.snapshot') return;
    const actor = event.actorRef as AnyActorRef;
    if (event.type === '@xstate.actor') this.#meet(actor, event.rootId);
    else this.#follow(actor.sessionId, event.event, event.snapshot as unknown as Record<string, unknown>);
    this.#changed();
  }

  /** All there is. */
  all(): ShownAll {
    return {
      startedAt: this.#startedAt,
      nowMs: this.#nowMs,
      machines: MACHINES,
      kept: KEPT,
      systems: [...this.#systems.values()],
      actors: [...this.#actors.values()].map((actor) => actor.shown),
      transitions: this.#transitions,
      requests: [...this.#notable.values(), ...this.#requests.values()].map((request) => request.shown),
      seconds: this.#seconds.all(),
      gone: [],
    };
  }

  /** Changes since they were taken last. */
  takeChanges(): ShownChanges {
    for (const [id, actor] of this.#actors) if (actor.lookAgain()) this.#changedActors.add(id);
    const changes: ShownChanges = {
      systems: pick(this.#systems, this.#changedSystems),
      actors: pick(this.#actors, this.#changedActors).map((actor) => actor.shown),
      transitions: this.#newTransitions,
      requests: pick(new Map([...this.#notable, ...this.#requests]), this.#changedRequests).map(
        (request) => request.shown,
      ),
      seconds: this.#seconds.takeChanges(),
      gone: this.#gone,
    };
    for (const changed of [this.#changedSystems, this.#changedActors, this.#changedRequests]) changed.clear();
    this.#newTransitions = [];
    this.#gone = [];
    return changes;
  }

  get #nowMs(): number {
    return this.#clock.monotonicMs() - this.#startedMs;
  }

  #meet(actor: AnyActorRef, rootId: string): void {
    const machine = machineOf(actor);
    if (machine === 'request') {
      const client = (id: number) => this.#clientName(rootId, id);
      this.#requests.set(actor.sessionId, new RequestRecord(actor, rootId, this.#nowMs, client));
      this.#changedRequests.add(actor.sessionId);
      this.#forgetRequests();
    } else if (ActorRecord.isFor(machine)) {
      this.#meetSystem(rootId, actor, machine);
      this.#actors.set(actor.sessionId, new ActorRecord(actor, machine, rootId, this.#nowMs));
      this.#changedActors.add(actor.sessionId);
      this.#forgetActors();
    }
  }

  #meetSystem(rootId: string, actor: AnyActorRef, machine: string): void {
    if (this.#systems.has(rootId)) return;
    const isWorkers = machine === 'workers' || machine === 'worker';
    const isServer = isWorkers || machine === 'server' || machine === 'session';
    const kind = isWorkers
      ? 'workers'
      : isServer
        ? 'server'
        : actor._parent === undefined
          ? 'shared breaker'
          : 'sender';
    const given = actor._parent === undefined ? undefined : nameInRootId(rootOf(actor).id);
    const name = given === undefined ? this.#numbered(kind) : this.#unlike(`${kind} ${given}`);
    this.#systems.set(rootId, { id: rootId, name, isServer });
    this.#changedSystems.add(rootId);
  }

  /** A name for one that the user has given none. */
  #numbered(kind: string): string {
    const count = (this.#systemCounts.get(kind) ?? 0) + 1;
    this.#systemCounts.set(kind, count);
    return `${kind} ${count}`;
  }

  /** A name, told apart from the same one of others that are there. */
  #unlike(name: string): string {
    const taken = new Set([...this.#systems.values()].map((system) => system.name));
    let own = name;
    for (let count = 2; taken.has(own); count++) own = `${name} (${count})`;
    return own;
  }

  #follow(id: string, event: EventObject, snapshot: Record<string, unknown>): void {
    const request = this.#requests.get(id);
    if (request !== undefined) {
      const { length: lengthBefore, outcome: outcomeBefore } = request;
      request.see(event, snapshot, this.#nowMs);
      if (outcomeBefore === undefined && request.outcome !== undefined) this.#count(request);
      this.#requestsLength += request.length - lengthBefore;
      this.#changedRequests.add(id);
      this.#forgetRequests();
      return;
    }
    const actor = this.#actors.get(id);
    if (actor === undefined) return;
    const before = actor.see(snapshot, this.#nowMs);
    this.#changedActors.add(id);
    if (before !== undefined) this.#addTransition(actor, event.type, before);
    if (!actor.isDone) return;
    if (actor.isPassing) this.#forget(actor);
    else this.#forgetActors();
  }

  #count(request: RequestRecord): void {
    const { outcome, tookMs } = request;
    const hasFailed = outcome !== 'succeeded';
    request.isNotable = hasFailed || tookMs > (this.#seconds.slowMs ?? Number.POSITIVE_INFINITY);
    this.#seconds.add(this.#nowMs, tookMs, hasFailed);
  }

  #addTransition(actor: ActorRecord, event: string, from: readonly string[]): void {
    const { id, states: to } = actor.shown;
    const name = actor.fullName;
    const number = ++this.#transitionCount;
    const cause = actor.describe(event);
    const transition: ShownTransition = { number, atMs: this.#nowMs, actor: id, name, event, cause, from, to };
    for (const list of [this.#transitions, this.#newTransitions]) {
      list.push(transition);
      if (list.length > KEPT.transitions) list.shift();
    }
  }

  /** The oldest go, where there are too many, or too much hangs on them. Pages have a bound of their own. */
  #forgetRequests(): void {
    const isTooLong = () => this.#requestsLength > KEPT.allRequestsLength;
    for (const id of this.#notable.keys()) if (isTooLong()) this.#drop(this.#notable, id);
    for (const [id, request] of this.#requests) {
      if (this.#requests.size <= KEPT.requests && !isTooLong()) return;
      if (request.isNotable && !isTooLong()) this.#setAside(id, request);
      else this.#drop(this.#requests, id);
    }
  }

  #setAside(id: string, request: RequestRecord): void {
    this.#requests.delete(id);
    this.#notable.set(id, request);
    const [oldest] = this.#notable.keys();
    if (this.#notable.size > KEPT.notable && oldest !== undefined) this.#drop(this.#notable, oldest);
  }

  #drop(all: Map<string, RequestRecord>, id: string): void {
    this.#requestsLength -= all.get(id)?.length ?? 0;
    all.delete(id);
    // While nobody looks, nobody takes the changes.
    this.#changedRequests.delete(id);
  }

  /** Those that have ended go first, then connections and sessions, the oldest of them before the others. */
  #forgetActors(): void {
    for (;;) {
      const records = [...this.#actors.values()];
      const ended = records.filter(({ isDone }) => isDone);
      if (records.length <= KEPT.actors && ended.length <= KEPT.ended) break;
      const oldest = ended[0] ?? records.find(({ isPassing }) => isPassing);
      this.#forget(oldest ?? (records[0] as ActorRecord));
    }
  }

  #forget({ id, system }: ActorRecord): void {
    this.#actors.delete(id);
    this.#changedActors.delete(id);
    this.#gone.push(id);
    // While nobody looks, nothing is told; a page that comes gets all there is.
    if (this.#gone.length > 4 * KEPT.actors) this.#gone.shift();
    if ([...this.#actors.values()].some((record) => record.system === system)) return;
    this.#systems.delete(system);
    this.#changedSystems.delete(system);
    this.#gone.push(system);
  }

  #clientName(system: string, id: number): string {
    for (const actor of this.#actors.values()) {
      if (actor.system === system && (actor.name === `client ${id}` || actor.name.startsWith(`client ${id} `))) {
        return actor.name;
      }
    }
    return `client ${id}`;
  }
}

/** The actor at the root of all that belong together. */
function rootOf(actor: AnyActorRef): AnyActorRef {
  return actor._parent === undefined ? actor : rootOf(actor._parent);
}

function pick<Value>(all: ReadonlyMap<string, Value>, ids: ReadonlySet<string>): Value[] {
  return [...ids].flatMap((id) => all.get(id) ?? []);
}
