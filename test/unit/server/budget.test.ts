import { describe, expect, it } from 'vitest';
import { Account, Budget } from '../../../src/server/budget.ts';
import { Holdings } from '../../../src/server/holdings.ts';
import { weigh } from '../../../src/server/weigh.ts';

const now = (task: () => void) => task();

/** Has an account hold as much as it may, a piece at a time. */
function fill(account: Account, piece = 1): number {
  while (account.mayHold(piece)) account.hold(piece);
  return account.bytes;
}

describe('the budget of a server', () => {
  it('leaves as much as one connection holds for others', () => {
    const budget = new Budget(1000, now, 0);
    expect(fill(new Account(budget))).toBe(500);
    expect(fill(new Account(budget))).toBe(250);
    expect(budget.bytes).toBe(750);
  });

  it.each([1, 9, 99])('gives %i connections that take all they can equal shares, and one more its share', (count) => {
    const budget = new Budget(100_000, now, 0);
    const hogs = Array.from({ length: count }, () => new Account(budget));
    for (let round = 0; round < 2_000; round++) for (const hog of hogs) if (hog.mayHold(100)) hog.hold(100);
    const share = 100_000 / (count + 1);
    for (const { bytes } of hogs) expect(Math.abs(bytes - share)).toBeLessThanOrEqual(200);
    expect(new Account(budget).mayHold(share * 0.8)).toBe(true);
  });

  it('leaves each a little, whatever the others hold', () => {
    const budget = new Budget(1000, now, 20);
    for (let n = 0; n < 100; n++) fill(new Account(budget));
    expect(fill(new Account(budget))).toBe(20);
  });

  it('takes the first of all, however large', () => {
    const account = new Account(new Budget(10, now, 0));
    expect(account.mayHold(1000)).toBe(true);
    account.hold(1000);
    expect(account.mayHold(1)).toBe(false);
  });

  it('tells those who wait when there is room, the one that holds least first', () => {
    const budget = new Budget(1000, now, 0);
    const [hog, some, little] = [new Account(budget), new Account(budget), new Account(budget)];
    little.hold(10);
    some.hold(200);
    fill(hog);
    const told: string[] = [];
    some.whenRoom(() => told.push('some'));
    little.whenRoom(() => told.push('little'));
    hog.release(1);
    expect(told).toEqual(['little', 'some'].filter((name) => name === 'little' || some.mayHold(1)));
    hog.close();
    expect(told).toEqual(['little', 'some']);
    expect(budget.bytes).toBe(210);
  });

  it('forgets who is gone, and what was held for it', () => {
    const budget = new Budget(100, now, 0);
    const [one, other] = [new Account(budget), new Account(budget)];
    one.hold(50);
    other.hold(40);
    one.whenRoom(() => expect.fail('it is gone'));
    one.close();
    other.close();
    expect(budget.bytes).toBe(0);
  });
});

describe('what waits undecoded', () => {
  const holder = (budget: Budget) => new Holdings(new Account(budget), 1_000_000);

  it('is taken although there is no room, a little at a time', () => {
    const holdings = holder(new Budget(60_000, now));
    holdings.arrivedAre(50_000);
    expect([holdings.isOver, holdings.mayTake(1000)]).toEqual([false, true]);
    const held = holdings.commandCame(14_000);
    expect([holdings.mayTake(900), holdings.mayTake(1000)]).toEqual([false, false]);
    holdings.commandWent(held);
    expect(holdings.mayTake(1000)).toBe(true);
  });

  it('is taken by one connection at a time where it is large', () => {
    const budget = new Budget(60_000, now);
    const [one, other] = [holder(budget), holder(budget)];
    one.arrivedAre(40_000);
    other.arrivedAre(40_000);
    expect([one.mayTake(30_000), other.mayTake(30_000)]).toEqual([true, true]);
    const held = one.commandCame(30_000);
    expect([one.mayTake(30_000), other.mayTake(30_000), other.mayTake(1000)]).toEqual([false, false, true]);
    let told = false;
    other.whenRoom(() => {
      told = other.mayTake(30_000);
    });
    one.commandWent(held);
    expect(told).toBe(true);
    other.commandCame(30_000);
    expect(one.mayTake(30_000)).toBe(false);
    other.close();
    expect(one.mayTake(30_000)).toBe(true);
  });

  it('is not taken for a client that does not read its Results', () => {
    const holdings = holder(new Budget(60_000, now));
    holdings.arrivedAre(25_000);
    holdings.writtenAre(25_000);
    expect([holdings.isOver, holdings.mayTake(1000)]).toEqual([true, false]);
    holdings.writtenAre(0);
    expect([holdings.isOver, holdings.mayTake(1000)]).toEqual([false, true]);
  });
});

describe('the weight of a value', () => {
  it.each([
    ['a text', 'x'.repeat(1_000_000), 1_000_000],
    ['bytes', Buffer.alloc(1_000_000), 1_000_000],
    ['a list of texts', Array.from({ length: 10_000 }, () => 'x'.repeat(100)), 1_000_000],
    ['bytes in fields', { a: { b: Buffer.alloc(500_000) }, c: Buffer.alloc(500_000) }, 1_000_000],
    ['many empty objects', Array.from({ length: 100_000 }, () => ({})), 6_400_000],
  ])('of %s is about right', (_, value, bytes) => {
    expect(weigh(value)).toBeGreaterThan(bytes * 0.9);
    expect(weigh(value)).toBeLessThan(bytes * 2.5);
  });

  it('runs none of the code in it, and comes to an end', () => {
    const own: Record<string, unknown> = {
      get secret() {
        return expect.fail('a getter was read');
      },
    };
    own.self = own;
    expect(weigh(own)).toBeGreaterThan(0);
    expect(weigh(undefined)).toBeGreaterThan(0);
  });
});
