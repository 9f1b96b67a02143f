/** One hot piece of the library, beside what one would write by hand in its place. */
export interface Piece {
  readonly name: string;
  /** What one operation is. */
  readonly operation: string;
  /** What it is compared with. */
  readonly plain: string;
  /**
   * It may cost at most so many times the time of what it is compared with. Generous: about half again what was measured,
   * since machines differ; what goes beyond is a regression.
   */
  readonly atMost: number;
  /** Makes both sides; what they do is measured, how they are made is not. */
  prepare(): Sides;
}

/** Does an operation `count` times. */
export type Work = (count: number) => void | Promise<void>;

/** What is measured, and what it is compared with. */
export interface Sides {
  readonly ours: Work;
  readonly plain: Work;
}

/** What one operation costs. */
export interface Cost {
  /** CPU time: on a busy machine it says more than the time that has passed. */
  readonly ns: number;
  readonly allocatedBytes: number;
}

/** What was measured of a piece. */
export interface PieceResult {
  readonly piece: Piece;
  readonly ours: Cost;
  readonly plain: Cost;
  /** The time of ours against that of the plain one, round by round; of these the median. */
  readonly ratio: number;
}
