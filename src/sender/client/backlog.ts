/** Memory that a Result that waits takes beside its payload: its places in queues, and the objects around a small value. */
export const OVERHEAD_BYTES = 64;
/** All streams of a sender together may keep so many times what one may. */
const STREAMS_AT_THEIR_BOUND = 4;
/** Rest of a stream that has ended; a smaller one counts for nothing any more. */
const SMALL_REST_BYTES = 64 * 1024;

/**
 * How much of one stream waits: `slow` from half of what may wait on, when reading on is of no use to it, until most of it
 * has been taken; `full` when no more may be kept.
 */
export type Pressure = 'none' | 'slow' | 'full';

/**
 * Policy for a stream whose Results come faster than its consumer takes them: it is read on only as the consumer
 * takes them, or fails with `result-overflow`.
 */
export type WhenSlow = 'pause' | 'fail';

/** State of a connection while Results arrive. */
export interface Arrival {
  /** How many times bytes have arrived; the same for all Results that arrived together. */
  readonly deliveries: number;
  /** Whether it reads for others although streams are full: what comes for those cannot be kept. */
  readonly readsOn: boolean;
}

/** The same where there is no connection yet. */
export const NOTHING_ARRIVES: Arrival = { deliveries: 0, readsOn: false };

/** Credit that servers keep to: what it covers is no reason to read no more. */
export interface Cover {
  /** Whether so many Results, of so many bytes of memory, may wait. */
  covers(results: number, bytes: number): boolean;
}

/** Bounds for the Results that wait for their consumers: of one stream, and of all streams of a sender together. */
export class ResultBounds {
  /** How many Results of one stream may wait, beside those that arrive at once. */
  readonly maxResults: number;
  /** How many bytes of them may wait. */
  readonly maxBytes: number;
  /** How many bytes of Results of all streams may wait. */
  readonly maxTotalBytes: number;
  /** How many bytes of all streams wait now. */
  totalBytes = 0;
  /** Of how many streams Results wait now. */
  backlogs = 0;

  constructor(maxResults: number, maxBytes: number) {
    this.maxResults = maxResults;
    this.maxBytes = maxBytes;
    this.maxTotalBytes = STREAMS_AT_THEIR_BOUND * maxBytes;
  }
}

/**
 * The Results of one stream that wait for one thing: their consumer, or a schema. A Result weighs its bytes on the wire
 * (or what its codec says that it takes in memory) and 64 bytes more.
 *
 * Where all streams together keep too much, those are to blame that keep more than an equal share: the others go on.
 */
export class Backlog {
  /** How many wait. */
  count = 0;
  /** Weight of all that wait. */
  bytes = 0;
  /** Weight of the heaviest Result of the stream so far: the next may weigh as much. */
  heaviest = 0;
  /** What the server was granted; none where it waits for nothing. */
  cover: Cover | undefined = undefined;
  /** How much waited when it was assessed last. */
  pressure: Pressure = 'none';
  readonly #bounds: ResultBounds;
  /** The delivery that was read last, and how many waited already when it came. */
  #delivery = -1;
  #countBefore = 0;
  /** Whether it counts among all streams of the sender. */
  #counted = true;

  constructor(bounds: ResultBounds) {
    this.#bounds = bounds;
  }

