/** A point, in pixels from the top left corner of the drawing. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A rectangle, in pixels from the top left corner of the drawing. */
export interface Rect extends Point {
  readonly width: number;
  readonly height: number;
}
