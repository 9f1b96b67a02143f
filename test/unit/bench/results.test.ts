import { describe, expect, it } from 'vitest';
import { check, Messages } from '../../bench/message.ts';
import { formatCase } from '../../bench/report.ts';
import { type Measurement, summarise } from '../../bench/results.ts';

const measured = (requests: number, p50Ms = 1): Measurement => ({
  requests,
  elapsedMs: 500,
  p50Ms,
  p99Ms: 2,
  maxMs: 3,
  cpuUs: 4 * requests,
  serverCpuUs: 2 * requests,
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

  it('has no shares where the baseline did not run', () => {
    const [row] = summarise(new Map([['other', [measured(500)]]]));
    expect(row).toMatchObject({ shareOfRaw: undefined, p50OfRaw: undefined });
  });

  it('says of window 1 what it measures', () => {
    const rows = summarise(new Map([['raw', [measured(1000)]]]));
    const text = (window: number, pinned: boolean) => formatCase({ window, stringLength: 16, pinned, rows });
    expect(text(1, true)).toContain('both processes on one core');
    expect(text(1, false)).toContain('how the machine wakes processes up');
    expect(text(64, false).split('\n')[0]).toBe('16 characters, window 64');
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

  it.each(['Bool', 'Int64', 'String', 'Float64'] as const)('are refused when their %s comes back changed', (field) => {
    const sent = new Messages(5).next();
    const other = { Bool: !sent.Bool, Int64: 1, String: 'other', Float64: 1 };
    expect(() => check(sent, { ...sent, [field]: other[field] })).toThrow('got {');
  });
});
