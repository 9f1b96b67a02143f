import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { ROOT } from '../../support/compiled.ts';
import { COMMAND } from './coverage.ts';

const FILE = join(ROOT, 'visualizations/walked.json');

/** Checks the edges of a chart that its tests walk against the file; with `COVERAGE=write` puts them there. */
export function writeWalked(chart: string, edges: ReadonlySet<string>): void {
  const there = existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Record<string, string[][]>) : {};
  const told = there[chart] ?? [];
  const walked = [...edges].sort();
  if (process.env.COVERAGE !== 'write') {
    const known = told.map((edge) => JSON.stringify(edge));
    expect(known, `visualizations/walked.json is not current; rewrite it: ${COMMAND}`).toEqual(walked);
    return;
  }
  const all = { ...there, [chart]: walked.map((edge) => JSON.parse(edge) as string[]) };
  const charts = Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1));
  const lines = charts.map(([name, list]) => {
    const each = list.map((edge) => `    [${edge.map((part) => JSON.stringify(part)).join(', ')}]`).join(',\n');
    return `  ${JSON.stringify(name)}: [\n${each}\n  ]`;
  });
  writeFileSync(FILE, `{\n${lines.join(',\n')}\n}\n`);
}
