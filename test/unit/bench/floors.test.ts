import { describe, expect, it } from 'vitest';
import { GOALS, secondLook, shareOfRaw, shortfalls } from '../../bench/floors.ts';
import { type BenchOptions, parseOptions } from '../../bench/options.ts';
import { ROWS } from '../../bench/systems/index.ts';
import { caseOf } from './support.ts';

describe('a quick run', () => {
  it('is too slow below half of a goal, and says where', () => {
    expect(
      shortfalls([caseOf(16, { 'cmd-stream-bare': 0.374, 'cmd-stream-everything-on': 0.3 })]).map(
        ({ reason }) => reason,
      ),
    ).toEqual(['cmd-stream-bare, 16 characters: 0.37 of raw; at least 0.375 is expected of any machine']);
    expect(
      shortfalls([caseOf(500, { 'cmd-stream-bare': 0.426, 'cmd-stream-everything-on': 0.37 })]).map(
        ({ reason }) => reason,
      ),
    ).toEqual(['cmd-stream-everything-on, 500 characters: 0.37 of raw; at least 0.375 is expected of any machine']);
    expect(GOALS).toHaveLength(4);
  });

  it('measures what fell short once more, in full rounds, beside raw', () => {
    const options = parseOptions(['--quick'], ROWS) as BenchOptions;
    const found = shortfalls([caseOf(500, { 'cmd-stream-bare': 0.1, 'cmd-stream-everything-on': 0.1 })]);
    expect(secondLook(options, found)).toMatchObject({
      systems: ['raw', 'cmd-stream-bare', 'cmd-stream-everything-on'],
      work: [{ kind: 'window', window: 1000, stringLength: 500, connections: 1 }],
      rounds: 5,
      durationMs: 1000,
    });
  });

  it('is judged by window 1,000 over one connection, and by what was measured alone', () => {
    const slow = { 'cmd-stream-bare': 0.1 };
    expect(shortfalls([caseOf(16, slow, 64), caseOf(16, slow, 1000, 4), caseOf(100, slow)])).toEqual([]);
    expect(shareOfRaw([caseOf(16, slow, 64), caseOf(16, slow)], 'cmd-stream-bare', 16)).toBe(0.1);
    expect(shareOfRaw([caseOf(16, slow)], 'nobody', 16)).toBeUndefined();
  });
});
