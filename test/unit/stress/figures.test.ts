import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SeededRandom } from '../../../src/testing/kit/random.ts';
import { Latencies } from '../../stress/latencies.ts';
import { describeProgress, showProgress } from '../../stress/live-line.ts';
import { formatErrors } from '../../stress/summary.ts';
import { VerifyErrors } from '../../stress/verify-errors.ts';
import { TestRandom } from '../../support/random.ts';

describe('latencies', () => {
  it('are told within some percent', () => {
    const latencies = new Latencies();
    for (let ms = 1; ms <= 1000; ms++) latencies.add(ms);
    expect(latencies.percentile(0.5) / 500).toBeCloseTo(1.02, 1);
    expect(latencies.percentile(0.99) / 990).toBeCloseTo(1.02, 1);
    expect(latencies.count).toBe(1000);
  });

  it('bear the least and the largest, and none', () => {
    const latencies = new Latencies();
    expect(latencies.percentile(0.5)).toBeNaN();
    latencies.add(0);
    expect(latencies.percentile(1)).toBe(0.01);
    latencies.add(1e12);
    expect(latencies.percentile(1)).toBeGreaterThan(100_000);
  });
});

describe('random choices', () => {
  it('are those of the public generator, in streams as well', () => {
    const draw = (random: SeededRandom) => Array.from({ length: 20 }, () => random.int(0, 1000));
    expect(draw(new TestRandom(9))).toEqual(draw(new SeededRandom(9)));
    expect(draw(new TestRandom(9).stream('faults'))).toEqual(draw(new SeededRandom(9).stream('faults')));
  });

  it('keep to their bounds and weights', () => {
    const random = new TestRandom(11);
    expect(new Set(Array.from({ length: 300 }, () => random.below(3)))).toEqual(new Set([0, 1, 2]));
    expect(new Set(random.bytes(10_000)).size).toBe(256);
    const choices = [
      { name: 'often', weight: 9 },
      { name: 'never', weight: 0 },
      { name: 'rarely', weight: 1 },
    ];
    const names = Array.from({ length: 3000 }, () => random.weighted(choices).name);
    expect(names).not.toContain('never');
    expect(names.filter((name) => name === 'often').length / 3000).toBeCloseTo(0.9, 1);
  });
});

describe('the live line', () => {
  const common = { durationMs: 60_000, inFlight: 5, restarts: 2, verifyErrors: 0, heapBytes: 3 * 2 ** 20 };
  const before = { ...common, elapsedMs: 10_000, settled: 1000, outcomes: [] };
  const now = { ...common, elapsedMs: 12_000, settled: 5000, outcomes: [['success', 5000]] as const };

  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const shownFor = (ms: number, stream: { isTTY?: boolean; columns?: number }) => {
    const written: string[] = [];
    const end = showProgress({ ...stream, write: (text) => written.push(text) }, () => now);
    vi.advanceTimersByTime(ms);
    end();
    vi.advanceTimersByTime(60_000);
    return written;
  };

  it('tells time, rate since the last one, and outcomes', () => {
    expect(describeProgress(now, before)).toBe(
      '12/60 s | 2000/s | 5 in flight | 2 restarts | 0 verify errors | heap 3 MB | success 5000',
    );
  });

  it('is one line on a terminal, never as wide as that, and gone in the end', () => {
    expect(shownFor(1000, { isTTY: true, columns: 21 })).toEqual([
      '\r\x1b[K12/60 s | 417/s | 5 ',
      '\r\x1b[K12/60 s | 0/s | 5 in',
      '\r\x1b[K',
    ]);
  });

  it('is a line every ten seconds elsewhere', () => {
    const written = shownFor(25_000, {});
    expect(written).toHaveLength(2);
    expect(written[0]).toMatch(/^12\/60 s .* success 5000\n$/);
  });
});

it('of many verify errors the first few are told in full', () => {
  const errors = new VerifyErrors(2);
  for (const what of ['one', 'two', 'three']) errors.add(what);
  expect(formatErrors(errors)).toBe('verify error 1: one\nverify error 2: two\n... and 1 more');
});
