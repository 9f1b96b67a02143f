import type { CmdStreamError } from '../errors/cmd-stream-error.ts';

/** A caller that waits for the next Result. */
interface Taker {
  readonly resolve: (result: IteratorResult<unknown, undefined>) => void;
  readonly reject: (error: CmdStreamError) => void;
}

/** What the caller gets after the last Result: the end, and an error before it where there is one. */
interface Ending {
  readonly error: CmdStreamError | undefined;
}

const END: IteratorResult<unknown, undefined> = { done: true, value: undefined };
const IN_ORDER: Ending = { error: undefined };
/** Fewer places of taken Results than these are not worth moving the others. */
const FEW_TAKEN = 64;

/**
 * The Results of one request on their way to a caller that takes them one by one: an async iterator. Results that come
 * faster than they are taken are kept, in order. An error comes after the Results that came before it, and once; after
 * it the iterator is at its end, as a generator would be.
 */
export class ResultQueue implements AsyncIterableIterator<unknown, undefined, undefined>, AsyncDisposable {
  #kept: unknown[] = [];
  /** How many places at the start of `#kept` are of Results that were taken. */
  #taken = 0;
  #takers: Taker[] = [];
  #ending: Ending | undefined = undefined;
  #onLeave: (() => void) | undefined;

  /** @param onLeave - called when the caller leaves before the end. */
  constructor(onLeave: () => void) {
    this.#onLeave = onLeave;
  }

  /** A queue that has nothing but an error to give. */
  static failed(error: CmdStreamError): ResultQueue {
    const queue = new ResultQueue(() => undefined);
    queue.end(error);
    return queue;
  }

  /** How many Results wait to be taken. */
  get length(): number {
    return this.#kept.length - this.#taken;
  }

  // ---- the side of the caller

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    if (this.length > 0) return Promise.resolve({ done: false, value: this.#take() });
    const ending = this.#ending;
    if (ending === undefined) return new Promise((resolve, reject) => this.#takers.push({ resolve, reject }));
    this.#ending = IN_ORDER;
    return ending.error === undefined ? Promise.resolve(END) : Promise.reject(ending.error);
  }

  /** Leaves: what is kept is dropped, and whoever waits for a Result is told that there is none. */
  return(): Promise<IteratorResult<unknown, undefined>> {
    const onLeave = this.#onLeave;
    this.#kept = [];
    this.#taken = 0;
    this.end(undefined);
    this.#ending = IN_ORDER;
    onLeave?.();
    return Promise.resolve(END);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  // ---- the side of the request

  /** Gives a Result to the one who waits for it, or keeps it. */
  push(value: unknown): void {
    const taker = this.#takers.shift();
    if (taker === undefined) this.#kept.push(value);
    else taker.resolve({ done: false, value });
  }

  /** No Result follows: because of `error`, or in order. Later ends mean nothing. */
  end(error: CmdStreamError | undefined): void {
    if (this.#ending !== undefined) return;
    this.#onLeave = undefined;
    const takers = this.#takers;
    this.#takers = [];
    const [first] = takers;
    this.#ending = first === undefined ? { error } : IN_ORDER;
    if (first !== undefined && error !== undefined) first.reject(error);
    // Harmless for the one that was rejected.
    for (const taker of takers) taker.resolve(END);
  }

  #take(): unknown {
    const value = this.#kept[this.#taken];
    this.#kept[this.#taken++] = undefined;
    if (this.length === 0 || (this.#taken >= FEW_TAKEN && this.#taken >= this.length)) {
      this.#kept = this.#kept.slice(this.#taken);
      this.#taken = 0;
    }
    return value;
  }
}
