// Takes small kinks out of arrows: where a line would step aside by a few pixels only to meet the middle of its share of
// a box, it goes straight on and meets the box a few pixels further along.
import type { Point, Rect } from './geometry.ts';

/** A line with the boxes that it starts and ends at. */
export interface Route {
  readonly points: readonly Point[];
  readonly start: Rect;
  readonly end: Rect;
}

const KINK_PX = 14;
/** Lines that meet a box keep this distance from each other, and from its corners. */
const APART_PX = 9;

/** The points of each route, without small kinks at their ends. */
export function straighten(routes: readonly Route[]): Point[][] {
  const result = routes.map(({ points }) => [...points]);
  routes.forEach(({ start, end }, index) => {
    const others = () => result.filter((_, other) => other !== index).flatMap((points) => [points[0]!, points.at(-1)!]);
    const forth = withoutKink(result[index]!, start, others());
    result[index] = withoutKink(forth.reverse(), end, others()).reverse();
  });
  return result;
}

/** Looks at the first three stretches: down, aside, and down again. */
function withoutKink(points: Point[], box: Rect, others: readonly Point[]): Point[] {
  const [first, second, third, fourth] = points;
  if (first === undefined || second === undefined || third === undefined || fourth === undefined) return points;
  const aside = Math.abs(third.x - first.x);
  if (aside === 0 || aside > KINK_PX) return points;
  if (second.x !== first.x || third.y !== second.y || fourth.x !== third.x) return points;
  const isOnBox = third.x >= box.x + APART_PX && third.x <= box.x + box.width - APART_PX;
  const isFree = others.every(({ x, y }) => Math.abs(y - first.y) > 1 || Math.abs(x - third.x) >= APART_PX);
  return isOnBox && isFree ? [{ x: third.x, y: first.y }, ...points.slice(3)] : points;
}
