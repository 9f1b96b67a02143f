import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { CmdStreamError } from 'cmd-stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/base/clock.ts';
import { RefusalPace } from '../../../../src/base/refusal-pace.ts';
import { Backlog, ResultBounds } from '../../../../src/sender/client/backlog.ts';
import { ResultQueue, type ResultSource } from '../../../../src/sender/request/result-queue.ts';
import { runs } from '../../../support/runs.ts';

const pace = new RefusalPace(systemClock);
const failure = new CmdStreamError('connection-lost', 'gone', { mayHaveExecuted: true });
const END = { done: true, value: undefined };
const next = (value: unknown) => ({ done: false, value });

/** A queue whose Results weigh nothing to speak of. */
class TestQueue extends ResultQueue {
  constructor(source: ResultSource) {
    super(source, new Backlog(new ResultBounds(1_000, 1_000_000)), pace);
  }

  override push(value: unknown, weight = 1, size = 1, delivery = 1): boolean {
    return super.push(value, weight, size, delivery);
  }
}

function setUp() {
  const left: true[] = [];
  const queue = new TestQueue({ taken: () => undefined, left: () => left.push(true) });
  return { queue, left };
}

describe('a queue of Results', () => {
  it('gives Results in order, whether they come before or after they are asked for', async () => {
    const { queue } = setUp();
    queue.push(1);
    queue.push(2);
    const asked = [queue.next(), queue.next(), queue.next(), queue.next()];
    queue.push(3);
    queue.push(4);
    queue.push(5);
    expect(await Promise.all(asked)).toEqual([next(1), next(2), next(3), next(4)]);
    expect(queue.length).toBe(1);
  });

  it('keeps a Result whose value is undefined', async () => {
    const { queue } = setUp();
    queue.push(undefined);
    queue.end(undefined);
    expect(await queue.next()).toEqual(next(undefined));
    expect(await queue.next()).toEqual(END);
  });

  it('ends after what is kept, and stays at its end', async () => {
    const { queue } = setUp();
    queue.push(1);
    queue.end(undefined);
    expect([await queue.next(), await queue.next(), await queue.next()]).toEqual([next(1), END, END]);
  });

  it('throws an error after what is kept, once, and is at its end then', async () => {
    const { queue } = setUp();
    queue.push(1);
    queue.push(2);
    queue.end(failure);
    expect([await queue.next(), await queue.next()]).toEqual([next(1), next(2)]);
    await expect(queue.next()).rejects.toBe(failure);
    expect([await queue.next(), await queue.next()]).toEqual([END, END]);
  });

  it('tells an error to the first of those who wait, and the end to the others', async () => {
    const { queue } = setUp();
    const waiting = [queue.next(), queue.next(), queue.next()];
    queue.end(failure);
    expect(await Promise.allSettled(waiting)).toEqual([
      { status: 'rejected', reason: failure },
      { status: 'fulfilled', value: END },
      { status: 'fulfilled', value: END },
    ]);
    expect(await queue.next()).toEqual(END);
  });

  it('tells the end to all who wait', async () => {
    const { queue } = setUp();
    const waiting = [queue.next(), queue.next()];
    queue.end(undefined);
    expect(await Promise.all(waiting)).toEqual([END, END]);
  });

  it('does not mind a second end', async () => {
    const { queue } = setUp();
    queue.end(undefined);
    queue.end(failure);
    expect(await queue.next()).toEqual(END);
  });

  it('causes no unhandled rejection when nobody asks', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', note);
    const { queue } = setUp();
    queue.push(1);
    queue.end(failure);
    ResultQueue.failed(failure, pace);
    await new Promise((resolve) => setTimeout(resolve, 10));
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });

  it('can have nothing but an error to give', async () => {
    const queue = ResultQueue.failed(failure, pace);
    const seen: unknown[] = [];
    const reading = (async () => {
      for await (const value of queue) seen.push(value);
    })();
    await expect(reading).rejects.toBe(failure);
    expect(seen).toEqual([]);
    expect(await queue.return()).toEqual(END);
  });
});

