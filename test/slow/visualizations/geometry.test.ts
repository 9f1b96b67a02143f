import { describe, expect, it } from 'vitest';
import type { Point, Rect } from '../../../visualizations/draw/geometry.ts';
import type { Layout } from '../../../visualizations/draw/layout.ts';
import { contains } from '../../../visualizations/draw/model.ts';
import { isWithin, LAYOUTS, overlap, passes, stretches } from './support.ts';

/** A line of text, and the box or plate that it must stay in. */
interface Text extends Rect {
  readonly says: string;
  readonly owner: Rect;
}

function textsOf({ states, anys, arrows }: Layout): Text[] {
  const owners = [...states, ...anys, ...arrows.map(({ plate, lines }) => ({ ...plate, lines }))];
  return owners.flatMap((owner) =>
    owner.lines.map((placed) => ({ ...placed, says: placed.line.runs.map(({ text }) => text).join(''), owner })),
  );
}

function pairs<T>(items: readonly T[]): [T, T][] {
  return items.flatMap((one, index) => items.slice(index + 1).map((other): [T, T] => [one, other]));
}

function isOnBorder({ x, y }: Point, rect: Rect): boolean {
  const near = (a: number, b: number) => Math.abs(a - b) < 1.5;
  const isBeside = near(x, rect.x) || near(x, rect.x + rect.width);
  const isAbove = near(y, rect.y) || near(y, rect.y + rect.height);
  const isAlong =
    x >= rect.x - 1.5 && x <= rect.x + rect.width + 1.5 && y >= rect.y - 1.5 && y <= rect.y + rect.height + 1.5;
  return isAlong && (isBeside || isAbove);
}

describe.each(LAYOUTS)('the drawing of %s', (_, layout) => {
  const { states, arrows, initials, anys } = layout;
  const texts = textsOf(layout);
  const lines = [...arrows, ...initials].map(({ points }) => stretches(points));

  it('has no two texts over each other', () => {
    const clashes = pairs(texts).filter(([one, other]) => overlap(one, other));
    expect(clashes.map(([one, other]) => `${one.says} / ${other.says}`)).toEqual([]);
  });

  it('has no text that leaves its box', () => {
    expect(texts.filter((text) => !isWithin(text, text.owner, 2)).map(({ says }) => says)).toEqual([]);
  });

  it('has no line through a text: an arrow passes only under its own label', () => {
    const struck = texts.filter((text) =>
      lines.some((line, index) =>
        arrows[index]?.plate !== undefined && isOwn(text, index) ? false : line.some((part) => passes(part, text)),
      ),
    );
    expect(struck.map(({ says }) => says)).toEqual([]);
  });

  it('has labels that lie on their own arrow, and on no other label, arrow or border', () => {
    for (const [index, { plate, points, arrow }] of arrows.entries()) {
      const name = `${arrow.from} -> ${arrow.to}`;
      const isLoop = arrow.from === arrow.to;
      if (!isLoop)
        expect(
          stretches(points).some((part) => passes(part, plate)),
          name,
        ).toBe(true);
      const others = lines.filter((_, other) => other !== index).flat();
      expect(
        others.filter((part) => passes(part, plate)),
        name,
      ).toEqual([]);
      expect(
        arrows.filter((other) => other.plate !== plate && overlap(other.plate, plate)),
        name,
      ).toEqual([]);
      expect(
        states.filter((state) => overlap(state, plate) && !isWithin(plate, state)),
        name,
      ).toEqual([]);
    }
  });

  it('has boxes that lie within the box around them, and beside their neighbours', () => {
    const frame = { x: 0, y: 0, width: layout.width, height: layout.height };
    for (const [one, other] of pairs(states)) {
      const [outer, inner] = [one.state.path, other.state.path];
      if (contains(outer, inner)) expect(isWithin(other, one, 5), `${inner} in ${outer}`).toBe(true);
      else expect(overlap(one, other), `${inner} beside ${outer}`).toBe(false);
    }
    for (const thing of [...states, ...anys, ...arrows.map(({ plate }) => plate)])
      expect(isWithin(thing, frame, 5)).toBe(true);
    for (const part of lines.flat()) expect(isWithin(part, frame, 5)).toBe(true);
  });

  it('has arrows that lead from the border of one state to the border of the other, straight and square', () => {
    const rectOf = (path: string) => states.find(({ state }) => state.path === path)!;
    for (const { arrow, points } of arrows) {
      const { from, to } = arrow;
      const source = contains(from, to) ? anys.find(({ of }) => of === from)! : rectOf(from);
      expect(isOnBorder(points[0]!, source), `${from} -> ${to} starts`).toBe(true);
      expect(isOnBorder(points.at(-1)!, rectOf(to)), `${from} -> ${to} ends`).toBe(true);
      expect(
        stretches(points).every(({ width, height }) => width < 0.01 || height < 0.01),
        `${from} -> ${to}`,
      ).toBe(true);
    }
    for (const { to, points } of initials) expect(isOnBorder(points.at(-1)!, rectOf(to)), `start of ${to}`).toBe(true);
  });

  it('has no line that runs on another', () => {
    const clashes = pairs(lines).filter(([one, other]) =>
      one.some((a) => other.some((b) => overlap(grown(a), grown(b)) && a.width > 0 === b.width > 0)),
    );
    expect(clashes).toEqual([]);
  });

  it('is not wider than a page shows', () => {
    expect(layout.width).toBeLessThanOrEqual(1320);
  });

  function isOwn(text: Text, index: number): boolean {
    const { x, y } = arrows[index]!.plate;
    return text.owner.x === x && text.owner.y === y;
  }
});

/** A line needs a pixel on either side to be told from its neighbour. */
function grown({ x, y, width, height }: Rect): Rect {
  return { x: x - 1, y: y - 1, width: width + 2, height: height + 2 };
}
