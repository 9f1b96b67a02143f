import { runInNewContext } from 'node:vm';
import { CmdStreamError } from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import { deadlineToTimeoutMs } from '../../../../src/sender/request/deadline.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

describe('an absolute deadline', () => {
  const clock = new VirtualClock(1_000_000);

  it.each<[number | Date, number]>([
    [1_000_500, 500],
    [1_000_000, 0],
    [999_000, -1_000],
    [new Date(1_000_250), 250],
    [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
    [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
  ])('of %s leaves %s ms', (deadline, leftMs) => {
    expect(deadlineToTimeoutMs(deadline, clock)).toBe(leftMs);
  });

  it('F19: may be a Date of another realm', () => {
    expect(deadlineToTimeoutMs(runInNewContext('new Date(1_000_250)'), clock)).toBe(250);
  });

  it('R5-G: is refused where it throws when it is asked for its time', () => {
    class Broken extends Date {
      override getTime(): number {
        throw new Error('own mistake');
      }
    }
    const read = () => deadlineToTimeoutMs(new Broken(), clock);
    expect(read).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
    expect(read).toThrow('its getTime() threw: own mistake');
  });

  it.each([
    [new Proxy(new Date(), {}), 'an object'],
    [{ getTime: () => 1_000_250 }, 'an object'],
    [Object.assign(new Date(), { getTime: () => '1000250' }), 'an invalid Date'],
    [runInNewContext("new Date('no date')"), 'an invalid Date'],
    [Number.NaN, 'NaN'],
    [new Date('no date'), 'an invalid Date'],
    ['2030-01-01', '"2030-01-01"'],
    [undefined, 'undefined'],
    [null, 'null'],
    [10n, '10'],
  ])('is refused when it is no point in time (%#)', (deadline, shown) => {
    const read = () => deadlineToTimeoutMs(deadline as number, clock);
    expect(read).toThrow(CmdStreamError);
    expect(read).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
    expect(read).toThrow(`must be a Date or milliseconds since the epoch; got ${shown}`);
  });
});