describe('leaving a queue of Results', () => {
  it('drops what is kept, ends those who wait, and tells, once', async () => {
    const { queue, left } = setUp();
    queue.push(1);
    expect(await queue.return()).toEqual(END);
    expect(await queue.next()).toEqual(END);
    expect(await queue.return()).toEqual(END);
    expect(left).toHaveLength(1);
    expect(queue.length).toBe(0);

    const other = setUp();
    const waiting = [other.queue.next(), other.queue.next()];
    expect(await other.queue.return()).toEqual(END);
    expect(await Promise.all(waiting)).toEqual([END, END]);
    expect(other.left).toHaveLength(1);
  });

  it('tells nobody after the end, and drops an error that was not thrown yet', async () => {
    for (const ending of [undefined, failure]) {
      const { queue, left } = setUp();
      queue.push(1);
      queue.end(ending);
      expect(await queue.return()).toEqual(END);
      expect(await queue.next()).toEqual(END);
      expect(left).toEqual([]);
    }
  });

  it('ends a queue that is then told of the cancellation that it caused', async () => {
    const left = () => queue.end(new CmdStreamError('cancelled', 'left'));
    const queue: ResultQueue = new TestQueue({ taken: () => undefined, left });
    const waiting = queue.next();
    await queue.return();
    expect(await waiting).toEqual(END);
    expect(await queue.next()).toEqual(END);
  });

  it('is what a loop does that ends early, by break, by return, by an error', async () => {
    for (const how of ['break', 'return', 'throw']) {
      const { queue, left } = setUp();
      queue.push(1);
      queue.push(2);
      const loop = async () => {
        for await (const _ of queue) {
          if (how === 'break') break;
          if (how === 'return') return;
          throw new Error('own');
        }
      };
      await loop().catch(() => undefined);
      expect(left, how).toHaveLength(1);
    }
    const { queue, left } = setUp();
    queue.end(undefined);
    for await (const _ of queue) break;
    expect(left).toEqual([]);
  });

  it('is what `await using` does', async () => {
    const { queue, left } = setUp();
    {
      await using results = queue;
      results.push(1);
    }
    expect(left).toHaveLength(1);
  });
});

describe('a queue of Results, for any order of pushing and asking', () => {
  it('gives a gap-free prefix in order, whatever happens', async () => {
    const step = fc.constantFrom('push', 'push', 'ask', 'ask', 'end', 'fail', 'leave');
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { queue } = setUp();
        let pushed = 0;
        let over = false;
        const asked: Promise<IteratorResult<unknown, undefined>>[] = [];
        for (const what of steps) {
          if (what === 'push' && !over) queue.push(++pushed);
          if (what === 'ask') asked.push(queue.next());
          if (what === 'end') queue.end(undefined);
          if (what === 'fail') queue.end(failure);
          if (what === 'leave') void queue.return();
          if (what === 'end' || what === 'fail' || what === 'leave') over = true;
        }
        queue.end(undefined);
        const outcomes = await Promise.allSettled(asked);
        const values = outcomes.flatMap((o) => (o.status === 'fulfilled' && !o.value.done ? [o.value.value] : []));
        expect(values).toEqual(values.map((_, index) => index + 1));
        expect(outcomes.filter(({ status }) => status === 'rejected').length).toBeLessThanOrEqual(1);
        const firstEnd = outcomes.findIndex((o) => o.status === 'rejected' || o.value.done === true);
        if (firstEnd >= 0) {
          const after = outcomes.slice(firstEnd + 1);
          expect(after.every((o) => o.status === 'fulfilled' && o.value.done === true)).toBe(true);
        }
      }),
      { numRuns: runs(500) },
    );
  });

  it('holds no more than what is kept, however many have passed', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const { queue } = setUp();
    for (let n = 0; n < 10; n++) queue.push(n);
    collect();
    const before = process.memoryUsage().heapUsed;
    // The consumer stays ten behind all the time, so that the queue is never empty.
    for (let n = 10; n < 500_000; n++) {
      queue.push(n);
      const taken = queue.next();
      if (n % 50_000 === 0) expect(await taken).toEqual(next(n - 10));
    }
    collect();
    expect(queue.length).toBe(10);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(1_000_000);
  });
});

it('tells the size and the weight of each Result that is taken, also where they begin to differ', async () => {
  const taken: [number, number][] = [];
  const queue = new TestQueue({ taken: (size, weight) => taken.push([size, weight]), left: () => undefined });
  const told: [number, number][] = [];
  for (let n = 0; n < 300; n++) {
    const [size, weight] = [n + 1, n < 100 || n % 7 > 0 ? n + 1 : 10 * n];
    queue.push(n, weight, size);
    told.push([size, weight]);
    if (n % 3 === 0) await queue.next();
  }
  for (let n = 0; n < 200; n++) await queue.next();
  expect(taken).toEqual(told);
});
