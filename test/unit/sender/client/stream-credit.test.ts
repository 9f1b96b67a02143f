import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ResultBounds } from '../../../../src/sender/client/backlog.ts';
import { CreditBudget, memoryOf } from '../../../../src/sender/client/credit-budget.ts';
import { StreamCredit } from '../../../../src/sender/client/stream-credit.ts';
import type { Credit } from '../../../../src/wire/extension/credit.ts';

const MEBIBYTE = 2 ** 20;

/** A server that sends whenever it may, and a consumer. */
class Talk {
  readonly credit: StreamCredit;
  readonly grants: Credit[] = [];
  /** Sizes of the Results that were sent and not taken. */
  readonly untaken: number[] = [];
  sent = 0;
  #left: { results: number; bytes: number };

  constructor(budget: CreditBudget, seq = 1) {
    this.#left = { ...budget.first };
    this.credit = new StreamCredit(
      budget,
      {
        grant: (of, more) => {
          expect(of).toBe(seq);
          this.grants.push(more);
          this.#left.results += more.results;
          this.#left.bytes += more.bytes;
        },
      },
      seq,
    );
  }

  get mayServerSend(): boolean {
    return this.#left.results > 0 && this.#left.bytes > 0;
  }

  send(size: number): boolean {
    if (!this.mayServerSend) return false;
    this.#left.results--;
    this.#left.bytes -= size;
    this.untaken.push(size);
    this.sent++;
    return true;
  }

  sendAll(size: number): void {
    while (this.send(size));
  }

  take(factor = 1): void {
    const size = this.untaken.shift();
    if (size !== undefined) this.credit.taken(size, size * factor);
  }

  takeAll(factor = 1): void {
    while (this.untaken.length > 0) this.take(factor);
  }

  get keptBytes(): number {
    return this.untaken.reduce((sum, size) => sum + size, 0);
  }
}

const budgetOf = (maxResults = 1_024, maxBytes = 16 * MEBIBYTE) =>
  new CreditBudget(new ResultBounds(maxResults, maxBytes));

