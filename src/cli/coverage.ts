import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WalkedEdge } from '../base/edge-counts.ts';
import { describeError } from '../base/errors/cmd-stream-error.ts';
import { laidOver } from './covered-drawing.ts';
import { type ChartCoverage, coverageOf } from './covered-edges.ts';
import { readDrawing, readWalked } from './packaged-files.ts';
import { readScrape } from './scrape.ts';
import type { Terminal } from './terminal.ts';
import { parseArguments, UsageError } from './usage-error.ts';

/** `cmd-stream coverage`: the edges that production has walked, beside those that the tests have. */
export async function coverage(args: string[], out: Terminal): Promise<number> {
  const { values, positionals } = parseArguments({
    args,
    allowPositionals: true,
    options: { svg: { type: 'string' }, json: { type: 'boolean', default: false } },
  });
  const [file, ...rest] = positionals;
  if (file === undefined || rest.length > 0) throw new UsageError(`coverage takes one file, or - for standard input`);
  const charts = coverageOf(await readScrape(file), await readWalked());
  if (values.svg !== undefined) await draw(charts, values.svg);
  if (values.json) out.json({ charts: charts.map(documentOf) });
  else show(charts, out);
  return charts.some(({ productionOnly }) => productionOnly.length > 0) ? 1 : 0;
}

/** Writes the drawing of every chart with its edges laid over. @throws UsageError */
async function draw(charts: readonly ChartCoverage[], folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    for (const chart of charts) {
      const drawing = await readDrawing(chart.chart);
      if (drawing !== undefined) await writeFile(join(folder, `${chart.chart}.svg`), laidOver(drawing, chart));
    }
  } catch (error) {
    throw new UsageError(`--svg must be a folder that can be written to: ${describeError(error)}`);
  }
}

function documentOf({ chart, production, tests, productionOnly, testsOnly }: ChartCoverage): object {
  return { chart, production: production.length, tests: tests.length, productionOnly, testsOnly };
}

function show(charts: readonly ChartCoverage[], out: Terminal): void {
  const width = Math.max(...charts.map(({ chart }) => chart.length), 'chart'.length);
  const row = (chart: string, ...cells: readonly (string | number)[]) =>
    `${chart.padEnd(width)}${cells.map((cell) => String(cell).padStart(12)).join('')}`;
  out.line(out.paint('bold', row('chart', 'production', 'tests', 'both')));
  for (const { chart, production, tests, productionOnly } of charts) {
    out.line(row(chart, production.length, tests.length, production.length - productionOnly.length));
  }
  const unknown = charts.flatMap(({ productionOnly }) => productionOnly);
  if (unknown.length > 0) {
    out.heading(out.paint('red', 'Production took, and no test did'));
    for (const edge of unknown) out.line(out.paint('red', `  ${edge.chart}  ${inWords(edge)}, ${times(edge.count)}`));
  }
  const unseen = charts.flatMap(({ testsOnly }) => testsOnly);
  if (unseen.length === 0) return;
  out.heading('Only tests took');
  for (const edge of unseen) out.line(`  ${edge.chart}  ${inWords(edge)}`);
}

const inWords = ({ from, event, to }: WalkedEdge) => `${from} -> ${to} on ${event}`;

const times = (count: number) => (count === 1 ? 'once' : `${count} times`);
