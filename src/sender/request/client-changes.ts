import type { Clock } from '../../base/clock.ts';
import { fieldOf } from '../../base/errors/ask.ts';
import type { PathStep } from '../../base/errors/error-path.ts';

/** So many changes are kept. */
const MAX_KEPT = 32;

/** Status of a client, as far as it is noted. */
export interface NotedStatus {
  readonly id: number;
  readonly state: string;
  readonly error: Error | undefined;
}

/** One change of a client. */
export interface ClientChange {
  readonly clientId: number;
  readonly state: string;
  /** The code of the error that it has changed by. */
  readonly code: string | undefined;
  /** When (monotonic milliseconds). */
  readonly atMs: number;
  /** Its number: 1 for the first, 2 for the second, ... */
  readonly number: number;
}

/** The latest changes of the clients of a sender, for the errors of its sends. */
export class ClientChanges {
  readonly #clock: Clock;
  /** Replaced, never changed: errors hold on to it. */
  #all: readonly ClientChange[] = [];
  /** How many there have been. */
  count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get all(): readonly ClientChange[] {
    return this.#all;
  }

  /** Monotonic milliseconds. */
  get nowMs(): number {
    return this.#clock.monotonicMs();
  }

  add({ id: clientId, state, error }: NotedStatus): void {
    const last = this.#all.findLast((change) => change.clientId === clientId);
    if (last?.state === state) return;
    const code = fieldOf(error, 'code');
    const change = {
      clientId,
      state,
      code: typeof code === 'string' ? code : undefined,
      atMs: this.nowMs,
      number: ++this.count,
    };
    this.#all = [...this.#all.slice(1 - MAX_KEPT), change];
  }
}

/** Steps of the clients that a send has to do with, since it was called: its own, or all where it was not sent. */
export function clientSteps(
  changes: readonly ClientChange[],
  {
    calledMs = 0,
    changesBefore,
    clientId,
  }: { calledMs: number | undefined; changesBefore: number; clientId: number | undefined },
): PathStep[] {
  return changes
    .filter(({ number }) => number > changesBefore)
    .filter((change) => clientId === undefined || change.clientId === clientId)
    .map(({ clientId: id, state, code, atMs }) => ({
      afterMs: Math.max(0, Math.round(atMs - calledMs)),
      actor: `client ${id}`,
      state,
      note: state === 'ready' ? undefined : code,
    }));
}
