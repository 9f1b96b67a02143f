// Draws the charts of README.md and docs/performance.md: the same pictures from the same results, byte by byte.

import { findCase } from '../find.ts';
import { busyNote, type Run } from '../report.ts';
import type { RowResult } from '../results.ts';
import { BASELINE, ROWS } from '../systems/index.ts';

const LABEL_WIDTH = 190;
const PANEL_WIDTH = 300;
const VALUE_WIDTH = 50;
const GAP = 20;
const MARGIN = 20;
const ROW_HEIGHT = 22;
const BAR_HEIGHT = 14;
const HEAD_HEIGHT = 84;
const FOOT_HEIGHT = 68;
/** The cases that are shown, each in a panel. */
const PANELS = [
  { stringLength: 16, title: '16 characters' },
  { stringLength: 500, title: '500 characters' },
] as const;
const WINDOW = 1000;

const LIGHT = {
  paper: '#ffffff',
  text: '#1f2328',
  muted: '#656d76',
  own: '#0860c4',
  peer: '#8c959f',
  base: '#c5ccd4',
  line: '#d8dee4',
};
const DARK: typeof LIGHT = {
  paper: '#0d1117',
  text: '#f0f3f6',
  muted: '#9198a1',
  own: '#4f9cf5',
  peer: '#6a737d',
  base: '#3d444d',
  line: '#343b44',
};

/** What a chart shows of each row. */
interface Picture {
  readonly title: string;
  /** The share that a bar stands for; none of a row that is left out. */
  share(row: RowResult): number | undefined;
}

const OF_RAW: Picture = {
  title: 'Queries per second as a share of a hand-written loop (raw)',
  share: ({ shareOfRaw }) => shareOfRaw?.median ?? 0,
};

const OF_EVERYTHING_ON: Picture = {
  title: 'Queries per second with telemetry, as a share of everything on without it',
  share: ({ id, shareOfEverythingOn }) => (id === BASELINE ? undefined : (shareOfEverythingOn?.median ?? 0)),
};

/** The chart of a run's results, as SVG. */
export function drawChart(run: Run): string {
  return draw(run, OF_RAW);
}

/** The chart of what telemetry costs, as SVG. */
export function drawTelemetry(run: Run): string {
  return draw(run, OF_EVERYTHING_ON);
}

function draw(run: Run, { title, share }: Picture): string {
  const panels = PANELS.map(({ stringLength, title }) => ({
    title,
    shares: sharesOf(findCase(run.cases, stringLength, WINDOW)?.rows ?? [], share),
  }));
  const first = panels[0]?.shares ?? new Map();
  const ids = orderOf(first);
  const most = Math.max(1, ...panels.flatMap(({ shares }) => [...shares.values()]));
  const width = 2 * MARGIN + LABEL_WIDTH + PANELS.length * (PANEL_WIDTH + VALUE_WIDTH) + (PANELS.length - 1) * GAP;
  const height = HEAD_HEIGHT + ids.length * ROW_HEIGHT + FOOT_HEIGHT;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" class="bench" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title desc">`,
    `<title id="title">${title}</title>`,
    `<desc id="desc">${escaped(describe(ids, first))}</desc>`,
    `<style>${styleSheet()}</style>`,
    `<rect class="paper" width="${width}" height="${height}" rx="6"/>`,
    text(MARGIN, 28, title, 'title'),
    text(
      MARGIN,
      48,
      `${WINDOW.toLocaleString('en-US')} requests under way over one connection; client and server share two cores; longer is faster`,
      'muted',
    ),
    ...ids.map((id, index) => text(MARGIN + LABEL_WIDTH - 10, yOf(index) + 12, id, `${kindOf(id)} label`)),
    ...panels.flatMap((panel, index) => drawPanel(panel, index, ids, most)),
    ...footer(run).map((line, index) =>
      text(MARGIN, HEAD_HEIGHT + ids.length * ROW_HEIGHT + 24 + 16 * index, line, 'muted'),
    ),
    '</svg>',
  ].join('\n')}\n`;
}

