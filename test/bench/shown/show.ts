import { readFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { CHART, DOCUMENT, RESULTS, ROOT } from '../places.ts';
import type { Run } from '../report.ts';
import { drawChart } from './chart.ts';
import { fillDocument } from './document.ts';

/** What is shown of the committed results: the texts of files, by path. */
export function shownResults(): ReadonlyMap<string, string> {
  const run = JSON.parse(readFileSync(RESULTS, 'utf8')) as Run;
  return new Map([
    [CHART, drawChart(run)],
    [DOCUMENT, fillDocument(readFileSync(DOCUMENT, 'utf8'), run)],
  ]);
}

/** Draws the chart and fills in the document. */
export function showResults(): void {
  for (const [path, text] of shownResults()) {
    writeFileSync(path, text);
    console.log(`${relative(ROOT, path)} written`);
  }
}
