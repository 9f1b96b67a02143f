import type { CmdStreamError } from '../../base/errors/cmd-stream-error.ts';
import type { RefusalPace } from '../../base/refusal-pace.ts';
import { Backlog, ResultBounds, watchRest } from '../client/backlog.ts';

/** A caller that waits for the next Result. */
interface Taker {
  readonly resolve: (result: IteratorResult<unknown, undefined>) => void;
  readonly reject: (error: CmdStreamError) => void;
}

/** Where the Results of a queue come from. */
export interface ResultSource {
  /** The caller has taken a Result that was kept: of `size` bytes on the wire, and about `weight` of memory. */
  taken(size: number, weight: number): void;
  /** The caller leaves before the end. */
  left(): void;
}

/** Ending for the caller after the last Result: the end, and an error before it where there is one. */
interface Ending {
  readonly error: CmdStreamError | undefined;
}

const END: IteratorResult<unknown, undefined> = { done: true, value: undefined };
/** Also the ending after which nothing is told but the end, again and again. */
const IN_ORDER: Ending = { error: undefined };
/** Fewer places of taken Results than these are not worth moving the others. */
const FEW_TAKEN = 64;
/** Where there is nothing to come. */
const NOWHERE: ResultSource = { taken: () => undefined, left: () => undefined };
const NOTHING = new ResultBounds(1, 1);

/**
 * The Results of one request on their way to a caller that takes them one by one: an async iterator. Results that come
 * faster than they are taken are kept, in order. An error comes after the Results that came before it, and once; after
 * it the iterator is at its end, as a generator would be.
 */
export class ResultQueue implements AsyncIterableIterator<unknown, undefined, undefined>, AsyncDisposable {
  #kept: unknown[] = [];
  /** Weights of the Results in `#kept`. */
  #weights: number[] = [];
  /** Their bytes on the wire, once there was one whose weight is not just that. */
  #sizes: number[] | undefined;
  /** How many places at the start of `#kept` are of Results that were taken. */
  #taken = 0;
  #takers: Taker[] = [];
  #ending: Ending | undefined = undefined;
  /** Nowhere after the end. */
  #source: ResultSource;
  readonly #backlog: Backlog;
  readonly #pace: RefusalPace;

  /**
   * @param backlog - what is kept is counted there.
   * @param pace - at which the end is told to a caller who has heard of it.
   */
  constructor(source: ResultSource, backlog: Backlog, pace: RefusalPace) {
    this.#source = source;
    this.#backlog = backlog;
    this.#pace = pace;
  }

  /** A queue that gets no Results, only an end. */
  static empty(pace: RefusalPace): ResultQueue {
    return new ResultQueue(NOWHERE, new Backlog(NOTHING), pace);
  }

  /** A queue that has nothing but an error to give. */
  static failed(error: CmdStreamError, pace: RefusalPace): ResultQueue {
    const queue = ResultQueue.empty(pace);
    queue.end(error);
    return queue;
  }

  /** How many Results wait to be taken. */
  get length(): number {
    return this.#kept.length - this.#taken;
  }

  /** Whether the caller waits for the next Result: it need not be kept. */
  get isAwaited(): boolean {
    return this.#takers.length > 0;
  }

  // ---- the side of the caller

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    if (this.length > 0) return Promise.resolve({ done: false, value: this.#take() });
    const ending = this.#ending;
    if (ending === undefined) return new Promise((resolve, reject) => this.#takers.push({ resolve, reject }));
    if (ending === IN_ORDER) return this.#over();
    this.#ending = IN_ORDER;
    return ending.error === undefined ? Promise.resolve(END) : Promise.reject(ending.error);
  }

  /** Leaves: what is kept is dropped, and whoever waits for a Result is told that there is none. */
  return(): Promise<IteratorResult<unknown, undefined>> {
    const source = this.#source;
    this.#kept = [];
    this.#weights = [];
    this.#sizes = undefined;
    this.#taken = 0;
    this.#backlog.clear();
    this.end(undefined);
    this.#ending = IN_ORDER;
    source.left();
    return this.#over();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  // ---- the side of the request

  /**
   * Gives a Result, which came with the connection's `delivery`, to the one who waits for it, or keeps it. Returns whether it is
   * kept.
   */
  push(value: unknown, weight: number, size: number, delivery: number): boolean {
    const taker = this.#takers.shift();
    if (taker !== undefined) {
      taker.resolve({ done: false, value });
      return false;
    }
    this.#backlog.add(weight, delivery);
    this.#kept.push(value);
    if (size !== weight) this.#sizes ??= [...this.#weights];
    this.#weights.push(weight);
    this.#sizes?.push(size);
    return true;
  }

  /** No Result follows: because of `error`, or in order. Later ends mean nothing. */
  end(error: CmdStreamError | undefined): void {
    if (this.#ending !== undefined) return;
    this.#source = NOWHERE;
    if (this.length > 0) watchRest(this, this.#backlog);
    const takers = this.#takers;
    this.#takers = [];
    const [first] = takers;
    this.#ending = first === undefined ? { error } : IN_ORDER;
    if (first !== undefined && error !== undefined) first.reject(error);
    // Harmless for the one that was rejected.
    for (const taker of takers) taker.resolve(END);
  }

  /** Leaving many in a row, or asking again what is over, must not keep others from their turn. */
  #over(): Promise<IteratorResult<unknown, undefined>> {
    const pause = this.#pace.next();
    return pause === undefined ? Promise.resolve(END) : pause.then(() => END);
  }

  #take(): unknown {
    const value = this.#kept[this.#taken];
    const weight = this.#weights[this.#taken] as number;
    const size = this.#sizes?.[this.#taken] ?? weight;
    this.#kept[this.#taken++] = undefined;
    if (this.length === 0 || (this.#taken >= FEW_TAKEN && this.#taken >= this.length)) {
      this.#kept = this.#kept.slice(this.#taken);
      this.#weights = this.#weights.slice(this.#taken);
      this.#sizes = this.#sizes?.slice(this.#taken);
      this.#taken = 0;
    }
    this.#backlog.remove(weight);
    this.#source.taken(size, weight);
    return value;
  }
}
