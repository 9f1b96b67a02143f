// Gives every state, arrow and text of a chart its place.

import type { ElkExtendedEdge } from 'elkjs/lib/elk.bundled.js';
import { type Arrow, anyState, arrowsOf, type Block, headOf, type Line } from './blocks.ts';
import { type ElkArrow, type ElkBox, layOut } from './elk.ts';
import type { Point, Rect } from './geometry.ts';
import { type Chart, type ChartState, contains, statesOf } from './model.ts';
import { straighten } from './straighten.ts';
import { LINE_PX } from './text.ts';

/** A line of text with its place. */
export interface PlacedLine extends Rect {
  readonly line: Line;
}

/** The box of a state. */
export interface PlacedState extends Rect {
  readonly state: ChartState;
  readonly lines: readonly PlacedLine[];
}

/** The arrow of one or several transitions. */
export interface PlacedArrow {
  readonly arrow: Arrow;
  readonly points: readonly Point[];
  /** The plate that its label stands on. */
  readonly plate: Rect;
  readonly lines: readonly PlacedLine[];
}

/** The dot from which an arrow leads to the state that a compound state starts in. */
export interface PlacedInitial extends Rect {
  readonly to: string;
  readonly points: readonly Point[];
}

/** Stands for whichever state inside a state: from it lead the transitions that are common to all of them. */
export interface PlacedAny extends Rect {
  /** The path of the state around it. */
  readonly of: string;
  readonly lines: readonly PlacedLine[];
}

/** A drawing: everything in it has its place. */
export interface Layout {
  readonly id: string;
  readonly width: number;
  readonly height: number;
  /** Outermost first. */
  readonly states: readonly PlacedState[];
  readonly arrows: readonly PlacedArrow[];
  readonly initials: readonly PlacedInitial[];
  readonly anys: readonly PlacedAny[];
}

/** Room around the text of a box, and of a label. */
export const BOX_PADDING = { x: 14, y: 9 } as const;
export const LABEL_PADDING = { x: 6, y: 3 } as const;
const DOT_PX = 11;
const MARGIN_PX = 12;
/** Between a line and a text that it passes. */
const CLEAR_PX = 8;
const ANY = anyState();
const ANY_SIZE = { width: ANY.widthPx + 2 * LABEL_PADDING.x + 8, height: ANY.heightPx + 2 * LABEL_PADDING.y };

/** Lays a chart out. The same chart always gets the same layout. */
export async function layoutOf(chart: Chart): Promise<Layout> {
  const states = statesOf(chart.root);
  const arrows = arrowsOf(chart.transitions);
  const heads = new Map(states.map((state) => [state.path, headFor(state, chart)]));
  const starts = states.filter(({ initial }) => initial !== undefined);

  const order = new Map(states.map(({ path }, index) => [path, index]));
  const wholes = states.filter(({ path }) => arrows.some(({ from, to }) => from === path && contains(path, to)));

  const boxOf = (state: ChartState): ElkBox => {
    const head = heads.get(state.path)!;
    const dot = { id: `initial ${state.path}`, width: DOT_PX, height: DOT_PX, place: 'first', boxes: [] } as const;
    const any = { id: `any ${state.path}`, ...ANY_SIZE, place: 'first', boxes: [] } as const;
    return {
      id: `state ${state.path}`,
      width: head.widthPx + 2 * BOX_PADDING.x,
      height: head.heightPx + 2 * BOX_PADDING.y,
      place: state.kind === 'final' ? 'last' : undefined,
      boxes: [
        ...(state.initial === undefined ? [] : [dot]),
        ...state.states.map(boxOf),
        ...(wholes.includes(state) ? [any] : []),
      ],
    };
  };
  const isUpward = (from: string, to: string) => !contains(from, to) && order.get(from)! > order.get(to)!;
  const wanted: ElkArrow[] = [
    ...starts.map(({ path, initial }) => ({
      id: `start ${path}`,
      from: `initial ${path}`,
      to: `state ${initial}`,
      isUpward: false,
      label: undefined,
    })),
    ...arrows.map(({ from, to, label }) => ({
      id: `${from}>${to}`,
      from: contains(from, to) ? `any ${from}` : `state ${from}`,
      to: `state ${to}`,
      isUpward: isUpward(from, to),
      label: { width: label.widthPx + 2 * LABEL_PADDING.x, height: label.heightPx + 2 * LABEL_PADDING.y },
    })),
  ];
  const places = await layOut([boxOf(chart.root)], wanted);

  const rects = new Map([...places.boxes].map(([id, rect]) => [id, shifted(rect)]));
  const edges = wanted.map(({ id }) => places.arrows.get(id)!);
  const routes = straighten(
    wanted.map(({ from, to, isUpward }, index) => {
      const points = pointsOf(edges[index]!);
      return { points: isUpward ? points.reverse() : points, start: rects.get(from)!, end: rects.get(to)! };
    }),
  );
  const frame = rects.get('state ')!;
  return {
    id: chart.id,
    width: Math.ceil(frame.width + 2 * MARGIN_PX),
    height: Math.ceil(frame.height + 2 * MARGIN_PX),
    states: states.map((state): PlacedState => {
      const rect = rects.get(`state ${state.path}`)!;
      const head = heads.get(state.path)!;
      return { state, ...rect, lines: leftAligned(head, freeOfLines(head, rect, routes), BOX_PADDING) };
    }),
    anys: wholes.map(({ path }) => {
      const rect = rects.get(`any ${path}`)!;
      return { of: path, ...rect, lines: centred(ANY, rect) };
    }),
    initials: starts.map(({ path, initial }, index) => ({
      to: initial!,
      ...rects.get(`initial ${path}`)!,
      points: routes[index]!,
    })),
    arrows: arrows.map((arrow, index): PlacedArrow => {
      const { x = 0, y = 0, width = 0, height = 0 } = edges[starts.length + index]!.labels![0]!;
      const plate = shifted({ x, y, width, height });
      return {
        arrow,
        points: routes[starts.length + index]!,
        plate,
        lines: leftAligned(arrow.label, plate, LABEL_PADDING),
      };
    }),
  };
}

