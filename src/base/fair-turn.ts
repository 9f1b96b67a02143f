import { type Clock, inNextTurn } from './clock.ts';

/** A frame, or what has come of one, is worth the time of its bytes, and of so many more. */
export const WORK_OF_FRAME = 512;
/** After so much it is time to look whether others have waited for long enough. */
export const WORK_PER_LOOK = 8 * WORK_OF_FRAME;

/**
 * How long handlers may go on giving Results, and sessions reading Commands, before the rest of the process has its turn.
 * A client that asks little waits about so long beside others that flood a server. With 0.5 ms in its place, a busy connection had
 * 2 to 7 % more of a rate that varied by 40 %.
 */
const SLICE_MS = 0.1;
/** And how many looks: what counts where time stands still while handlers run, as on a virtual clock. */
const SLICE_LOOKS = 4096;

/** The work that waits, by owner, in the order of their turns. */
type Line = Map<object, (() => void)[]>;

/**
 * Keeps handlers that give Results without ever waiting, and clients that send Commands without ever waiting, from starving
 * the process: promises alone never let the network in, and a socket gives megabytes at a time. All of a server share one
 * slice of each turn of the event loop; once it is used up they queue, and each turn is the next one's: by their owners in
 * turn, however much each has to do. What may take far longer than a slice has a line of its own: one of it comes between
 * two rounds of the others, so that nobody waits for more than one.
 */
export class FairTurn {
  readonly #clock: Clock;
  #endMs = 0;
  #left = 0;
  /** Keeps the next turn from coming; there only while a slice is being used up, or someone waits. */
  #cancel: (() => void) | undefined;
  #waiting: Line = new Map();
  /** The work that may take long. */
  #waitingLong: Line = new Map();
  /** How many others have their turns before the next that may take long. */
  #roundLeft = 0;
  #number = 0;
  #members = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether several connections share the turns. */
  get isShared(): boolean {
    return this.#members > 1;
  }

  /** Whether anybody waits for a turn. */
  get isAwaited(): boolean {
    return this.#waiting.size > 0 || this.#waitingLong.size > 0;
  }

  /** A connection has come. */
  join(): void {
    this.#members++;
  }

  /** A connection has gone. */
  leave(): void {
    this.#members--;
  }

  /** Begins a slice where none is being used up, and counts the looks at one that is; to be followed by {@link isOver}. */
  look(): void {
    if (this.#cancel === undefined) this.#begin();
    else this.#left--;
  }

  /**
   * Whether the slice is used up, so that who has more to do should {@link queue}.
   * @param longerMs - how much longer it is for this one.
   */
  isOver(longerMs = 0): boolean {
    if (this.#cancel === undefined) return false;
    return this.#left <= 0 || this.#clock.monotonicMs() >= this.#endMs + longerMs;
  }

  /** Which turn it is. Turns are counted while slices are being used up; when nobody has looked, no number has changed. */
  get number(): number {
    return this.#number;
  }

  /** Calls back when it is the owner's turn and this is what it queued first. */
  queue(owner: object, goOn: () => void): void {
    this.#queueIn(this.#waiting, owner, goOn);
  }

  /** The same for what may take far longer than a slice. */
  queueLong(owner: object, goOn: () => void): void {
    this.#queueIn(this.#waitingLong, owner, goOn);
  }

  /** Leaves no timer behind; those who wait go on. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const waiting = [...this.#waiting.values(), ...this.#waitingLong.values()];
    this.#waiting = new Map();
    this.#waitingLong = new Map();
    for (const own of waiting) for (const goOn of own) goOn();
  }

  #queueIn(line: Line, owner: object, goOn: () => void): void {
    const own = line.get(owner);
    if (own === undefined) line.set(owner, [goOn]);
    else own.push(goOn);
    if (this.#cancel === undefined) this.#begin();
  }

  #begin(): void {
    this.#endMs = this.#clock.monotonicMs() + SLICE_MS;
    this.#left = SLICE_LOOKS;
    this.#cancel = inNextTurn(this.#clock, this.#next);
  }

  readonly #next = (): void => {
    this.#cancel = undefined;
    this.#number++;
    const line = this.#nextLine();
    const [next] = line;
    if (next === undefined) return;
    const [owner, own] = next;
    const goOn = own.shift() as () => void;
    line.delete(owner);
    if (own.length > 0) line.set(owner, own);
    this.#begin();
    goOn();
  };

  /** Owners whose turn it is: of all who waited when the last that may take long had its turn, each has one before the next. */
  #nextLine(): Line {
    if (this.#waitingLong.size > 0 && (this.#roundLeft <= 0 || this.#waiting.size === 0)) {
      this.#roundLeft = this.#waiting.size;
      return this.#waitingLong;
    }
    this.#roundLeft--;
    return this.#waiting;
  }
}
