import type { ChartCoverage } from './covered-edges.ts';
import { type DrawnTransition, drawnAs } from './drawn-transitions.ts';

/** What is known of a transition of a drawing: by how many edges of it production went, how often, and by how many tests did. */
interface Walks {
  production: number;
  tests: number;
  /** Edges of it that production has walked and no test has. */
  untested: number;
  count: number;
}

/** What a transition is shown as, the worst first: its class, its colours on light and dark paper, its words in the legend. */
const SHOWN = [
  ['walked-production', '#cf222e', '#ff7b72', 'production beyond tests'],
  ['walked-both', '#1a7f37', '#3fb950', 'production and tests'],
  ['walked-tests', '#8250df', '#bc8cff', 'tests only'],
  ['walked-never', '#afb8c1', '#484f58', 'neither'],
] as const;

/** The legend below the drawing: the size of an entry. */
const ENTRY_PX = { width: 220, height: 30 };
const GROUP = /<g class="(arrow|label|state)([^"]*)"([^>]*)>(.*?)<\/g>/g;
const TEXT = /<text ([^>]*data-event="([^"]*)"[^>]*)>(.*?)<\/text>/g;
const SIZE = /viewBox="0 0 (\S+) (\S+)" width="\S+" height="\S+"/;

/** A drawing with its edges laid over: each transition in the colour of who has walked it, with counts for whoever points at it. */
export function laidOver(drawing: string, coverage: ChartCoverage): string {
  const walks = walksOf(coverage);
  const [, width = '0', height = '0'] = SIZE.exec(drawing) ?? [];
  const columns = Math.max(1, Math.min(SHOWN.length, Math.floor((Number(width) - 26) / ENTRY_PX.width)));
  const tall = Number(height) + Math.ceil(SHOWN.length / columns) * ENTRY_PX.height;
  const id = /data-machine="([^"]*)"/.exec(drawing)?.[1] ?? '';
  return drawing
    .replace(SIZE, `viewBox="0 0 ${width} ${tall}" width="${width}" height="${tall}"`)
    .replace(/(<rect class="paper" width="\S+" height=")\S+"/, `$1${tall}"`)
    .replace('</style>', `${styles(id)}</style>`)
    .replace('</defs>', `${SHOWN.map(([shown]) => tip(id, shown)).join('')}</defs>`)
    .replace(GROUP, (_, kind: string, more: string, data: string, inner: string) => {
      if (kind !== 'arrow') return `<g class="${kind}${more}"${data}>${inkedTexts(inner, data, kind, walks)}</g>`;
      const all = attribute(data, 'event')
        .split(' ')
        .map((event) => walksAt(walks, data, event));
      return `<g class="arrow${more} ${shownAs(all)}"${data}>${inner}${titleOf(all)}</g>`;
    })
    .replace('</svg>', `${legend(Number(height), columns)}</svg>`);
}

/** Texts in a label or a box, each in the colour of its transition. */
function inkedTexts(inner: string, data: string, kind: string, walks: ReadonlyMap<string, Walks>): string {
  const from = attribute(data, kind === 'state' ? 'state' : 'from');
  const place = `data-from="${from}" data-to="${attribute(data, 'to')}"`;
  return inner.replace(TEXT, (_, attributes: string, event: string, text: string) => {
    const all = [walksAt(walks, place, event)];
    return `<text class="${shownAs(all)}" ${attributes}>${text}${titleOf(all)}</text>`;
  });
}

function walksOf({ chart, production, tests, productionOnly }: ChartCoverage): ReadonlyMap<string, Walks> {
  const all = new Map<string, Walks>();
  const walked = (edges: ChartCoverage['tests'], what: 'production' | 'tests' | 'untested') => {
    for (const edge of edges) {
      for (const transition of drawnAs(chart, edge)) {
        const walks = all.get(keyOf(transition)) ?? { production: 0, tests: 0, untested: 0, count: 0 };
        walks[what]++;
        if (what === 'production') walks.count += edge.count;
        all.set(keyOf(transition), walks);
      }
    }
  };
  walked(production, 'production');
  walked(tests, 'tests');
  walked(productionOnly, 'untested');
  return all;
}

const keyOf = ({ from, to, event }: DrawnTransition) => JSON.stringify([from, to, event]);

function walksAt(walks: ReadonlyMap<string, Walks>, data: string, event: string): Walks | undefined {
  return walks.get(keyOf({ from: attribute(data, 'from'), to: attribute(data, 'to'), event }));
}

function attribute(data: string, name: string): string {
  return new RegExp(`data-${name}="([^"]*)"`).exec(data)?.[1] ?? '';
}

/** The class of an arrow or text that stands for these: one edge that no test has walked makes it stand out. */
function shownAs(all: readonly (Walks | undefined)[]): string {
  const has = (what: keyof Walks) => all.some((walks) => walks !== undefined && walks[what] > 0);
  if (has('untested')) return 'walked-production';
  if (has('production')) return 'walked-both';
  return has('tests') ? 'walked-tests' : 'walked-never';
}

function titleOf(all: readonly (Walks | undefined)[]): string {
  const sum = (what: keyof Walks) => all.reduce((total, walks) => total + (walks?.[what] ?? 0), 0);
  const untested = sum('untested') === 0 ? '' : `, ${sum('untested')} of them by no test`;
  return `<title>production: ${sum('count')} times, from ${sum('production')} states${untested}; tests: from ${sum('tests')}</title>`;
}

function styles(id: string): string {
  const colours = (dark: boolean) =>
    SHOWN.map(([shown, light, night]) => `--${shown}:${dark ? night : light}`).join(';');
  const rules = SHOWN.map(
    ([shown]) =>
      `.statechart .${shown} .line{stroke:var(--${shown});stroke-width:2;marker-end:url(#${id}-${shown})}` +
      `.statechart text.${shown} tspan,.statechart text.${shown}{fill:var(--${shown})}` +
      `.statechart .tip.${shown}{fill:var(--${shown})}`,
  );
  return [
    `.statechart{${colours(false)}}`,
    `@media(prefers-color-scheme:dark){.statechart{${colours(true)}}}`,
    ...rules,
    '.statechart .walked-production .line{stroke-width:4}.statechart text.walked-production{font-weight:bold}',
    '.statechart .walked-never .line{stroke-dasharray:4 4}',
  ].join('');
}

function tip(id: string, shown: string): string {
  return `<marker id="${id}-${shown}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path class="tip ${shown}" d="M0 0.5 L7.5 4 L0 7.5 Z"/></marker>\n`;
}

function legend(top: number, columns: number): string {
  const parts = SHOWN.map(([shown, , , words], index) => {
    const x = 26 + (index % columns) * ENTRY_PX.width;
    const y = top + (Math.floor(index / columns) + 0.5) * ENTRY_PX.height;
    const line = `<g class="${shown}"><path class="line" d="M${x} ${y} L${x + 34} ${y}"/></g>`;
    return `${line}<text class="event ${shown}" x="${x + 42}" y="${y + 4}">${words}</text>`;
  });
  return `<g class="legend">${parts.join('')}</g>\n`;
}
