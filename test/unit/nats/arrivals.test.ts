import { describe, expect, it } from 'vitest';
import { Arrivals } from '../../../src/nats/arrivals.ts';

const arrival = (number: number) => ({ number, size: 10 });
/** With what was handed over. */
function reading(take: (number: number) => boolean = () => true) {
  const taken: number[] = [];
  const arrivals: Arrivals<{ number: number; size: number }> = new Arrivals(({ number }) => {
    if (!take(number)) return false;
    taken.push(number);
    return true;
  });
  return { arrivals, taken };
}

describe('what arrives', () => {
  it('waits until somebody reads, and then comes in order', () => {
    const { arrivals, taken } = reading();
    for (const number of [1, 2, 3]) arrivals.arrive(arrival(number));
    expect([taken, arrivals.bytes]).toEqual([[], 30]);
    arrivals.paused = false;
    arrivals.goOn();
    arrivals.arrive(arrival(4));
    expect([taken, arrivals.bytes, arrivals.isWaiting]).toEqual([[1, 2, 3, 4], 0, false]);
  });

  it('waits behind what cannot be taken now', () => {
    let isOpen = false;
    const { arrivals, taken } = reading((number) => number !== 2 || isOpen);
    arrivals.paused = false;
    for (const number of [1, 2, 3]) arrivals.arrive(arrival(number));
    expect([taken, arrivals.bytes]).toEqual([[1], 20]);
    isOpen = true;
    arrivals.goOn();
    expect([taken, arrivals.bytes]).toEqual([[1, 2, 3], 0]);
  });

  it('stops where one that is taken pauses or ends it', () => {
    const { arrivals, taken } = reading((number) => {
      if (number === 1) arrivals.paused = true;
      if (number === 2) arrivals.clear();
      return true;
    });
    for (const number of [1, 2, 3]) arrivals.arrive(arrival(number));
    arrivals.paused = false;
    arrivals.goOn();
    expect([taken, arrivals.bytes]).toEqual([[1], 20]);
    arrivals.paused = false;
    arrivals.goOn();
    expect([taken, arrivals.bytes, arrivals.isWaiting]).toEqual([[1, 2], 0, false]);
  });

  it('waits while it is held, whatever is kept meanwhile', async () => {
    const { arrivals, taken } = reading();
    arrivals.paused = false;
    arrivals.holding = true;
    arrivals.keep(arrival(1));
    arrivals.arrive(arrival(2));
    arrivals.goOn();
    expect(taken).toEqual([]);
    let emptiedAt: number[] | undefined;
    const emptied = arrivals.emptied().then(() => {
      emptiedAt = [...taken];
    });
    arrivals.holding = false;
    arrivals.goOn();
    expect(taken).toEqual([1, 2]);
    await emptied;
    expect(emptiedAt).toEqual([1, 2]);
    await arrivals.emptied();
  });
});
