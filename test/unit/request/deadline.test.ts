import { CmdStreamError } from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import { deadlineToTimeoutMs } from '../../../src/request/deadline.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

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

  it.each([
    [Number.NaN, 'NaN'],
    [new Date('no date'), 'an invalid Date'],
    ['2030-01-01', '"2030-01-01"'],
    [undefined, 'undefined'],
    [null, 'null'],
    [10n, '10'],
  ])('is refused when it is no point in time: %s', (deadline, shown) => {
    const read = () => deadlineToTimeoutMs(deadline as number, clock);
    expect(read).toThrow(CmdStreamError);
    expect(read).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
    expect(read).toThrow(`must be a Date or milliseconds since the epoch; got ${shown}`);
  });
});
