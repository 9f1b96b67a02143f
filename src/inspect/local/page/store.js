// What the page knows: as much as the server keeps, and no more.

/** @typedef {import('../shown.ts').ShownAll} ShownAll */
/** @typedef {import('../shown.ts').ShownChanges} ShownChanges */
/** @typedef {import('../shown.ts').ShownActor} ShownActor */
/** @typedef {import('../shown.ts').ShownRequest} ShownRequest */
/** @typedef {import('../shown.ts').ShownSystem} ShownSystem */
/** @typedef {import('../shown.ts').ShownTransition} ShownTransition */

const MAX_TRANSITIONS = 200;
const MAX_REQUESTS = 100;

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

  /** Takes the first message of a stream: everything anew. @param {ShownAll} all */
  replace(all) {
    this.systems.clear();
    this.actors.clear();
    this.requests.clear();
    this.transitions = [];
    this.startedAt = all.startedAt;
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
    this.transitions = this.transitions.slice(-MAX_TRANSITIONS);
    for (const id of this.requests.keys()) {
      if (this.requests.size <= MAX_REQUESTS) break;
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

/** How a state is to be taken at a glance. @param {ShownActor} actor @returns {'good' | 'wait' | 'bad' | 'ended'} */
export function toneOf({ machine, states, isDone }) {
  if (isDone) return 'ended';
  const state = states[0] ?? '';
  if (machine === 'circuitBreaker') return state === 'closed' ? 'good' : state === 'open' ? 'bad' : 'wait';
  if (machine === 'connection') return states.some((leaf) => leaf.startsWith('open.use.accepting')) ? 'good' : 'wait';
  if (/^(ready|connected|listening|serving|fixed|known)/.test(state)) return 'good';
  return state === 'unavailable' ? 'bad' : 'wait';
}

/** A duration as people read it. @param {number} ms */
export function durationText(ms) {
  if (ms < 10) return `${ms.toFixed(2)} ms`;
  if (ms < 1_000) return `${ms.toFixed(ms < 100 ? 1 : 0)} ms`;
  return `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}
