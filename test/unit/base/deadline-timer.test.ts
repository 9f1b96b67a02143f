import { describe, expect, it } from 'vitest';
import type { TimerHandle } from '../../../src/base/clock.ts';
import { type DeadlineBucket, type DeadlineEntry, DeadlineQueue } from '../../../src/base/deadline-queue.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

/** A clock that goes wrong in the ways in which clocks do. */
class FaultyClock extends VirtualClock {
  #aheadMs = 0;
  #losesTimers = false;

  override monotonicMs(): number {
    return super.monotonicMs() + this.#aheadMs;
  }

  override setTimeout(callback: () => void, delayMs: number): TimerHandle {
    return super.setTimeout(this.#losesTimers ? () => undefined : callback, delayMs);
  }

  /** The process stands still: time goes on, and no timer fires. */
  standStill(ms: number): void {
    this.#aheadMs += ms;
  }

  /** Somebody sets the clock, which ought to be impossible. */
  set(nowMs: number): void {
    this.#aheadMs += nowMs - this.monotonicMs();
  }

  /** Timers that are set from now on never fire, or do so again. */
  loseTimers(lost: boolean): void {
    this.#losesTimers = lost;
  }
}

function setUp() {
  const clock = new FaultyClock();
  const queue = new DeadlineQueue(clock);
  const reached: string[] = [];
  const arm = (name: string, timeoutMs: number, then: () => void = () => undefined) => {
    const entry: DeadlineEntry = {
      deadlineBucket: undefined as DeadlineBucket | undefined,
      nextInBucket: undefined,
      previousInBucket: undefined,
      deadlineReached() {
        reached.push(name);
        then();
      },
    };
    queue.arm(entry, timeoutMs);
    return entry;
  };
  return { clock, queue, reached, arm };
}

describe('the timer of a deadline queue that comes late', () => {
  it('F7 V14: lets one turn pass first, and then those are reached that are still armed', () => {
    const { clock, queue, reached, arm } = setUp();
    const answered = arm('answered', 100);
    arm('not answered', 150);
    arm('not due', 10_000);
    clock.standStill(600);
    clock.advance(100);
    expect(reached).toEqual([]);
    // The turn in which the network is read.
    queue.disarm(answered);
    clock.advance(1);
    expect(reached).toEqual(['not answered']);
    clock.advance(10_000);
    expect(reached).toEqual(['not answered', 'not due']);
  });

  it('F7: lets none pass where it comes in time', () => {
    const { clock, reached, arm } = setUp();
    arm('one', 100);
    clock.standStill(1);
    clock.advance(100);
    expect(reached).toEqual(['one']);
  });

  it('F7: lets one pass for those that become due while others are told', () => {
    const { clock, queue, reached, arm } = setUp();
    arm('first', 100, () => clock.standStill(600));
    const second = arm('second', 200);
    clock.advance(101);
    expect(reached).toEqual(['first']);
    queue.disarm(second);
    clock.advance(1_000);
    expect(reached).toEqual(['first']);
    expect(clock.timers).toBe(0);
  });

  it('F7: is not set meanwhile, and is gone once the queue is stopped', () => {
    const { clock, queue, reached, arm } = setUp();
    arm('one', 100);
    clock.standStill(600);
    clock.advance(100);
    expect(clock.timers).toBe(1);
    arm('other', 50);
    expect(clock.timers).toBe(1);
    queue.stop();
    expect(clock.timers).toBe(0);
    clock.advance(1_000);
    expect(reached).toEqual([]);
  });
});

describe('the timer of a deadline queue that is lost', () => {
  it('F11: is set anew when the next deadline is armed', () => {
    const { clock, reached, arm } = setUp();
    clock.loseTimers(true);
    arm('lost', 100);
    arm('another', 5_000);
    clock.advance(1_000);
    expect(reached).toEqual([]);
    clock.loseTimers(false);
    arm('next', 10_000);
    clock.advance(5);
    expect(reached).toEqual(['lost']);
    clock.advance(20_000);
    expect(reached).toEqual(['lost', 'another', 'next']);
  });

  it('F11 V14: gives the network its turn where it was late only', () => {
    const { clock, queue, reached, arm } = setUp();
    const answered = arm('answered', 100);
    clock.standStill(600);
    for (let n = 0; n < 100; n++) queue.disarm(arm('sent by the one who kept the process busy', 10_000));
    queue.disarm(arm('again', 10_000));
    clock.advance(1);
    queue.disarm(answered);
    clock.advance(20_000);
    expect(reached).toEqual([]);
  });

  it('F11: is set anew once, however many are armed by whoever kept the process busy', () => {
    const { clock, arm } = setUp();
    arm('due', 100);
    clock.standStill(600);
    let timersSet = 0;
    const setTimeout = clock.setTimeout.bind(clock);
    clock.setTimeout = (callback, delayMs) => {
      timersSet++;
      return setTimeout(callback, delayMs);
    };
    for (let n = 0; n < 1_000; n++) arm(`${n}`, 10_000);
    expect(timersSet).toBe(1);
    expect(clock.timers).toBe(1);
  });
});

describe('a clock that is set back', () => {
  it('F11: blocks no deadline, whether others are armed or not', () => {
    for (const armsAnother of [true, false]) {
      const { clock, reached, arm } = setUp();
      clock.standStill(5_000_000);
      arm('before', 30_000);
      clock.advance(10_000);
      clock.set(10);
      if (armsAnother) arm('after', 1_000);
      clock.advance(1_010);
      expect(reached).toEqual(armsAnother ? ['after'] : []);
      clock.advance(30_000);
      expect(reached).toContain('before');
      arm('much later', 500);
      clock.advance(510);
      expect(reached).toContain('much later');
    }
  });

  it('F11: reaches nobody early', () => {
    const { clock, reached, arm } = setUp();
    clock.standStill(5_000);
    arm('before', 30_000);
    clock.set(0);
    arm('after', 600);
    clock.advance(599);
    expect(reached).toEqual([]);
    clock.advance(28_000);
    expect(reached).toEqual(['after']);
    clock.advance(2_000);
    expect(reached).toEqual(['after', 'before']);
  });
});
