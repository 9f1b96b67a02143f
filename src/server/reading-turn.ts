import type { FairTurn } from './fair-turn.ts';

/** A frame, or what has come of one, is worth the time of its bytes, and of so many more. */
const WORK_OF_FRAME = 512;
/** After so much it is time to look whether others have waited for long enough. */
const WORK_PER_LOOK = 8 * WORK_OF_FRAME;
/**
 * So many bytes are a turn of their own where there are other connections: a socket gives up to 64 KiB at a time, and would
 * give 2 MiB before anybody else has one. Costs payloads of 1 MiB 12 to 20 % of their rate.
 */
const LARGE_PIECE = 32 * 1024;

/** What takes turns: the reading of one connection. */
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
  /** What has been done for this client since it was last looked whether others wait, and in which turn. */
  #work = 0;
  #number = 0;
  /** Whether this is its turn, for which it has waited, and it has done little in it. */
  #isDue = false;
  #waiting = false;

  constructor(turn: FairTurn, reading: Reading) {
    this.#turn = turn;
    this.#reading = reading;
  }

  /** A frame of `size` bytes has been dealt with, or so much of one has come. Returns whether others had better go first. */
  isUsedUp(size: number): boolean {
    const turn = this.#turn;
    if (turn.number !== this.#number) {
      this.#number = turn.number;
      this.#work = 0;
    }
    this.#work += WORK_OF_FRAME + size;
    if (this.#work < WORK_PER_LOOK) return false;
    this.#work = 0;
    this.#isDue = false;
    return turn.isOver() || (size >= LARGE_PIECE && turn.isShared);
  }

  /** Whether something large may be begun now: what takes longer than the slice is begun only while that is not used up. */
  get mayDoLarge(): boolean {
    return this.#isDue || !this.#turn.isShared || !this.#turn.isOver();
  }

  /** Lets others have their turn, and then goes on. */
  letOthersGo(): void {
    if (this.#waiting) return;
    this.#waiting = true;
    this.#reading.beginTurnOfOthers();
    // Not as the owner of its handlers' Results: its Commands would wait behind all of those.
    this.#turn.queue(this, this.#goOn);
  }

  readonly #goOn = (): void => {
    this.#waiting = false;
    this.#isDue = true;
    this.#reading.endTurnOfOthers();
    this.#isDue = false;
  };
}
