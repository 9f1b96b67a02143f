import { describe, expect, it } from 'vitest';
import { parseOptions, UsageError } from '../../stress/options.ts';

const parse = (...args: string[]) => parseOptions(args, 77);

describe('the options of the stress run', () => {
  it('are a minute against the node peer with a new seed', () => {
    expect(parse()).toEqual({
      durationMs: 60_000,
      peer: 'node',
      seed: 77,
      rate: 2000,
      inFlight: 500,
      clients: 4,
      faultEveryMs: 4000,
      resumeMs: 10_000,
      toleranceMs: 1000,
      lie: undefined,
    });
  });

  it('take a fraction of a minute, a peer and a seed', () => {
    expect(parse('--minutes', '0.5', '--peer', 'go', '--seed', '0')).toMatchObject({
      durationMs: 30_000,
      peer: 'go',
      seed: 0,
    });
  });

  it('take every number', () => {
    const numbers = ['--rate', '10', '--in-flight', '20', '--clients', '3', '--fault-every-ms', '40'];
    expect(parse(...numbers, '--resume-ms', '50', '--tolerance-ms', '60', '--lie', 'gap')).toMatchObject({
      rate: 10,
      inFlight: 20,
      clients: 3,
      faultEveryMs: 40,
      resumeMs: 50,
      toleranceMs: 60,
      lie: 'gap',
    });
  });

  it('may ask for help', () => {
    expect(parse('--help')).toBe('help');
  });

  it.each([
    [['--minutes', '0'], "--minutes takes a number from 1/60 to 1440; got '0'"],
    [['--minutes', 'long'], "got 'long'"],
    [['--minutes', '1e9'], '--minutes'],
    [['--peer', 'rust'], "--peer takes one of node, go; got 'rust'"],
    [['--seed', '-1'], '--seed'],
    [['--seed=-1'], "--seed takes whole numbers from 0 to 4294967295; got '-1'"],
    [['--rate', '0'], "--rate takes whole numbers from 1 to 100000; got '0'"],
    [['--rate', '1.5'], "got '1.5'"],
    [['--in-flight', ''], '--in-flight takes whole numbers'],
    [['--clients', '33'], '--clients'],
    [['--lie', 'white'], '--lie takes one of content'],
    [['--lie', 'gap', '--peer', 'go'], 'only the node peer lies'],
    [['--fast'], '--fast'],
    [['now'], 'now'],
  ])('are refused: %s', (args, message) => {
    expect(() => parse(...args)).toThrow(UsageError);
    expect(() => parse(...args)).toThrow(message);
  });
});
