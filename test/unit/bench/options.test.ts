import { describe, expect, it } from 'vitest';
import { parseOptions, UsageError } from '../../bench/options.ts';

const KNOWN = ['raw', 'cmd-stream', 'other'];
const parse = (...args: string[]) => parseOptions(args, KNOWN);

describe('the options of the bench', () => {
  it('are every row, windows 1, 64 and 1000, and 16 and 500 characters, in five rounds', () => {
    expect(parse()).toEqual({
      systems: KNOWN,
      windows: [1, 64, 1000],
      sizes: [16, 500],
      rounds: 5,
      durationMs: 1000,
      warmUpMs: 1000,
      pin: true,
      json: false,
      profileDirectory: undefined,
    });
  });

  it('are fewer and shorter rounds with --quick, except for what is said', () => {
    expect(parse('--quick')).toMatchObject({ rounds: 3, durationMs: 100, warmUpMs: 150 });
    expect(parse('--quick', '--rounds', '7')).toMatchObject({ rounds: 7, durationMs: 100 });
  });

  it('choose rows, in the order of the table', () => {
    expect(parse('--systems', 'other,raw')).toMatchObject({ systems: ['raw', 'other'] });
  });

  it('choose windows and sizes, each once', () => {
    expect(parse('--windows', '8,8,2', '--sizes', '100')).toMatchObject({ windows: [8, 2], sizes: [100] });
  });

  it('switch JSON on and pinning off, and name a directory for profiles', () => {
    expect(parse('--json', '--no-pin', '--profile', 'profiles')).toMatchObject({
      json: true,
      pin: false,
      profileDirectory: 'profiles',
    });
  });

  it('may ask for help', () => {
    expect(parse('--help')).toBe('help');
  });

  it.each([
    [['--systems', 'raw,nobody'], "there is no 'nobody'"],
    [['--rounds', '0'], '--rounds takes whole numbers above 0'],
    [['--windows', '1,many'], "--windows takes whole numbers above 0; got 'many'"],
    [['--sizes', ''], '--sizes takes whole numbers above 0'],
    [['--duration-ms', '1.5'], '--duration-ms'],
    [['--fast'], '--fast'],
    [['now'], 'now'],
  ])('are refused: %s', (args, message) => {
    expect(() => parse(...args)).toThrow(UsageError);
    expect(() => parse(...args)).toThrow(message);
  });
});
