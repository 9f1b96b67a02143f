import { inContextOfNow } from '../base/async-context.ts';
import type { RefusalPace } from '../base/refusal-pace.ts';
import type { CircuitBreaker } from './breaker/circuit-breaker.ts';
import type { CircuitBreakerState } from './breaker/options.ts';
import type { Group } from './group/group.ts';
import type { ClientStatus, GroupStatus } from './group/status.ts';

/** Status of the circuit breaker of a sender. */
export interface CircuitBreakerStatus {
  readonly type: 'circuit-breaker';
  readonly state: CircuitBreakerState;
}

/** One change: of the group, of one of its clients, or of the circuit breaker. */
export type StatusEvent = GroupStatus | ClientStatus | CircuitBreakerStatus;

/**
 * Calls `listener` with each change, in the async context of now, until the sender is closed and it has been told so; a
 * breaker that is shared with others may live on. Returns the function that ends it sooner.
 */
export function subscribeToStatus(
  group: Group,
  breaker: CircuitBreaker | undefined,
  listener: (event: StatusEvent) => void,
): () => void {
  if (group.state === 'closed') return () => undefined;
  const tell = inContextOfNow(listener);
  const ends: (() => void)[] = [];
  const end = () => {
    for (const endOne of ends.splice(0)) endOne();
  };
  const onChange = (event: GroupStatus | ClientStatus) => {
    try {
      return tell(event);
    } finally {
      if (isLast(event)) end();
    }
  };
  ends.push(group.onChange(onChange));
  if (breaker !== undefined) ends.push(breaker.subscribe((state) => tell({ type: 'circuit-breaker', state })));
  return end;
}

/** Whether nothing follows a change. */
function isLast(event: StatusEvent): boolean {
  return event.type === 'group' && event.state === 'closed';
}

/** How many changes wait for a reader who does not take them; older ones make way for newer ones. */
const MAX_KEPT = 256;

/**
 * The changes of a sender, one by one: an async iterator that ends when the sender is closed, after telling so. A reader
 * who does not keep up misses the oldest changes.
 */
export class StatusStream implements AsyncIterableIterator<StatusEvent, undefined, undefined>, AsyncDisposable {
  readonly #kept: StatusEvent[] = [];
  #takers: ((result: IteratorResult<StatusEvent, undefined>) => void)[] = [];
  /** There as long as more may come. */
  #unsubscribe: (() => void) | undefined;

  readonly #pace: RefusalPace;

  /**
   * @internal
   * @param pace - at which the end is told.
   */
  constructor(now: GroupStatus, subscribe: (listener: (event: StatusEvent) => void) => () => void, pace: RefusalPace) {
    this.#pace = pace;
    if (now.state !== 'closed') this.#unsubscribe = subscribe((event) => this.#push(event));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<StatusEvent, undefined>> {
    const value = this.#kept.shift();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    if (this.#unsubscribe === undefined) return this.#over();
    return new Promise((resolve) => this.#takers.push(resolve));
  }

  return(): Promise<IteratorResult<StatusEvent, undefined>> {
    this.#kept.length = 0;
    this.#end();
    return this.#over();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  async #over(): Promise<IteratorResult<StatusEvent, undefined>> {
    await this.#pace.next();
    return { done: true, value: undefined };
  }

  #push(event: StatusEvent): void {
    const taker = this.#takers.shift();
    if (taker !== undefined) taker({ done: false, value: event });
    else {
      if (this.#kept.length === MAX_KEPT) this.#kept.shift();
      this.#kept.push(event);
    }
    if (isLast(event)) this.#end();
  }

  #end(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    for (const taker of this.#takers) taker({ done: true, value: undefined });
    this.#takers = [];
  }
}
