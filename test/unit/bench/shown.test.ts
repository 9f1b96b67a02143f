import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../../bench/places.ts';
import type { Run } from '../../bench/report.ts';
import { drawChart, drawTelemetry } from '../../bench/shown/chart.ts';
import { fillDocument, fillTelemetry } from '../../bench/shown/document.ts';
import { goalsOf, isReached } from '../../bench/shown/goals.ts';
import { shownResults } from '../../bench/shown/show.ts';
import { caseOf } from './support.ts';

const SHARES = {
  'cmd-stream-bare': 0.8,
  'cmd-stream': 0.75,
  ws: 0.4,
  'grpc-js': 0.025,
  'cmd-stream-json': 0.6,
  go: 0.2,
};
const cases = [caseOf(16, SHARES), caseOf(500, { 'cmd-stream-bare': 0.5, 'cmd-stream-everything-on': 1.2 })];
const run: Run = {
  date: '2026-05-01T10:00:00.000Z',
  node: 'v20.0.0',
  machine: { cpus: 2, model: 'Processor <1>', memoryBytes: 2 ** 34, platform: 'linux', arch: 'x64' },
  versions: { raw: '1.0.0', 'raw-json': '1.0.0', ws: '8.0.0' },
  options: { rounds: 5, durationMs: 1000, warmUpMs: 500, pin: true, quick: false },
  cases,
};
const MARKED = ['goals', 'run', 'cases']
  .map((name) => `<!-- measured: ${name} -->\nold\n<!-- end: ${name} -->`)
  .join('\n');

describe('what is shown of the results', () => {
  it.each([...shownResults()].map(([path, text]) => [relative(ROOT, path), path, text]))(
    '%s is current (npm run bench -- --chart)',
    (_, path, text) => {
      expect(readFileSync(path, 'utf8')).toBe(text);
    },
  );
});

describe('the chart', () => {
  const chart = drawChart(run);

  it('is the same each time', () => {
    expect(drawChart(structuredClone(run))).toBe(chart);
  });

  it('shows every row, the fastest first, with its share, in both panels', () => {
    const labels = [...chart.matchAll(/<text class="\w+ label"[^>]*>([^<]+)</g)].map(([, id]) => id);
    expect(labels).toEqual(['raw', 'cmd-stream-bare', 'cmd-stream', 'cmd-stream-json', 'ws', 'go', 'grpc-js']);
    const values = [...chart.matchAll(/<text class="value"[^>]*>([^<]+)</g)].map(([, value]) => value);
    expect(values).toEqual(['1.00', '0.80', '0.75', '0.60', '0.40', '0.20', '0.025', '1.00', '0.50']);
    expect(chart.match(/not measured/g)).toHaveLength(5);
  });

  it('draws bars to scale, and none beyond its panel', () => {
    const bars = [...chart.matchAll(/<rect class="(?:own|peer|baseline)" x="(\d+)"[^>]*width="([\d.]+)"/g)];
    const widths = bars.map(([, , width]) => Number(width));
    expect(widths[1]! / widths[0]!).toBeCloseTo(0.8, 2);
    expect(Math.max(...widths)).toBeLessThanOrEqual(300);
  });

  it('says on what it was measured and when, for light and for dark pages', () => {
    expect(chart).toContain('2026-05-01, Node v20.0.0, 2 x Processor &lt;1&gt;, linux x64; medians of 5 rounds');
    expect(chart).toContain('@media(prefers-color-scheme:dark)');
  });
});

describe('what telemetry costs', () => {
  const shares = { 'cmd-stream-everything-on': 0.8, 'cmd-stream-metrics': 0.76, 'cmd-stream-traces': 0.6 };
  const telemetry = { ...run, cases: [caseOf(16, shares), caseOf(500, shares)] };

  it('is drawn as a share of everything on, without raw', () => {
    const chart = drawTelemetry(telemetry);
    const labels = [...chart.matchAll(/<text class="\w+ label"[^>]*>([^<]+)</g)].map(([, id]) => id);
    expect(labels).toEqual(Object.keys(shares));
    const values = [...chart.matchAll(/<text class="value"[^>]*>([^<]+)</g)].map(([, value]) => value);
    expect(values).toEqual(['1.00', '0.95', '0.75', '1.00', '0.95', '0.75']);
  });

  it('stands in a table, filled in again and again', () => {
    const marked = '<!-- measured: telemetry -->\nold\n<!-- end: telemetry -->';
    const filled = fillTelemetry(marked, telemetry);
    expect(filled).toContain('| cmd-stream-metrics | 76,000 | 0.95 (0.95 - 0.95) |');
    expect(filled).not.toContain('old');
    expect(filled).not.toContain('| raw |');
    expect(fillTelemetry(filled, telemetry)).toBe(filled);
    expect(() => fillTelemetry('# Performance', telemetry)).toThrow("has no place '<!-- measured: telemetry -->'");
  });
});

describe('the goals', () => {
  const goals = new Map(goalsOf(cases).map((goal) => [goal.measure, goal]));
  const measured = (measure: string) => goals.get(measure)?.measured;

  it('are compared with what was measured', () => {
    expect(measured('queries per second as a share of raw, cmd-stream-bare, 16 characters')).toBeCloseTo(0.8);
    expect(measured('against the fastest library peer (ws), as it comes, 16 characters')).toBeCloseTo(0.75 / 0.4);
    expect(measured('against grpc-js, as it comes, 16 characters')).toBeCloseTo(30);
    expect(measured('against the Go original, JSON on both sides, 16 characters')).toBeCloseTo(3);
    expect(measured('against the Go original, JSON on both sides, 500 characters')).toBeUndefined();
  });

  it('are reached from above, limits from below', () => {
    const goal = { measure: '', goal: 1.6, stretch: 1, isLimit: false, measured: 1.7 };
    expect(isReached(goal)).toBe(true);
    expect(isReached({ ...goal, isLimit: true })).toBe(false);
    expect(isReached({ ...goal, measured: undefined })).toBeUndefined();
  });
});

describe('the document', () => {
  it('is filled in between its marks, again and again', () => {
    const filled = fillDocument(MARKED, run);
    expect(filled).not.toContain('old');
    expect(fillDocument(filled, run)).toBe(filled);
    expect(filled).toContain(
      '| queries per second as a share of raw, cmd-stream-bare, 500 characters | 0.85 | 0.95 | 0.50 | **no** |',
    );
    expect(filled).toContain('raw, cmd-stream-everything-on, 500 characters | 0.75 | 0.9 | 1.20 | yes, the stretch |');
    expect(filled).toContain('| not measured | - |');
    expect(filled).toContain('raw, raw-json 1.0.0; ws 8.0.0');
    expect(filled).toContain('| ws | 40,000 | 0.40 (0.40 - 0.40) |');
  });

  it('says where the machine was busy, and so does the chart', () => {
    const shownAfter = (loadBefore: number) => {
      const busy = { ...run, machine: { ...run.machine, loadBefore } };
      return [fillDocument(MARKED, busy), drawChart(busy)];
    };
    const words = 'busy with other work (load average 7.5 before the run): these figures are provisional';
    for (const text of shownAfter(7.5)) expect(text).toContain(words);
    for (const text of shownAfter(0.5)) expect(text).not.toContain('busy');
  });

  it('is refused where it has no place for the figures', () => {
    expect(() => fillDocument('# Performance', run)).toThrow("has no place '<!-- measured: goals -->'");
  });
});
