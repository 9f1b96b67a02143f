import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DeadlineBucket, type DeadlineEntry, DeadlineQueue } from '../../../src/base/deadline-queue.ts';
import { runs } from '../../support/runs.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const FINE_TICK_MS = 1;
const COARSE_TICK_MS = 10;
/** One tick after the deadline, and what a timer of whole milliseconds is late. */
const latestMs = (sinceMs: number, timeoutMs: number) =>
  sinceMs + Math.max(timeoutMs, 1) + (timeoutMs < 500 ? FINE_TICK_MS : COARSE_TICK_MS) + 1;

/** The longest delay that a Node timer holds. */
const LONGEST_TIMER_MS = 2_147_483_647;
const DAY_MS = 24 * 60 * 60 * 1000;

class Entry implements DeadlineEntry {
  deadlineBucket: DeadlineBucket | undefined = undefined;
  nextInBucket: DeadlineEntry | undefined = undefined;
  previousInBucket: DeadlineEntry | undefined = undefined;
  readonly #reached: () => void;

  constructor(reached: () => void) {
    this.#reached = reached;
  }

  deadlineReached(): void {
    this.#reached();
  }
}

/** A queue, with a clock of its own, and entries that write down when they were reached. */
function setUp() {
  const clock = new VirtualClock();
  const queue = new DeadlineQueue(clock);
  const reached: [name: string, atMs: number][] = [];
  const entry = (name: string, then: () => void = () => undefined) =>
    new Entry(() => {
      reached.push([name, clock.monotonicMs()]);
      then();
    });
  return { clock, queue, reached, entry };
}

