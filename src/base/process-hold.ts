import { BEHIND, type Clock, type TimerHandle } from './clock.ts';

/** Resource that keeps the process from ending as long as it is open, and can be told not to: a socket of Node's, a server. */
export interface ProcessHolder {
  /** Keeps the process from ending, from now on. */
  ref(): unknown;
  /** Lets the process end. */
  unref(): unknown;
  once(event: 'close', listener: () => void): unknown;
}

/**
 * Whether the timers and sockets of a sender or server keep the process from ending: at first they do. Timers are those
 * that are set by {@link ProcessHold.clock}.
 */
export class ProcessHold {
  readonly clock: Clock;
  readonly #timers: HeldTimers;
  readonly #holders = new Set<ProcessHolder>();
  #holds = true;

  constructor(clock: Clock) {
    this.#timers = new HeldTimers(clock);
    this.clock = this.#timers;
  }

  /** Takes in a socket or server until it is closed; harmless where it has been. */
  readonly add = (holder: ProcessHolder): void => {
    if (!this.#holders.has(holder)) {
      this.#holders.add(holder);
      holder.once('close', () => this.#holders.delete(holder));
    }
    if (!this.#holds) holder.unref();
  };

  /** Everything that there is, and that comes, keeps the process from ending. */
  ref(): void {
    this.#holds = true;
    this.#timers.refAll();
    for (const holder of this.#holders) holder.ref();
  }

  /** Nothing that there is, or comes, does. */
  unref(): void {
    this.#holds = false;
    this.#timers.unrefAll();
    for (const holder of this.#holders) holder.unref();
  }
}

/** A clock in front of another one that knows which of its timers are set. */
class HeldTimers implements Clock {
  readonly [BEHIND]: Clock;
  readonly #set = new Set<TimerHandle>();
  #holds = true;

  constructor(clock: Clock) {
    this[BEHIND] = clock;
  }

  now(): number {
    return this[BEHIND].now();
  }

  monotonicMs(): number {
    return this[BEHIND].monotonicMs();
  }

  setTimeout(callback: () => void, delayMs: number): TimerHandle {
    const handle = this[BEHIND].setTimeout(() => {
      this.#set.delete(handle);
      callback();
    }, delayMs);
    this.#set.add(handle);
    if (!this.#holds) this[BEHIND].unref?.(handle);
    return handle;
  }

  clearTimeout(handle: TimerHandle): void {
    this.#set.delete(handle);
    this[BEHIND].clearTimeout(handle);
  }

  /** For good: a timer that nobody waits for. */
  unref(handle: TimerHandle): void {
    this.#set.delete(handle);
    this[BEHIND].unref?.(handle);
  }

  refAll(): void {
    this.#holds = true;
    for (const handle of this.#set) this[BEHIND].ref?.(handle);
  }

  unrefAll(): void {
    this.#holds = false;
    for (const handle of this.#set) this[BEHIND].unref?.(handle);
  }
}
