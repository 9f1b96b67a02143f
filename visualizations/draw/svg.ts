// Writes a layout as SVG: no script, no web font; light and dark by the reader's preference; states and arrows carry data
// attributes, so that a live page can light up what is active.

import type { Point } from './geometry.ts';
import type { Layout, PlacedAny, PlacedArrow, PlacedInitial, PlacedLine, PlacedState } from './layout.ts';
import { LINE_PX } from './text.ts';
import { styleSheet } from './theme.ts';

/** The drawing of a layout. `label` is what a screen reader says instead of it. */
export function svgOf(layout: Layout, label: string): string {
  const { id, width, height, states, anys, initials, arrows } = layout;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="statechart" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeXml(label)}" data-machine="${id}">`,
    `<style>${styleSheet()}</style>`,
    '<defs>',
    `<marker id="${id}-tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path class="tip" d="M0 0.5 L7.5 4 L0 7.5 Z"/></marker>`,
    '</defs>',
    `<rect class="paper" width="${width}" height="${height}" rx="10"/>`,
    ...states.map(stateBox),
    ...initials.map((initial) => start(initial, id)),
    ...anys.map(anyBox),
    ...arrows.map((arrow) => arrowLine(arrow, id)),
    ...arrows.map(arrowLabel),
    '</svg>',
    '',
  ].join('\n');
}

function stateBox({ state, x, y, width, height, lines }: PlacedState): string {
  const level = state.path === '' ? 'machine' : state.states.length > 0 ? 'compound' : 'leaf';
  const at = (inset: number, radius: number) =>
    `x="${px(x + inset)}" y="${px(y + inset)}" width="${px(width - 2 * inset)}" height="${px(height - 2 * inset)}" rx="${radius}"`;
  return [
    `<g class="state ${level} ${state.kind}${state.isRegion ? ' region' : ''}" data-state="${state.path}">`,
    `<rect class="box" ${at(0, 8)}/>`,
    ...(state.kind === 'final' ? [`<rect class="inner" ${at(3, 5.5)}/>`] : []),
    ...lines.map(textLine),
    '</g>',
  ].join('');
}

function anyBox({ of, x, y, width, height, lines }: PlacedAny): string {
  const box = `<rect class="pill" x="${px(x)}" y="${px(y)}" width="${px(width)}" height="${px(height)}" rx="${px(height / 2)}"/>`;
  return `<g class="any" data-of="${of}">${box}${lines.map(textLine).join('')}</g>`;
}

function start({ x, y, width, to, points }: PlacedInitial, id: string): string {
  const radius = width / 2;
  return `<g class="initial" data-to="${to}"><circle cx="${px(x + radius)}" cy="${px(y + radius)}" r="${px(radius)}"/><path class="line" d="${pathOf(points)}" marker-end="url(#${id}-tip)"/></g>`;
}

function arrowLine({ arrow, points }: PlacedArrow, id: string): string {
  return `<g class="arrow" ${dataOf(arrow)}><path class="line" d="${pathOf(points)}" marker-end="url(#${id}-tip)"/></g>`;
}

function arrowLabel({ arrow, plate, lines }: PlacedArrow): string {
  const { x, y, width, height } = plate;
  const box = `<rect class="plate" x="${px(x)}" y="${px(y)}" width="${px(width)}" height="${px(height)}" rx="5"/>`;
  return `<g class="label" ${dataOf(arrow)}>${box}${lines.map(textLine).join('')}</g>`;
}

function dataOf({ from, to, events }: PlacedArrow['arrow']): string {
  return `data-from="${from}" data-to="${to}" data-event="${escapeXml(events.join(' '))}"`;
}

function textLine({ line, x, y }: PlacedLine): string {
  const runs = line.runs.map(({ text, style }) => `<tspan class="${style}">${escapeXml(text)}</tspan>`).join('');
  const event = line.event === undefined ? '' : ` data-event="${escapeXml(line.event)}"`;
  return `<text x="${px(x)}" y="${px(y + LINE_PX * 0.74)}"${event}>${runs}</text>`;
}

const CORNER_PX = 6;

/** A polyline with rounded corners. */
function pathOf(points: readonly Point[]): string {
  const parts = points.map((point, index) => {
    const before = points[index - 1];
    const after = points[index + 1];
    if (before === undefined) return `M${px(point.x)} ${px(point.y)}`;
    if (after === undefined) return `L${px(point.x)} ${px(point.y)}`;
    const into = towards(point, before);
    const out = towards(point, after);
    return `L${px(into.x)} ${px(into.y)} Q${px(point.x)} ${px(point.y)} ${px(out.x)} ${px(out.y)}`;
  });
  return parts.join(' ');
}

function towards(from: Point, to: Point): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const part = length === 0 ? 0 : Math.min(CORNER_PX, length / 2) / length;
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
}

/** A tenth of a pixel is exact enough, and keeps the files small. */
function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
