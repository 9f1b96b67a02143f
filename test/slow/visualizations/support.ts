import type { Point, Rect } from '../../../visualizations/draw/geometry.ts';
import { type Layout, layoutOf } from '../../../visualizations/draw/layout.ts';
import { SUBJECTS, type Subject } from '../../../visualizations/draw/machines.ts';
import { readChart } from '../../../visualizations/draw/model.ts';

/** Every drawn machine with its layout. */
export const LAYOUTS: readonly (readonly [string, Layout, Subject])[] = await Promise.all(
  SUBJECTS.map(async (subject) => [subject.file, await layoutOf(readChart(subject.machine)), subject] as const),
);

/** A stretch of a line as a rectangle without width. */
export function stretches(points: readonly Point[]): Rect[] {
  return points.slice(1).map((point, index) => {
    const from = points[index]!;
    const x = Math.min(from.x, point.x);
    const y = Math.min(from.y, point.y);
    return { x, y, width: Math.abs(from.x - point.x), height: Math.abs(from.y - point.y) };
  });
}

/** Whether two rectangles share more than an edge. */
export function overlap(a: Rect, b: Rect): boolean {
  const tiny = 0.01;
  return (
    a.x < b.x + b.width - tiny &&
    b.x < a.x + a.width - tiny &&
    a.y < b.y + b.height - tiny &&
    b.y < a.y + a.height - tiny
  );
}

/** Whether a stretch of a line passes through a rectangle. */
export function passes(stretch: Rect, rect: Rect): boolean {
  return (
    stretch.x < rect.x + rect.width &&
    stretch.x + stretch.width > rect.x &&
    stretch.y < rect.y + rect.height &&
    stretch.y + stretch.height > rect.y
  );
}

/** Whether `inner` lies within `outer`, `roomPx` away from its border. */
export function isWithin(inner: Rect, outer: Rect, roomPx = 0): boolean {
  return (
    inner.x >= outer.x + roomPx &&
    inner.y >= outer.y + roomPx &&
    inner.x + inner.width <= outer.x + outer.width - roomPx &&
    inner.y + inner.height <= outer.y + outer.height - roomPx
  );
}
