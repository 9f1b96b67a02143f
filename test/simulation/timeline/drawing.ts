import type { Violation } from '../history.ts';
import type { Lane, Mark, Span } from './lanes.ts';

const NAME_WIDTH = 230;
const WIDTH = 1240;
const LANE_HEIGHT = 22;
const GROUP_GAP = 34;
const TOP = 44;

const TITLES: Readonly<Record<Lane['group'], string>> = {
  faults: 'Faults',
  clients: 'Group and clients',
  breaker: 'Circuit breaker',
  servers: 'Servers',
  requests: 'Requests',
};

/** A text that is nothing but text in HTML. */
export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** From when to when something is drawn. */
export interface Window {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Draws lanes over time, and a line where a promise was broken. */
export function draw(lanes: readonly Lane[], violations: readonly Violation[], window: Window): string {
  const x = (ms: number) => {
    const share = (ms - window.fromMs) / (window.toMs - window.fromMs);
    return Number((NAME_WIDTH + Math.min(1, Math.max(0, share)) * (WIDTH - NAME_WIDTH - 20)).toFixed(2));
  };
  const visible = (ms: number) => ms >= window.fromMs && ms <= window.toMs;
  const parts: string[] = [];
  let y = TOP;
  let group: string | undefined;
  for (const lane of lanes) {
    if (lane.group !== group) {
      y += GROUP_GAP;
      group = lane.group;
      parts.push(`<text class="title" x="0" y="${y - 10}">${TITLES[lane.group]}</text>`);
    }
    parts.push(drawLane(lane, y, x, visible));
    y += LANE_HEIGHT;
  }
  const height = y + 30;
  const axis = ticks(window).map(
    (ms) =>
      `<line class="grid" x1="${x(ms)}" y1="${TOP}" x2="${x(ms)}" y2="${height - 24}"/>` +
      `<text class="tick" x="${x(ms)}" y="${height - 8}">${ms.toLocaleString('en-US')} ms</text>`,
  );
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="what happened over time">${axis.join('')}${parts.join('')}${brokenLines(violations, x, height)}</svg>`;
}

function drawLane(lane: Lane, y: number, x: (ms: number) => number, visible: (ms: number) => boolean): string {
  const middle = y + LANE_HEIGHT / 2;
  const spans = lane.spans.filter(({ fromMs, toMs }) => visible(fromMs) || visible(toMs) || x(fromMs) !== x(toMs));
  const name = lane.name.length > 36 ? `${lane.name.slice(0, 35)}…` : lane.name;
  return [
    lane.isGuilty ? `<rect class="guilty" x="-8" y="${y}" width="${WIDTH}" height="${LANE_HEIGHT}" rx="4"/>` : '',
    `<text class="name" x="0" y="${middle + 4}"><title>${escapeHtml(lane.name)}</title>${escapeHtml(name)}</text>`,
    `<line class="rail" x1="${NAME_WIDTH}" y1="${middle}" x2="${WIDTH - 20}" y2="${middle}"/>`,
    ...spans.map((span) => drawSpan(span, y, x, lane.group === 'requests')),
    ...lane.marks.filter(({ atMs }) => visible(atMs)).map((mark) => drawMark(mark, middle, x)),
  ].join('');
}

function drawSpan(
  { fromMs, toMs, look, label }: Span,
  y: number,
  x: (ms: number) => number,
  isRequest: boolean,
): string {
  const width = Math.max(2.5, x(toMs) - x(fromMs));
  const fits = width > label.length * 6.2 + 12;
  const shown = fits ? label : '';
  // What a request came to is told beside it where it is short.
  const isBeside = !fits && isRequest && x(toMs) + label.length * 6.2 + 14 < WIDTH;
  const beside = isBeside ? `<text class="beside" x="${x(toMs) + 9}" y="${y + 15}">${escapeHtml(label)}</text>` : '';
  const text = shown === '' ? '' : `<text class="in" x="${x(fromMs) + 7}" y="${y + 15}">${escapeHtml(shown)}</text>`;
  const title = `<title>${escapeHtml(label)}: ${fromMs.toFixed(3)} to ${toMs.toFixed(3)} ms</title>`;
  return `<g class="span ${look}">${title}<rect x="${x(fromMs)}" y="${y + 3}" width="${width.toFixed(2)}" height="${LANE_HEIGHT - 6}" rx="4"/>${text}${beside}</g>`;
}

function drawMark({ atMs, look, label }: Mark, y: number, x: (ms: number) => number): string {
  const title = `<title>${escapeHtml(label)}, ${atMs.toFixed(3)} ms</title>`;
  const at = x(atMs);
  switch (look) {
    case 'value':
      return `<circle class="value" cx="${at}" cy="${y}" r="3.2">${title}</circle>`;
    case 'executes':
      return `<path class="executes" d="M${at - 4} ${y - 5}L${at + 4} ${y}L${at - 4} ${y + 5}Z">${title}</path>`;
    case 'deadline':
      return `<line class="deadline" x1="${at}" y1="${y - 10}" x2="${at}" y2="${y + 10}">${title}</line>`;
    case 'ended':
      return `<rect class="ended" x="${at - 1.5}" y="${y - 8}" width="3" height="16" rx="1.5">${title}</rect>`;
    default:
      return `<path class="strike" d="M${at - 4.5} ${y - 4.5}L${at + 4.5} ${y + 4.5}M${at + 4.5} ${y - 4.5}L${at - 4.5} ${y + 4.5}">${title}</path>`;
  }
}

/** A line with its name for what went wrong first, and thin ones for what came of it. */
function brokenLines(violations: readonly Violation[], x: (ms: number) => number, height: number): string {
  const [first, ...others] = violations;
  if (first === undefined) return '';
  const line = (ms: number, top: number) => `<line x1="${x(ms)}" y1="${top}" x2="${x(ms)}" y2="${height - 24}"/>`;
  const moments = new Set(others.map(({ atMs }) => atMs).filter((atMs) => atMs !== first.atMs));
  const faint = [...moments].slice(0, 6).map((atMs) => `<g class="broken faint">${line(atMs, TOP)}</g>`);
  const label = /^\d$/.test(first.promise) ? `promise ${first.promise} broken` : `not as the ${first.promise} model`;
  const width = label.length * 7 + 26;
  const left = Math.max(0, Math.min(x(first.atMs) - width / 2, WIDTH - width));
  const text = `<text x="${left + width / 2}" y="23">${label}</text>`;
  return `${faint.join('')}<g class="broken">${line(first.atMs, 30)}<rect x="${left}" y="8" width="${width}" height="22" rx="11"/>${text}</g>`;
}

/** About eight round moments. */
function ticks({ fromMs, toMs }: Window): number[] {
  const rough = (toMs - fromMs) / 8;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= rough) ?? rough);
  const first = Math.ceil(fromMs / step) * step;
  const moments: number[] = [];
  for (let ms = first; ms <= toMs; ms += step) moments.push(ms);
  return moments;
}
