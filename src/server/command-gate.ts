import type { FrameChannel, FrameGate } from '../wire/frame-channel.ts';
import type { Backpressure } from './backpressure.ts';
import type { Holdings } from './holdings.ts';
import type { ReadingTurn } from './reading-turn.ts';

/** Session that a {@link CommandGate} stands before. */
export interface GatedSession {
  /** A Command was put aside. */
  held(): void;
  /** So many bytes were looked at: others may have their turn. */
  worked(size: number): void;
  /** A Command was refused, since too much is held already. */
  overloaded(seq: number, type: number): void;
}

/** Which Commands of one connection are decoded when, put aside or refused: by its turn, and by what is held for it. */
export class CommandGate implements FrameGate {
  readonly #channel: FrameChannel;
  readonly #session: GatedSession;
  readonly #backpressure: Backpressure;
  readonly #holdings: Holdings;
  readonly #turn: ReadingTurn;

  constructor(
    channel: FrameChannel,
    session: GatedSession,
    backpressure: Backpressure,
    holdings: Holdings,
    turn: ReadingTurn,
  ) {
    this.#channel = channel;
    this.#session = session;
    this.#backpressure = backpressure;
    this.#holdings = holdings;
    this.#turn = turn;
  }

  /** Counts what has arrived and is not decoded. */
  arrived(): void {
    this.#holdings.arrivedAre(this.#channel.arrivedBytes);
  }

  admit(size: number): boolean {
    return this.#turn.beginLarge() && this.#backpressure.mayTake(size);
  }

  postponed(size: number): void {
    this.arrived();
    if (this.#backpressure.mayTake(size)) this.#turn.waitForLargeTurn();
    else this.#backpressure.largeCame(size);
  }

  mayHold(size: number): boolean {
    return this.#backpressure.mayHold(size);
  }

  held(size: number): void {
    this.arrived();
    this.#backpressure.held();
    this.#session.held();
    this.#session.worked(size);
  }

  refused(seq: number, type: number, size: number): void {
    this.#session.overloaded(seq, type);
    this.#session.worked(size);
  }
}
