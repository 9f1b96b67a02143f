import { describe, expect, it } from 'vitest';
import { type BenchOptions, type KnownRow, parseOptions, UsageError } from '../../bench/options.ts';

const KNOWN: readonly KnownRow[] = [
  { id: 'raw', kind: 'baseline', canWait: true },
  { id: 'cmd-stream', kind: 'own', canWait: true },
  { id: 'other', kind: 'peer', canWait: false },
];
const parse = (...args: string[]) => parseOptions(args, KNOWN);
const windows = (stringLength: number, connections: number, ...sizes: number[]) =>
  sizes.map((window) => ({ kind: 'window', window, stringLength, connections }));

describe('the options of the bench', () => {
  it('are every row but the peers, 16 and 500 characters, windows 1, 64 and 1000, one and four connections', () => {
    expect(parse()).toEqual({
      systems: ['raw', 'cmd-stream'],
      installPeers: false,
      work: [
        ...windows(16, 1, 1, 64, 1000),
        ...windows(16, 4, 64, 1000),
        ...windows(500, 1, 1, 64, 1000),
        ...windows(500, 4, 64, 1000),
      ],
      rounds: 5,
      durationMs: 1000,
      warmUpMs: 1000,
      pin: true,
      quick: false,
      jsonFile: undefined,
      profileDirectory: undefined,
    });
  });

  it('take the peers in, and have them installed, with --peers; named alone they are not installed', () => {
    expect(parse('--peers')).toMatchObject({ systems: ['raw', 'cmd-stream', 'other'], installPeers: true });
    expect(parse('--systems', 'other')).toMatchObject({ systems: ['other'], installPeers: false });
  });

  it('are 100,000 requests at once by up to 16 clients in the mode latency, for rows that can wait', () => {
    const { work, systems } = parse('--mode', 'latency', '--peers') as BenchOptions;
    expect(systems).toEqual(['raw', 'cmd-stream']);
    expect(work).toEqual(
      [1, 2, 4, 8, 16].map((connections) => ({ kind: 'burst', requests: 100_000, connections, delayMs: 30 })),
    );
    expect(parse('--mode', 'queries')).toEqual(parse());
  });

  it('are fewer cases and shorter rounds with --quick, except for what is said', () => {
    const quick = parse('--quick');
    expect(quick).toMatchObject({ quick: true, durationMs: 150, warmUpMs: 250 });
    expect(quick).toMatchObject({ work: [...windows(16, 1, 1, 1000), ...windows(500, 1, 1, 1000)] });
    expect(parse('--quick', '--rounds', '7')).toMatchObject({ rounds: 7, durationMs: 150 });
  });

  it('choose rows, in the order of the table', () => {
    expect(parse('--systems', 'other,raw')).toMatchObject({ systems: ['raw', 'other'] });
  });

  it('choose windows and sizes, each once', () => {
    expect(parse('--windows', '8,8,2', '--sizes', '100', '--connections', '1')).toMatchObject({
      work: windows(100, 1, 8, 2),
    });
  });

  it('name a file for JSON and a directory for profiles, and switch pinning off', () => {
    expect(parse('--json', 'file.json', '--no-pin', '--profile', 'profiles')).toMatchObject({
      jsonFile: 'file.json',
      pin: false,
      profileDirectory: 'profiles',
    });
  });

  it('may ask for help, or for the chart', () => {
    expect(parse('--help')).toBe('help');
    expect(parse('--chart')).toBe('chart');
  });

  it.each([
    [['--systems', 'raw,nobody'], "there is no 'nobody'"],
    [['--rounds', '0'], '--rounds takes whole numbers above 0'],
    [['--windows', '1,many'], "--windows takes whole numbers above 0; got 'many'"],
    [['--sizes', ''], '--sizes takes whole numbers above 0'],
    [['--duration-ms', '1.5'], '--duration-ms'],
    [['--mode', 'fast'], "--mode takes queries or latency; got 'fast'"],
    [['--mode', 'latency', '--systems', 'other'], "'other' cannot wait before it answers"],
    [['--fast'], '--fast'],
    [['now'], 'now'],
  ])('are refused: %s', (args, message) => {
    expect(() => parse(...args)).toThrow(UsageError);
    expect(() => parse(...args)).toThrow(message);
  });
});
