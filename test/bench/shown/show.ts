import { readFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { CHART, DOCUMENT, RESULTS, ROOT, TELEMETRY_CHART, TELEMETRY_RESULTS } from '../places.ts';
import type { Run } from '../report.ts';
import { drawChart, drawTelemetry } from './chart.ts';
import { fillDocument, fillTelemetry } from './document.ts';

/** What is shown of the committed results: the texts of files, by path. */
export function shownResults(): ReadonlyMap<string, string> {
  const run = readRun(RESULTS);
  const telemetry = readRun(TELEMETRY_RESULTS);
  return new Map([
    [CHART, drawChart(run)],
    [TELEMETRY_CHART, drawTelemetry(telemetry)],
    [DOCUMENT, fillTelemetry(fillDocument(readFileSync(DOCUMENT, 'utf8'), run), telemetry)],
  ]);
}

function readRun(path: string): Run {
  return JSON.parse(readFileSync(path, 'utf8')) as Run;
}

/** Draws the charts and fills in the document. */
export function showResults(): void {
  for (const [path, text] of shownResults()) {
    writeFileSync(path, text);
    console.log(`${relative(ROOT, path)} written`);
  }
}