/** Where the text at the top of a box may start: as far left as no line passes through it. */
function freeOfLines(head: Block, rect: Rect, routes: readonly (readonly Point[])[]): Point {
  const top = rect.y + BOX_PADDING.y;
  const crossings = routes
    .flatMap((points) => points.slice(1).map((point, index) => [points[index]!, point] as const))
    .filter(([a, b]) => Math.min(a.y, b.y) < top + head.heightPx && Math.max(a.y, b.y) > top)
    .map(([a, b]) => ({ left: Math.min(a.x, b.x), right: Math.max(a.x, b.x) }))
    .sort((a, b) => a.left - b.left);
  let x = rect.x;
  for (const { left, right } of crossings) {
    const start = x + BOX_PADDING.x;
    if (right > start - CLEAR_PX && left < start + head.widthPx + CLEAR_PX) x = right + CLEAR_PX - BOX_PADDING.x;
  }
  return { x, y: rect.y };
}

function headFor(state: ChartState, chart: Chart): Block {
  const stays = chart.transitions.filter(({ from, to }) => from === state.path && to === undefined);
  return headOf(state, state.path === '' ? chart.id : state.name, stays);
}

function pointsOf({ sections = [] }: ElkExtendedEdge): Point[] {
  const points = sections.flatMap(({ startPoint, bendPoints = [], endPoint }) => [startPoint, ...bendPoints, endPoint]);
  let before: Point | undefined;
  return points.map(({ x, y }) => {
    const next = { x: exact(x + MARGIN_PX), y: exact(y + MARGIN_PX) };
    before = before === undefined ? next : squared(next, before);
    return before;
  });
}

/** The same point, straight below or beside the one before where it is so but for a fraction: elk slants at a border. */
function squared({ x, y }: Point, before: Point): Point {
  const isNear = (a: number, b: number) => Math.abs(a - b) < 0.5;
  return { x: isNear(x, before.x) ? before.x : x, y: isNear(y, before.y) ? before.y : y };
}

/** Without the traces of elk's sums: what is straight has to be exactly so. */
function exact(px: number): number {
  return Math.round(px * 1000) / 1000;
}

function shifted({ x, y, width, height }: Rect): Rect {
  return { x: x + MARGIN_PX, y: y + MARGIN_PX, width, height };
}

function leftAligned({ lines }: Block, { x, y }: Point, padding: Point): PlacedLine[] {
  return lines.map((line, index) => placed(line, x + padding.x, y + padding.y + index * LINE_PX));
}

function centred({ lines }: Block, { x, y, width }: Rect): PlacedLine[] {
  return lines.map((line, index) =>
    placed(line, x + (width - line.widthPx) / 2, y + LABEL_PADDING.y + index * LINE_PX),
  );
}

function placed(line: Line, x: number, y: number): PlacedLine {
  return { line, x, y, width: line.widthPx, height: LINE_PX };
}
