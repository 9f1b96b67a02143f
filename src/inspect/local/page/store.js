// What the page knows: as much as the server keeps, and no more.

/** @typedef {import('../shown.ts').ShownAll} ShownAll */
/** @typedef {import('../shown.ts').ShownChanges} ShownChanges */
/** @typedef {import('../shown.ts').ShownActor} ShownActor */
/** @typedef {import('../machines.ts').ShownMachine} ShownMachine */
/** @typedef {import('../shown.ts').ShownRequest} ShownRequest */
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
  /** Milliseconds since the epoch. */
  startedAt = 0;
  /** In the order in which the actors of a system are shown. */
  machines = /** @type {ShownAll['machines']} */ ({});
  /** How much the server keeps. @type {ShownAll['kept']} */
  kept = { transitions: 0, requests: 0 };

  /** Takes the first message of a stream: everything anew. @param {ShownAll} all */
  replace(all) {
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
    for (const id of this.requests.keys()) {
      if (this.requests.size <= this.kept.requests) break;
      this.requests.delete(id);
    }
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

/** A duration as people read it. @param {number} ms */
export function durationText(ms) {
  if (ms < 10) return `${ms.toFixed(2)} ms`;
  if (ms < 1_000) return `${ms.toFixed(ms < 100 ? 1 : 0)} ms`;
  return `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}
