import { describe, expect, it } from 'vitest';
import { judge, scheduleOf } from './judge.ts';
import { parseOptions, UsageError } from './report/options.ts';
import { formatProgress, formatSummary } from './report/summary.ts';
import { addTally, count, emptyTally } from './report/tally.ts';

const parse = (...args: string[]) => parseOptions(args, 4711, '/somewhere');

describe('npm run simulate', () => {
  it('has defaults, and takes what it is told', () => {
    const usual = { schedules: 2000, jobs: 2, from: 4711, seed: undefined, path: undefined, timelines: '/somewhere' };
    expect(parse()).toEqual(usual);
    expect(parse('--schedules', '10', '--jobs', '3', '--from', '5')).toEqual({
      ...usual,
      schedules: 10,
      jobs: 3,
      from: 5,
    });
    expect(parse('--seed', '7', '--path', '0:3:1')).toMatchObject({ seed: 7, path: '0:3:1' });
    expect(parse('--help')).toBe('help');
  });

  it.each([
    [['--schedules', '0']],
    [['--jobs', 'two']],
    [['--sedules', '1']],
    [['--path', '0:1']],
    [['--seed', '1', '--path', 'up']],
  ])('refuses %j', (args) => {
    expect(() => parse(...args)).toThrow(UsageError);
  });

  it('says how far it is, and when it will be done', () => {
    expect(formatProgress(0, 1000, 0, 0)).toBe('0/1,000 (0.0%) | 0/s | ? left | 0 bugs');
    expect(formatProgress(250, 100_000, 1000, 1)).toBe('250/100,000 (0.3%) | 250/s | 6 min 39 s left | 1 bugs');
  });

  it('counts what was seen, in however many processes', async () => {
    const { run } = await judge(scheduleOf(12));
    const [one, both] = [emptyTally(), emptyTally()];
    count(one, run);
    addTally(both, one);
    addTally(both, one);
    const calls = run.entries.filter(({ kind }) => kind === 'call').length;
    const settled = Object.values(both.outcomes).reduce((sum, some) => sum + some, 0);
    expect([both.schedules, settled, both.states]).toEqual([2, 2 * calls, one.states]);
    expect(one.states.size).toBeGreaterThan(3);
    expect(formatSummary(both, 500, 0)).toContain('2 schedules in 1 s (4/s)');
  });
});
