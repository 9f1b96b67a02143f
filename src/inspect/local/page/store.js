// What the page knows: as much as the server keeps, and no more.

/** @typedef {import('../shown.ts').ShownAll} ShownAll */
/** @typedef {import('../shown.ts').ShownChanges} ShownChanges */
/** @typedef {import('../shown.ts').ShownActor} ShownActor */
/** @typedef {import('../machines.ts').ShownMachine} ShownMachine */
/** @typedef {import('../shown.ts').ShownRequest} ShownRequest */
/** @typedef {import('../shown.ts').ShownSecond} ShownSecond */
/** @typedef {import('../shown.ts').ShownSystem} ShownSystem */
/** @typedef {import('../shown.ts').ShownTransition} ShownTransition */

export class Store {
  /** @type {Map<string, ShownSystem>} */
  systems = new Map();
  /** @type {Map<string, ShownActor>} */
  actors = new Map();
  /** Oldest first. @type {Map<string, ShownRequest>} */
  requests = new Map();
  /** Oldest first. @type {ShownTransition[]} */
  transitions = [];
  /** By their numbers, oldest first. @type {Map<number, ShownSecond>} */
  seconds = new Map();
  /** Milliseconds since the epoch. */
  startedAt = 0;
  /** In the order in which the actors of a system are shown. */
  machines = /** @type {ShownAll['machines']} */ ({});
  /** How much the server keeps. @type {ShownAll['kept']} */
  kept = { transitions: 0, requests: 0, notable: 0, seconds: 0 };
  /** What the inspector's clock is ahead of the page's; nothing where time stands still: in a file. @type {number | undefined} */
  #aheadMs = 0;
  #stoppedMs = 0;

  /** The time now, by the inspector's clock. */
  get nowMs() {
    return this.#aheadMs === undefined ? this.#stoppedMs : performance.now() + this.#aheadMs;
  }

  /** Takes the first message of a stream: everything anew. @param {ShownAll} all @param {boolean} [isLive] */
  replace(all, isLive = false) {
    this.#aheadMs = isLive ? all.nowMs - performance.now() : undefined;
    this.#stoppedMs = all.nowMs;
    this.seconds.clear();
    this.systems.clear();
    this.actors.clear();
    this.requests.clear();
    this.transitions = [];
    this.startedAt = all.startedAt;
    this.machines = all.machines;
    this.kept = all.kept;
    this.add(all);
  }

  /** Takes what is new. @param {ShownChanges} changes */
  add(changes) {
    for (const system of changes.systems) this.systems.set(system.id, system);
    for (const actor of changes.actors) this.actors.set(actor.id, actor);
    for (const request of changes.requests) this.requests.set(request.id, request);
    for (const id of changes.gone) {
      this.actors.delete(id);
      this.systems.delete(id);
    }
    const last = this.transitions.at(-1)?.number ?? 0;
    this.transitions.push(...changes.transitions.filter(({ number }) => number > last));
    this.transitions = this.transitions.slice(-this.kept.transitions);
    for (const each of changes.seconds) this.seconds.set(each.second, each);
    for (const second of this.seconds.keys()) {
      if (this.seconds.size <= this.kept.seconds) break;
      this.seconds.delete(second);
    }
    this.#forgetRequests();
  }

  /** The oldest go first, those that failed or were slow last. */
  #forgetRequests() {
    const all = [...this.requests.values()];
    const older = all.slice(0, Math.max(0, all.length - this.kept.requests));
    const notable = older.filter(({ isNotable }) => isNotable);
    const stay = new Set(notable.slice(Math.max(0, notable.length - this.kept.notable)));
    for (const request of older) if (!stay.has(request)) this.requests.delete(request.id);
  }

  /** Everything, as the first message of a stream. @returns {ShownAll} */
  all() {
    const { startedAt, nowMs, machines, kept, transitions } = this;
    const [systems, actors, requests, seconds] = [this.systems, this.actors, this.requests, this.seconds].map((map) => [
      ...map.values(),
    ]);
    return /** @type {ShownAll} */ ({
      startedAt,
      nowMs,
      machines,
      kept,
      systems,
      actors,
      transitions,
      requests,
      seconds,
      gone: [],
    });
  }

  /** The time of day of a moment. @param {number} atMs */
  timeOf(atMs) {
    const date = new Date(this.startedAt + atMs);
    const two = (/** @type {number} */ part) => String(part).padStart(2, '0');
    const ms = String(date.getMilliseconds()).padStart(3, '0');
    return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${ms}`;
  }
}

/**
 * How the state of an actor is to be taken at a glance.
 * @param {ShownActor} actor @param {ShownMachine} machine @returns {'good' | 'wait' | 'bad' | 'ended'}
 */
export function toneOf({ states, isDone }, { good, bad }) {
  if (isDone) return 'ended';
  const isIn = (/** @type {readonly string[]} */ paths) =>
    states.some((leaf) => paths.some((path) => leaf.startsWith(path)));
  if (isIn(good)) return 'good';
  return isIn(bad) ? 'bad' : 'wait';
}

/** The same for one of its outermost states alone. @param {string} state @param {ShownMachine} machine @returns {'good' | 'wait' | 'bad' | 'ended'} */
export function toneOfState(state, { good, bad }) {
  if (good.some((path) => path === state)) return 'good';
  if (bad.some((path) => path === state)) return 'bad';
  return state === 'closed' ? 'ended' : 'wait';
}

/** A duration as people read it. @param {number} ms */
export function durationText(ms) {
  if (ms < 10) return `${ms.toFixed(2)} ms`;
  if (ms < 1_000) return `${ms.toFixed(ms < 100 ? 1 : 0)} ms`;
  return `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}