describe('a deadline queue', () => {
  it('reaches a near deadline to the millisecond, and others within ten', () => {
    const { clock, queue, reached, entry } = setUp();
    queue.arm(entry('30'), 30);
    queue.arm(entry('499'), 499);
    queue.arm(entry('501'), 501);
    queue.arm(entry('12345'), 12_345);
    clock.advance(20_000);
    expect(reached).toEqual([
      ['30', 30],
      ['499', 499],
      ['501', 510],
      ['12345', 12_350],
    ]);
    expect(clock.timers).toBe(0);
  });

  it('counts from a moment in the past where it is told to', () => {
    const { clock, queue, reached, entry } = setUp();
    clock.advance(100);
    queue.arm(entry('in time'), 50, 80);
    queue.arm(entry('late already'), 10, 50);
    clock.advance(1);
    expect(reached).toEqual([['late already', 101]]);
    clock.advance(100);
    expect(reached[1]).toEqual(['in time', 130]);
  });

  it('gives a timeout of nothing a millisecond, so that whoever arms again and again stops nobody', () => {
    const { clock, queue, reached, entry } = setUp();
    const again = entry('again', () => queue.arm(again, 0));
    queue.arm(again, 0);
    queue.arm(entry('other'), 3);
    clock.advance(5);
    expect(reached.map(([name]) => name)).toEqual(['again', 'again', 'again', 'other', 'again', 'again']);
  });

  it('keeps a deadline that no Node timer holds', () => {
    const { clock, queue, reached, entry } = setUp();
    queue.arm(entry('far'), LONGEST_TIMER_MS + 5_000);
    queue.arm(entry('never'), Number.MAX_VALUE);
    clock.advance(LONGEST_TIMER_MS);
    expect(reached).toEqual([]);
    clock.advance(5_010);
    expect(reached.map(([name]) => name)).toEqual(['far']);
    expect(clock.timers).toBe(1);
    queue.stop();
    expect(clock.timers).toBe(0);
  });

  it('does what a naive list of timers does, whatever is armed and disarmed when, from within a deadline too', () => {
    type Step =
      | { readonly kind: 'arm'; readonly id: number; readonly timeoutMs: number }
      | { readonly kind: 'disarm'; readonly id: number }
      | { readonly kind: 'advance'; readonly ms: number };
    const id = fc.nat(7);
    // Fractions that numbers hold exactly: rounding is not what is tested.
    const quarters = (maxMs: number) => fc.nat(maxMs * 4).map((count) => count / 4);
    const timeoutMs = fc.oneof(quarters(20), fc.integer({ min: 480, max: 540 }), fc.integer({ min: 1000, max: 1100 }));
    const arm = fc.record({ kind: fc.constant('arm' as const), id, timeoutMs });
    const disarm = fc.record({ kind: fc.constant('disarm' as const), id });
    const advance = fc.record({
      kind: fc.constant('advance' as const),
      ms: fc.oneof(quarters(15), fc.integer({ min: 0, max: 600 })),
    });
    const steps = fc.array(fc.oneof(arm, arm, disarm, advance) as fc.Arbitrary<Step>, { minLength: 1, maxLength: 60 });
    const reactions = fc.array(fc.option(fc.oneof(arm, disarm) as fc.Arbitrary<Step>, { nil: undefined }), {
      maxLength: 20,
    });
    let reachedInAll = 0;
    fc.assert(
      fc.property(steps, reactions, (run, reacting) => {
        const clock = new VirtualClock();
        const queue = new DeadlineQueue(clock);
        /** The naive list: who is armed, since when, for how long. */
        const armed = new Map<number, { sinceMs: number; timeoutMs: number }>();
        const left = [...reacting];
        const entries = Array.from({ length: 8 }, (_, number) => {
          return new Entry(() => {
            const known = armed.get(number);
            expect(known, 'it must be armed').toBeDefined();
            armed.delete(number);
            const { sinceMs, timeoutMs } = known as { sinceMs: number; timeoutMs: number };
            expect(clock.monotonicMs(), 'never early').toBeGreaterThanOrEqual(sinceMs + timeoutMs);
            expect(clock.monotonicMs()).toBeLessThanOrEqual(latestMs(sinceMs, timeoutMs));
            reachedInAll++;
            const reaction = left.shift();
            if (reaction !== undefined) take(reaction);
          });
        });
        const take = (step: Step) => {
          if (step.kind === 'advance') clock.advance(step.ms);
          else if (step.kind === 'disarm') {
            queue.disarm(entries[step.id] as Entry);
            armed.delete(step.id);
          } else if (!armed.has(step.id)) {
            armed.set(step.id, { sinceMs: clock.monotonicMs(), timeoutMs: step.timeoutMs });
            queue.arm(entries[step.id] as Entry, step.timeoutMs);
          }
        };
        for (const step of run) {
          take(step);
          for (const { sinceMs, timeoutMs } of armed.values()) {
            expect(clock.monotonicMs(), 'nobody may be forgotten').toBeLessThanOrEqual(latestMs(sinceMs, timeoutMs));
          }
          expect(clock.timers).toBeLessThanOrEqual(1);
        }
        clock.advance(60_000);
        expect(armed.size).toBe(0);
        expect(clock.timers).toBe(0);
      }),
      { numRuns: runs(1000) },
    );
    expect(reachedInAll).toBeGreaterThan(runs(1000));
  });

  it('reaches many thousand different deadlines in the order of their times', () => {
    const { clock, queue, reached, entry } = setUp();
    const random = fc.sample(fc.integer({ min: 0, max: 100_000 }), { numRuns: 5_000, seed: 7 });
    for (const [index, timeoutMs] of random.entries()) queue.arm(entry(String(index)), timeoutMs);
    clock.advance(100_010);
    expect(reached).toHaveLength(5_000);
    for (const [index, [name, atMs]] of reached.entries()) {
      expect(atMs).toBeGreaterThanOrEqual(reached[index - 1]?.[1] ?? 0);
      expect(atMs - (random[Number(name)] as number)).toBeLessThanOrEqual(COARSE_TICK_MS);
    }
  });

  it('is harmless to disarm who is not armed, twice, or after the deadline', () => {
    const { clock, queue, reached, entry } = setUp();
    const one = entry('one');
    const other = entry('other');
    queue.disarm(one);
    queue.arm(one, 10);
    queue.arm(other, 10);
    queue.disarm(one);
    queue.disarm(one);
    clock.advance(10);
    queue.disarm(other);
    expect(reached).toEqual([['other', 10]]);
  });

  it('forgets everyone when it is stopped, leaves no timer, and sets none any more', () => {
    const { clock, queue, reached, entry } = setUp();
    const armedBefore = entry('before');
    queue.arm(armedBefore, 10);
    queue.arm(entry('other'), 20);
    queue.stop();
    expect(clock.timers).toBe(0);
    queue.disarm(armedBefore);
    const armedAfter = entry('after');
    queue.arm(armedAfter, 10);
    queue.stop();
    expect(clock.timers).toBe(0);
    expect(armedAfter.deadlineBucket).toBeUndefined();
    clock.advance(1_000);
    expect(reached).toEqual([]);
  });

  it('reaches nobody after a stop from within a deadline', () => {
    const { clock, queue, reached, entry } = setUp();
    const stopping = (name: string) =>
      entry(name, () => {
        queue.stop();
        queue.arm(entry('armed after the stop'), 1);
      });
    queue.arm(stopping('first'), 10);
    queue.arm(stopping('second'), 10);
    queue.arm(stopping('third'), 12);
    clock.advance(1_000);
    expect(reached).toHaveLength(1);
    expect(clock.timers).toBe(0);
  });
});

