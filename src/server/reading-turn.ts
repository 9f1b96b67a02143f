import { type FairTurn, WORK_OF_FRAME, WORK_PER_LOOK } from '../base/fair-turn.ts';

/**
 * So many bytes are a turn of their own where there are other connections: a socket gives up to 64 KiB at a time, and would
 * give 2 MiB before anybody else has one. Costs payloads of 1 MiB 12 to 20 % of their rate.
 */
const LARGE_PIECE = 32 * 1024;

/** The reading of one connection, which takes turns. */
export interface Reading {
  /** Others have their turn first. */
  beginTurnOfOthers(): void;
  endTurnOfOthers(): void;
}

/**
 * Has one connection read in turn with the others of its server: a client that sends without a pause is read by the slice,
 * and what is known to be much work is charged before it is done.
 */
export class ReadingTurn {
  readonly #turn: FairTurn;
  readonly #reading: Reading;
  /** Work done for this client since it was last looked whether others wait, and in which turn. */
  #work = 0;
  #number = 0;
  /** Whether this is the turn that it has waited for to do something large. */
  #inLargeTurn = false;
  /** Whether it has done nothing in that turn. */
  #isDue = false;
  #waiting = false;

  constructor(turn: FairTurn, reading: Reading) {
    this.#turn = turn;
    this.#reading = reading;
  }

  /**
   * Counts the work for a frame of `size` bytes that has been dealt with, or for so much of one that has come. Returns whether
   * others had better go first.
   */
  spend(size: number): boolean {
    const turn = this.#turn;
    if (turn.number !== this.#number) {
      this.#number = turn.number;
      this.#work = 0;
    }
    this.#isDue = false;
    this.#work += WORK_OF_FRAME + size;
    if (this.#work < WORK_PER_LOOK) return false;
    this.#work = 0;
    turn.look();
    return turn.isOver() || (size >= LARGE_PIECE && turn.isShared);
  }

  /** Returns whether something large may be begun now: while the slice is not used up and nobody waits, or in a turn for it. */
  beginLarge(): boolean {
    const turn = this.#turn;
    if (this.#isDue || !turn.isShared) return true;
    if (!this.#inLargeTurn && turn.isAwaited) return false;
    turn.look();
    return !turn.isOver();
  }

  /** Lets others have their turn, and then goes on. */
  letOthersGo(): void {
    if (!this.#waits()) return;
    // Not as the owner of its handlers' Results: its Commands would wait behind all of those.
    this.#turn.queue(this, this.#goOn);
  }

  /** Goes on when it is its turn to do something large. */
  waitForLargeTurn(): void {
    if (this.#waits()) this.#turn.queueLong(this, this.#goOnLarge);
  }

  /** Reads no more; returns whether it did until now. */
  #waits(): boolean {
    if (this.#waiting) return false;
    this.#waiting = true;
    this.#reading.beginTurnOfOthers();
    return true;
  }

  readonly #goOn = (): void => {
    this.#waiting = false;
    this.#reading.endTurnOfOthers();
  };

  readonly #goOnLarge = (): void => {
    this.#inLargeTurn = true;
    this.#isDue = true;
    this.#goOn();
    this.#inLargeTurn = false;
    this.#isDue = false;
  };
}
