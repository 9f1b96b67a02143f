import { describe, expect, it } from 'vitest';
import { GOALS, shareOfRaw, shortfalls } from '../../bench/floors.ts';
import { caseOf } from './support.ts';

describe('a quick run', () => {
  it('is too slow below half of a goal, and says where', () => {
    expect(shortfalls([caseOf(16, { 'cmd-stream-bare': 0.374, 'cmd-stream-everything-on': 0.3 })])).toEqual([
      'cmd-stream-bare, 16 characters: 0.37 of raw; at least 0.375 is expected of any machine',
    ]);
    expect(shortfalls([caseOf(500, { 'cmd-stream-bare': 0.426, 'cmd-stream-everything-on': 0.37 })])).toEqual([
      'cmd-stream-everything-on, 500 characters: 0.37 of raw; at least 0.375 is expected of any machine',
    ]);
    expect(GOALS).toHaveLength(4);
  });

  it('is judged by window 1,000 over one connection, and by what was measured alone', () => {
    const slow = { 'cmd-stream-bare': 0.1 };
    expect(shortfalls([caseOf(16, slow, 64), caseOf(16, slow, 1000, 4), caseOf(100, slow)])).toEqual([]);
    expect(shareOfRaw([caseOf(16, slow, 64), caseOf(16, slow)], 'cmd-stream-bare', 16)).toBe(0.1);
    expect(shareOfRaw([caseOf(16, slow)], 'nobody', 16)).toBeUndefined();
  });
});