/** An entry whose links count how often they are looked at or changed, by whomever. */
function countingEntry(touched: { count: number }): DeadlineEntry {
  const values: Record<string, unknown> = {};
  const entry = { deadlineReached: () => undefined };
  for (const name of ['deadlineBucket', 'nextInBucket', 'previousInBucket']) {
    Object.defineProperty(entry, name, {
      get: () => {
        touched.count++;
        return values[name];
      },
      set: (value) => {
        touched.count++;
        values[name] = value;
      },
    });
  }
  return entry as unknown as DeadlineEntry;
}

describe('the cost of a deadline', () => {
  it.each([10_000, 5])('does not depend on how many are in flight, of the same time or others (%i ms)', (timeoutMs) => {
    const touchesOfOne = (inFlight: number, spreadMs: number) => {
      const clock = new VirtualClock();
      const queue = new DeadlineQueue(clock);
      const touched = { count: 0 };
      for (let n = 0; n < inFlight; n++) queue.arm(countingEntry(touched), timeoutMs + n * spreadMs);
      const one = countingEntry(touched);
      queue.arm(countingEntry(touched), timeoutMs);
      touched.count = 0;
      queue.arm(one, timeoutMs);
      queue.disarm(one);
      return touched.count;
    };
    const alone = touchesOfOne(0, 0);
    expect(touchesOfOne(20_000, 0)).toBe(alone);
    expect(touchesOfOne(20_000, 10)).toBe(alone);
    expect(alone).toBeLessThan(20);
  });

  it('is one timer for all that are due at a time', () => {
    let timersSet = 0;
    const clock = new (class extends VirtualClock {
      override setTimeout(callback: () => void, delayMs: number) {
        timersSet++;
        return super.setTimeout(callback, delayMs);
      }
    })();
    const queue = new DeadlineQueue(clock);
    const entries = Array.from({ length: 10_000 }, () => new Entry(() => undefined));
    for (const entry of entries) queue.arm(entry, 30_000);
    for (const entry of entries) queue.disarm(entry);
    for (const entry of entries) queue.arm(entry, 30_000);
    expect(timersSet).toBe(1);
    queue.stop();
  });

  it('leaves nothing behind once it is disarmed, however long its timeout is', () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const heldBytes = () => {
      collect();
      return process.memoryUsage().heapUsed;
    };
    const clock = new VirtualClock();
    const queue = new DeadlineQueue(clock);
    const entry = new Entry(() => undefined);
    const other = new Entry(() => undefined);
    const before = heldBytes();
    for (let n = 0; n < 300_000; n++) {
      // Two that overlap: the second opens a tick of its own while the first is still there.
      queue.arm(entry, 20 * DAY_MS + n * COARSE_TICK_MS);
      queue.arm(other, 20 * DAY_MS + (n + 400_000) * COARSE_TICK_MS);
      queue.disarm(entry);
      queue.disarm(other);
    }
    expect(heldBytes() - before).toBeLessThan(1_000_000);
    queue.stop();
  });
});