/** By the id of the row. */
type Shares = ReadonlyMap<string, number>;

function sharesOf(rows: readonly RowResult[], share: Picture['share']): Shares {
  const shares = new Map<string, number>();
  for (const row of rows) {
    const value = share(row);
    if (value !== undefined) shares.set(row.id, value);
  }
  return shares;
}

function drawPanel(
  { title, shares }: { title: string; shares: Shares },
  index: number,
  ids: readonly string[],
  most: number,
): string[] {
  const x = MARGIN + LABEL_WIDTH + index * (PANEL_WIDTH + VALUE_WIDTH + GAP);
  const widthOf = (share: number) => round(Math.max(1, (PANEL_WIDTH * share) / most));
  const one = round(x + widthOf(1));
  const bars = ids.flatMap((id, place) => {
    const share = shares.get(id);
    if (share === undefined) return [text(x + 4, yOf(place) + 12, 'not measured', 'muted')];
    const bar = `<rect class="${kindOf(id)}" x="${x}" y="${yOf(place)}" width="${widthOf(share)}" height="${BAR_HEIGHT}" rx="2"/>`;
    return [bar, text(round(x + widthOf(share) + 6), yOf(place) + 12, share.toFixed(share < 0.1 ? 3 : 2), 'value')];
  });
  const bottom = HEAD_HEIGHT + ids.length * ROW_HEIGHT;
  return [
    text(x, HEAD_HEIGHT - 10, title, 'head'),
    `<path class="line" d="M${one} ${HEAD_HEIGHT - 4}V${bottom}"/>`,
    ...bars,
  ];
}

/** The fastest first, by the first panel. */
function orderOf(shares: Shares): readonly string[] {
  return [...shares].toSorted(([, a], [, b]) => b - a).map(([id]) => id);
}

function kindOf(id: string): string {
  return ROWS.find((row) => row.id === id)?.kind ?? 'peer';
}

function yOf(index: number): number {
  return HEAD_HEIGHT + index * ROW_HEIGHT + (ROW_HEIGHT - BAR_HEIGHT) / 2;
}

function footer({ date, node, machine, options }: Run): readonly string[] {
  const note = busyNote(machine);
  return [
    `${date.slice(0, 10)}, Node ${node}, ${machine.cpus} x ${machine.model}, ${machine.platform} ${machine.arch}; medians of ${options.rounds} rounds, all rows in turn`,
    'Only shares taken within one run compare. How it is measured, and all figures: docs/performance.md',
    ...(note === undefined ? [] : [note]),
  ];
}

function describe(ids: readonly string[], shares: Shares): string {
  const figures = ids.map((id) => `${id} ${shares.get(id)?.toFixed(3)}`);
  return `With strings of 16 characters: ${figures.join(', ')}`;
}

function text(x: number, y: number, words: string, classes: string): string {
  return `<text class="${classes}" x="${x}" y="${y}">${escaped(words)}</text>`;
}

function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** To a tenth: nobody sees more. */
function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function styleSheet(): string {
  return [
    `.bench{${variables(LIGHT)}}`,
    `@media(prefers-color-scheme:dark){.bench{${variables(DARK)}}}`,
    '.bench text{font:12px Helvetica,Arial,"Liberation Sans",sans-serif;fill:var(--text)}',
    '.bench .title{font-size:16px;font-weight:bold}.bench .head{font-weight:bold}',
    '.bench .label{text-anchor:end}.bench text.own{font-weight:bold}',
    '.bench .muted,.bench text.peer,.bench text.baseline{fill:var(--muted)}',
    '.bench .paper{fill:var(--paper)}.bench .line{stroke:var(--line);fill:none}',
    '.bench rect.own{fill:var(--own)}.bench rect.peer{fill:var(--peer)}.bench rect.baseline{fill:var(--base)}',
  ].join('');
}

function variables(colours: typeof LIGHT): string {
  return Object.entries(colours)
    .map(([name, colour]) => `--${name}:${colour}`)
    .join(';');
}