describe('the credit of a stream', () => {
  it('is renewed once half of it was taken, and doubled, up to the most', () => {
    const talk = new Talk(budgetOf());
    talk.sendAll(10);
    expect(talk.sent).toBe(64);
    for (let n = 0; n < 31; n++) talk.take();
    expect(talk.grants).toEqual([]);
    talk.take();
    expect(talk.grants).toEqual([{ results: 96, bytes: 320 }]);
    for (let n = 0; n < 20; n++) {
      talk.sendAll(10);
      talk.takeAll();
    }
    expect(talk.grants.at(-1)?.results).toBe(512);
    talk.sendAll(10);
    expect(talk.untaken.length).toBeLessThanOrEqual(1_024);
  });

  it('is renewed by few frames for a fast consumer', () => {
    const talk = new Talk(budgetOf());
    for (let n = 0; n < 100_000; n++) {
      expect(talk.send(20)).toBe(true);
      talk.take();
    }
    expect(talk.grants.length).toBeLessThan(210);
  });

  it('lets one Result go beyond, and the next once that was taken, however large', () => {
    const talk = new Talk(budgetOf());
    for (let n = 0; n < 100; n++) {
      talk.sendAll(4 * MEBIBYTE);
      expect(talk.untaken.length).toBeLessThanOrEqual(2);
      expect(talk.untaken.length).toBeGreaterThan(0);
      talk.takeAll();
    }
    expect(talk.keptBytes).toBe(0);
  });

  it('counts Results that are heavier than their bytes', () => {
    const budget = budgetOf();
    const talk = new Talk(budget);
    for (let n = 0; n < 1_000; n++) {
      talk.send(60_000);
      talk.take(16);
    }
    talk.sendAll(60_000);
    expect((talk.keptBytes - 60_000) * 16).toBeLessThanOrEqual((3 / 8) * 16 * MEBIBYTE);
  });

  it('covers what was granted, and no more', () => {
    const { credit } = new Talk(budgetOf());
    expect([credit.covers(64, 32_768), credit.covers(65, 1), credit.covers(1, 32_769)]).toEqual([true, false, false]);
  });

  it('lets a stream go on by one Result at a time where nothing may be kept', () => {
    const talk = new Talk(budgetOf(1, 1));
    for (let n = 0; n < 10; n++) {
      talk.sendAll(100);
      expect(talk.untaken.length).toBe(1);
      talk.take();
    }
    expect(talk.sent).toBe(10);
  });

  it('grants nothing after the end, and holds nothing', () => {
    const budget = budgetOf();
    const talk = new Talk(budget);
    talk.sendAll(10);
    talk.credit.end();
    talk.credit.end();
    talk.takeAll();
    expect([talk.grants, budget.streams, budget.bytes]).toEqual([[], 0, 0]);
  });

  it('never lets a server wait whose consumer has taken all, and never keeps more than the bounds', () => {
    const step = fc.record({
      stream: fc.nat({ max: 4 }),
      size: fc.integer({ min: 1, max: 200_000 }),
      take: fc.boolean(),
    });
    const bounds = fc.record({
      results: fc.integer({ min: 1, max: 2_000 }),
      bytes: fc.integer({ min: 1, max: 2_000_000 }),
    });
    fc.assert(
      fc.property(bounds, fc.array(step, { maxLength: 400 }), ({ results, bytes }, steps) => {
        const budget = budgetOf(results, bytes);
        const talks = Array.from({ length: 5 }, () => new Talk(budget));
        for (const { stream, size, take } of steps) {
          const talk = talks[stream] as Talk;
          if (take) talk.take();
          else talk.send(size);
          if (talk.untaken.length === 0) expect(talk.mayServerSend).toBe(true);
          expect(talk.untaken.length).toBeLessThanOrEqual(budget.most.results);
          const last = talk.untaken.at(-1) ?? 0;
          expect(talk.keptBytes - last).toBeLessThanOrEqual(Math.max(budget.most.bytes, budget.first.bytes));
        }
        for (const talk of talks) talk.credit.end();
        expect([budget.streams, budget.bytes]).toEqual([0, 0]);
      }),
    );
  });
});

describe('the credit of many streams', () => {
  it('is bounded together: those that came first go back to their share', () => {
    const budget = budgetOf();
    const talks = Array.from({ length: 200 }, () => new Talk(budget));
    for (let round = 0; round < 30; round++) {
      for (const talk of talks) {
        talk.sendAll(1_000);
        talk.takeAll();
      }
    }
    for (const talk of talks) talk.sendAll(1_000);
    const kept = talks.reduce(
      (sum, talk) => sum + memoryOf({ results: talk.untaken.length, bytes: talk.keptBytes }, 1),
      0,
    );
    expect(kept).toBeLessThan(64 * MEBIBYTE);
    expect(budget.bytes).toBeLessThanOrEqual(64 * MEBIBYTE);
    for (const talk of talks) expect(talk.untaken.length).toBeGreaterThanOrEqual(32);
  });

  it('gives an only one more than it gives each of many, and room that has come to those that are left', () => {
    const budget = budgetOf(100_000);
    const talks = Array.from({ length: 50 }, () => new Talk(budget));
    const run = (talk: Talk) => {
      for (let round = 0; round < 20; round++) {
        talk.sendAll(1_000);
        talk.takeAll();
      }
      talk.sendAll(1_000);
      return talk.untaken.length;
    };
    for (const talk of talks) run(talk);
    const [last, ...others] = talks as [Talk, ...Talk[]];
    for (const talk of talks) talk.takeAll();
    const among = run(last);
    for (const talk of others) talk.credit.end();
    last.takeAll();
    expect(run(last)).toBeGreaterThan(2 * among);
  });
});