  /** A Result waits, which came with the connection's `delivery`. */
  add(weight: number, delivery: number): void {
    this.arrived(delivery);
    const bytes = weight + OVERHEAD_BYTES;
    this.bytes += bytes;
    this.count++;
    if (!this.#counted) return;
    this.#bounds.totalBytes += bytes;
    if (this.count === 1) this.#bounds.backlogs++;
  }

  /** A Result waits no more. */
  remove(weight: number): void {
    const bytes = weight + OVERHEAD_BYTES;
    this.bytes -= bytes;
    this.count--;
    if (!this.#counted) return;
    this.#bounds.totalBytes -= bytes;
    if (this.count === 0) this.#bounds.backlogs--;
  }

  /** Nothing waits any more. */
  clear(): void {
    this.uncount();
    this.count = 0;
    this.bytes = 0;
  }

  /** It counts among all streams of the sender no more. */
  uncount(): void {
    if (!this.#counted) return;
    this.#counted = false;
    this.#bounds.totalBytes -= this.bytes;
    if (this.count > 0) this.#bounds.backlogs--;
  }

  /** Notes how many waited when `delivery` came: thousands of small Results may arrive before anybody can take one. */
  arrived(delivery: number): void {
    if (delivery === this.#delivery) return;
    this.#delivery = delivery;
    this.#countBefore = this.count;
  }

  /** Finds out anew how much waits. Returns whether that has changed. */
  reassess(): boolean {
    const before = this.pressure;
    if (this.count === 0 || this.#isCovered) this.pressure = 'none';
    else if (this.isAtBound) this.pressure = 'full';
    else if (before === 'none') this.pressure = this.#isSlow ? 'slow' : 'none';
    else if (this.#hasRoom) this.pressure = 'none';
    else if (before === 'full' && this.#isBelowBound) this.pressure = 'slow';
    return this.pressure !== before;
  }

  /** Whether no Result that comes with `delivery` may be kept, by their number or by their bytes. */
  isFull(delivery: number): boolean {
    return this.#isFullByNumber(delivery) || this.isAtBound;
  }

  /**
   * Whether no Result that comes now over `arrival` may be kept. A stream that the server waits for is full only by its
   * bytes, and only where its connection is read for others all the same.
   */
  refuses({ deliveries, readsOn }: Arrival, whenSlow: WhenSlow): boolean {
    return whenSlow === 'fail' ? this.isFull(deliveries) : readsOn && this.isAtBound && !this.#isCovered;
  }

  /** Why it is full, for a message. */
  describe(delivery: number, whenSlow: WhenSlow): string {
    const byNumber = whenSlow === 'fail';
    const { maxResults, maxBytes, maxTotalBytes } = this.#bounds;
    if (byNumber && this.#isFullByNumber(delivery)) {
      return `${maxResults} Results wait for their consumer (option 'maxBufferedResults')`;
    }
    const paused = byNumber ? '' : ', and Results of others had to be read';
    return this.#isFullByBytes
      ? `Results of ${maxBytes} bytes wait for their consumer${paused} (option 'maxBufferedResultBytes')`
      : `Results of ${maxTotalBytes} bytes wait for the consumers of all streams${paused}` +
          ` (${STREAMS_AT_THEIR_BOUND} times option 'maxBufferedResultBytes')`;
  }

  #isFullByNumber(delivery: number): boolean {
    return (delivery === this.#delivery ? this.#countBefore : this.count) >= this.#bounds.maxResults;
  }

  /** Whether the server was granted all that waits, but for one Result that may go beyond. */
  get #isCovered(): boolean {
    return this.cover?.covers(this.count, this.bytes - this.count * OVERHEAD_BYTES - this.heaviest) === true;
  }

  get #isFullByBytes(): boolean {
    return this.bytes >= this.#bounds.maxBytes;
  }

  /** Whether no Result may be kept, by their bytes. */
  get isAtBound(): boolean {
    return this.#isFullByBytes || this.#isAboveShare(1, this.bytes + this.heaviest);
  }

  /** Whether, of one that was at its bound, so much has been taken that it is worth reading on for others. */
  get #isBelowBound(): boolean {
    return this.bytes <= 0.75 * this.#bounds.maxBytes && !this.#isAboveShare(0.75);
  }

  /** Whether so much waits that reading on is of no use to this stream. */
  get #isSlow(): boolean {
    const { maxResults, maxBytes } = this.#bounds;
    return this.#countBefore >= maxResults || this.bytes >= maxBytes / 2 || this.#isAboveShare(0.5);
  }

  /** Whether, of one that was slow, so little waits that it should be read on. */
  get #hasRoom(): boolean {
    const { maxResults, maxBytes } = this.#bounds;
    return this.count <= maxResults / 2 && this.bytes <= maxBytes / 4 && !this.#isAboveShare(0.25);
  }

  /** Whether all streams keep at least `part` of what they may, and this one its equal share of that. */
  #isAboveShare(part: number, bytes = this.bytes): boolean {
    const { totalBytes, maxTotalBytes, backlogs } = this.#bounds;
    const mostBytes = part * maxTotalBytes;
    return totalBytes >= mostBytes && bytes * backlogs >= mostBytes;
  }
}

/** Backlogs of queues that nobody refers to any more and that can take no Result: of loops that were given up without leaving them. */
const abandoned = new FinalizationRegistry<Backlog>((backlog) => backlog.clear());

/**
 * No Result follows in the queue `owner`. What waits in it goes on counting for as long as somebody may take it; a small
 * rest, which most streams have for a moment, is not worth the watching.
 */
export function watchRest(owner: object, backlog: Backlog): void {
  if (backlog.bytes < SMALL_REST_BYTES) backlog.uncount();
  else abandoned.register(owner, backlog);
}
