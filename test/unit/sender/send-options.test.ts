import { CmdStreamError } from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import { Propagation } from '../../../src/sender/call-context.ts';
import { type Deadline, NO_DEADLINE, resolveSendOptions, type SendTerms } from '../../../src/sender/send-options.ts';
import { NO_METADATA } from '../../../src/wire/extension/metadata.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const NOW = 1_000_000;
const clock = new VirtualClock(NOW);
const defaults: SendTerms = {
  timeoutMs: 30_000,
  signal: undefined,
  waitForReady: false,
  resultsCount: 1,
  metadata: NO_METADATA,
  whenSlow: 'pause',
};
const resolve = (options: object | undefined, deadline: Deadline = NO_DEADLINE, kind: 'single' | 'multi' = 'multi') =>
  resolveSendOptions(kind, options as never, deadline, defaults, { clock, propagate: new Propagation([], false) });

describe('the options of a send', () => {
  it.each<[string, number | undefined, Deadline, number]>([
    ['the default, where nothing is given', undefined, NO_DEADLINE, 30_000],
    ['timeoutMs, longer than the default', 60_000, NO_DEADLINE, 60_000],
    ['timeoutMs, shorter than the default', 10, NO_DEADLINE, 10],
    ['no deadline, where timeoutMs is Infinity', Number.POSITIVE_INFINITY, NO_DEADLINE, Number.POSITIVE_INFINITY],
    ['nothing, where timeoutMs is 0', 0, NO_DEADLINE, 0],
    ['the deadline, in place of the default', undefined, NOW + 90_000, 90_000],
    ['the deadline as a Date', undefined, new Date(NOW + 90_000), 90_000],
    ['no deadline, where that is Infinity', undefined, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
    ['the deadline, where it is earlier than timeoutMs', 500, NOW + 100, 100],
    ['timeoutMs, where it is earlier than the deadline', 500, NOW + 1_000, 500],
    ['timeoutMs, where the deadline is Infinity', 500, Number.POSITIVE_INFINITY, 500],
    ['the deadline, where timeoutMs is Infinity', Number.POSITIVE_INFINITY, NOW + 100, 100],
    ['a deadline that has passed', 500, NOW - 100, -100],
  ])('give the time of %s', (_, timeoutMs, deadline, expected) => {
    expect(resolve(timeoutMs === undefined ? undefined : { timeoutMs }, deadline).timeoutMs).toBe(expected);
    expect(resolve({ timeoutMs }, deadline).timeoutMs).toBe(expected);
  });

  it('cost nothing where none are given', () => {
    expect(resolve(undefined)).toBe(defaults);
  });

  it('fall back on what holds for the sender, one by one', () => {
    expect(resolve({ waitForReady: true })).toEqual({ ...defaults, waitForReady: true });
    expect(resolve({ resultsCount: 4 })).toEqual({ ...defaults, resultsCount: 4 });
    const { signal } = new AbortController();
    expect(resolve({ signal }).signal).toBe(signal);
  });

  it('take the signal of another realm', () => {
    const signal = { aborted: false, addEventListener: () => undefined, removeEventListener: () => undefined };
    expect(resolve({ signal }).signal).toBe(signal);
  });

  it.each([
    ['timeoutMs', { timeoutMs: -1 }, /'timeoutMs' must be a duration .* from 0 .* or Infinity for none; got -1/],
    ['timeoutMs', { timeoutMs: Number.NaN }, /'timeoutMs' .*; got NaN/],
    ['timeoutMs', { timeoutMs: '5' }, /'timeoutMs' .*; got "5"/],
    ['timeoutMs', { timeoutMs: 2 ** 31 }, /'timeoutMs' .*; got 2147483648/],
    ['timeoutMs', { timeoutMs: null }, /'timeoutMs' .*; got null/],
    ['signal', { signal: 'stop' }, /'signal' must be an AbortSignal; got "stop"/],
    ['signal', { signal: new AbortController() }, /'signal' must be an AbortSignal; got an object/],
    ['signal', { signal: null }, /'signal' must be an AbortSignal; got null/],
    ['waitForReady', { waitForReady: 'yes' }, /'waitForReady' must be true or false; got "yes"/],
    ['resultsCount', { resultsCount: 0 }, /'resultsCount' must be a whole number of at least 1; got 0/],
    ['resultsCount', { resultsCount: 1.5 }, /'resultsCount' .*; got 1.5/],
    ['whenSlow', { whenSlow: 'wait' }, /'whenSlow' must be 'pause' or 'fail'; got "wait"/],
    ['a name that does not exist', { timeout: 5 }, /has no option 'timeout'; did you mean 'timeoutMs'\?/],
    ['what is no object', 500, /the options of a send must be an object; got 500/],
    ['what is no object', null, /the options of a send must be an object; got null/],
    ['what is no object', [], /the options of a send must be an object; got an array of 0/],
  ])('refuse %s: %j', (_, options, message) => {
    const read = () => resolve(options as object);
    expect(read).toThrow(CmdStreamError);
    expect(read).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
    expect(read).toThrow(message);
  });

  it('refuse resultsCount where there is one Result anyway', () => {
    expect(() => resolve({ resultsCount: 2 }, NO_DEADLINE, 'single')).toThrow(/has no option 'resultsCount'/);
  });

  it('refuse a deadline that is no point in time', () => {
    expect(() => resolve(undefined, Number.NaN)).toThrow(/a deadline must be a Date or milliseconds.*; got NaN/);
    expect(() => resolve({}, null as never)).toThrow(/a deadline must be .*; got null/);
  });
});
