import { describe, expect, it } from 'vitest';
import { check, Messages } from '../../bench/message.ts';
import { formatCase } from '../../bench/report.ts';
import { type Measurement, summarise } from '../../bench/results.ts';

const measured = (requests: number, p50Ms = 1): Measurement => ({
  requests,
  answered: 2 * requests,
  unanswered: requests === 100 ? 7 : 0,
  elapsedMs: 500,
  p50Ms,
  p99Ms: 2,
  p999Ms: 2.5,
  maxMs: 3,
  cpuUs: 8 * requests,
  peakBytes: 1e6 * requests,
  serverCpuUs: 4 * requests,
  serverPeakBytes: 2e6 * requests,
});

describe('the summary of a case', () => {
  it('compares rows within each round: a round that is slow for all changes no share', () => {
    const rows = summarise(
      new Map([
        ['raw', [measured(1000), measured(100), measured(900)]],
        ['other', [measured(500, 2), measured(50, 3), measured(900, 1)]],
      ]),
    );
    expect(rows[1]).toMatchObject({
      id: 'other',
      queriesPerSecond: { median: 1000, min: 100, max: 1800 },
      shareOfRaw: { median: 0.5, min: 0.5, max: 1 },
      p50OfRaw: { median: 2, min: 1, max: 3 },
      p50Ms: 2,
      clientCpuUs: 4,
      serverCpuUs: 2,
    });
    expect(rows[0]).toMatchObject({ shareOfRaw: { median: 1, min: 1, max: 1 } });
  });

  it('tells of memory and of requests without an answer the most of all rounds', () => {
    const [row] = summarise(new Map([['raw', [measured(1000), measured(100), measured(900)]]]));
    expect(row).toMatchObject({ clientPeakBytes: 1e9, serverPeakBytes: 2e9, unanswered: 7, p999Ms: 2.5 });
  });

  it('compares with everything on as well, within each round', () => {
    const [, metrics] = summarise(
      new Map([
        ['cmd-stream-everything-on', [measured(1000), measured(100)]],
        ['cmd-stream-metrics', [measured(900), measured(50)]],
      ]),
    );
    expect(metrics).toMatchObject({ shareOfEverythingOn: { min: 0.5, max: 0.9 }, shareOfRaw: undefined });
  });

  it('has no shares where the baseline did not run', () => {
    const [row] = summarise(new Map([['other', [measured(500)]]]));
    expect(row).toMatchObject({ shareOfRaw: undefined, p50OfRaw: undefined });
  });

  it('is a table that says what was measured, of window 1 on which cores', () => {
    const rows = summarise(new Map([['raw', [measured(1000), measured(100)]]]));
    const text = (window: number, pinned: boolean, connections = 1) =>
      formatCase({ work: { kind: 'window', window, stringLength: 16, connections }, pinned, rows });
    expect(text(1, true)).toContain('all processes on one core');
    expect(text(1, false)).toContain('how the machine wakes processes up');
    const [title, head, ...lines] = text(1000, false, 4).split('\n');
    expect(title).toBe('16 characters, window 1,000, 4 connections');
    expect(head?.trim().split(/ {2,}/)).toEqual(
      'queries/s,min,max,of raw,min,max,p50 ms,p99 ms,p99.9 ms,client us,server us,client MB,server MB,unanswered'.split(
        ',',
      ),
    );
    expect(lines.map((line) => line.split(/ {2,}/))).toEqual([
      [
        'raw',
        '1,100',
        '200',
        '2,000',
        ...Array(3).fill('1.000'),
        '1.000',
        '2.000',
        '2.500',
        '4.0',
        '2.0',
        '1,000',
        '2,000',
        '7',
      ],
    ]);
    const burst = { kind: 'burst', requests: 100_000, connections: 2, delayMs: 30 } as const;
    expect(formatCase({ work: burst, pinned: false, rows })).toMatch(
      /^100,000 requests at once, 2 clients, .* after 30 ms\n/,
    );
  });
});

describe('messages', () => {
  it('differ, have strings of the asked length, and pass their own check', () => {
    const messages = new Messages(17);
    const [first, second] = [messages.next(), messages.next()];
    expect(first.String).toHaveLength(17);
    expect(first).not.toEqual(second);
    expect(() => check(first, { ...first })).not.toThrow();
  });

  it('have strings of different lengths where a range is asked for', () => {
    const messages = new Messages(3, 5);
    const lengths = new Set(Array.from({ length: 256 }, () => messages.next().String.length));
    expect([...lengths].sort()).toEqual([3, 4, 5]);
  });

  it.each(['Bool', 'Int64', 'String', 'Float64'] as const)('are refused when their %s comes back changed', (field) => {
    const sent = new Messages(5).next();
    const other = { Bool: !sent.Bool, Int64: 1, String: 'other', Float64: 1 };
    expect(() => check(sent, { ...sent, [field]: other[field] })).toThrow('got {');
  });
});
