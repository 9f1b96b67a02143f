import { AsyncLocalStorage } from 'node:async_hooks';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AddressBook,
  type AddressBookOptions,
  type AddressResolver,
} from '../../../../src/sender/client/address-book.ts';
import { parseAddress } from '../../../../src/wire/transport/address.ts';
import { OwnTime } from '../../../support/own-time.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';
import { warningsTo } from '../../../support/warnings.ts';
import { turn } from './fake-link.ts';

const signal = new AbortController().signal;

/** With it the clients are at home at a:1, b:2, c:3, a:1, ... */
const SEED = 164;
/** For so long an address is known to be down. */
const DOWN_MS = 10_000;

function newBook(source: AddressBookOptions['source'], options: Partial<AddressBookOptions> = {}) {
  const clock = new VirtualClock();
  const warnings: string[] = [];
  const seen = { changes: 0 };
  const book = new AddressBook({
    source,
    refreshMs: 30_000,
    timeoutMs: 1_000,
    downMs: DOWN_MS,
    seed: SEED,
    mismatched: () => {},
    clock,
    warnings: warningsTo(warnings, clock),
    check: (address) => void parseAddress(address),
    ...options,
  });
  book.onChange(() => seen.changes++);
  return { book, clock, warnings, seen };
}

/** A book whose resolver is asked again only for a reason, and when that was. */
function outage(answer: () => readonly string[]) {
  const times: number[] = [];
  const source = () => {
    times.push(made.clock.monotonicMs());
    return answer();
  };
  const made = newBook(source, { refreshMs: 1_000_000 });
  return { ...made, times };
}

/** A resolver that answers when, and as, the test says. */
function asked() {
  const questions: { answer(addresses: readonly string[]): void; fail(error: Error): void }[] = [];
  const resolver = () =>
    new Promise<readonly string[]>((resolve, reject) => questions.push({ answer: resolve, fail: reject }));
  return { questions, resolver };
}

describe('the addresses of a list', () => {
  it('are spread over the clients', async () => {
    const { book, clock } = newBook(['a:1', 'b:2']);
    const picks = await Promise.all([0, 1, 2, 3].map((client) => book.pick(client, signal)));
    expect(picks.toSorted()).toEqual(['a:1', 'a:1', 'b:2', 'b:2']);
    expect([book.includes('a:1'), book.includes('c:3')]).toEqual([true, false]);
    book.refresh();
    expect(clock.timers).toBe(0);
  });

  it('stay with their clients until these give them up, and then have their turn', async () => {
    const { book } = newBook(['a:1', 'b:2', 'c:3']);
    const picks: string[] = [];
    for (let attempt = 0; attempt < 5; attempt++) {
      const address = await book.pick(1, signal);
      expect(await book.pick(1, signal)).toBe(address);
      picks.push(address);
      book.giveUp(address);
    }
    expect(picks).toEqual(['b:2', 'c:3', 'a:1', 'b:2', 'c:3']);
  });

  it('that come anew are taken by those who are at home there', async () => {
    const answers = [
      ['a:1', 'b:2', 'c:3'],
      ['b:2', 'c:3', 'd:4', 'e:5'],
    ];
    const { book } = newBook(() => answers.shift() ?? []);
    const picks = () => Promise.all([0, 1, 2, 3].map((client) => book.pick(client, signal)));
    expect(await picks()).toEqual(['a:1', 'b:2', 'c:3', 'a:1']);
    book.refresh();
    await turn();
    expect([0, 1, 2, 3].map((client) => book.homeOf(client))).toEqual(['d:4', 'b:2', 'c:3', 'e:5']);
    expect(await picks()).toEqual(['d:4', 'b:2', 'c:3', 'e:5']);
  });

  it('are chosen anew by a client that has given up what is gone by now', async () => {
    const answers = [['a:1'], ['b:2']];
    const { book } = newBook(() => answers.shift() ?? []);
    expect(await book.pick(0, signal)).toBe('a:1');
    book.giveUp('a:1');
    await turn();
    book.giveUp('a:1');
    expect(await book.pick(0, signal)).toBe('b:2');
  });
});

describe('the homes of clients', () => {
  const addresses = (length: number) => Array.from({ length }, (_, n) => `10.0.0.${n}:9000`);
  const homesOf = (of: readonly string[], seed: number, clients: number) => {
    const { book } = newBook(of, { seed });
    return Array.from({ length: clients }, (_, client) => book.homeOf(client) as string);
  };
  const countOf = (homes: readonly string[]) => {
    const counts = new Map<string, number>();
    for (const home of homes) counts.set(home, (counts.get(home) ?? 0) + 1);
    return [...counts.values()].sort((a, b) => a - b);
  };

  it('F15: are the same number everywhere, within one', () => {
    fc.assert(
      fc.property(
        fc.nat(2 ** 32),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 0, max: 30 }),
        (seed, of, clients) => {
          const counts = countOf(homesOf(addresses(of), seed, clients));
          expect((counts.at(-1) ?? 0) - (counts.length < of ? 0 : (counts[0] ?? 0))).toBeLessThanOrEqual(1);
        },
      ),
    );
  });

  it('F15: are others for other senders, so that single clients spread', () => {
    const homes = Array.from({ length: 3_000 }, (_, n) => homesOf(addresses(3), n * 1_000_003, 1)[0] as string);
    for (const count of countOf(homes)) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });

  it('F15: do not depend on the order of the addresses, and move by their share when one comes or goes', () => {
    let moved = 0;
    for (let seed = 0; seed < 1_000; seed++) {
      const four = addresses(4);
      const [before] = homesOf(four.slice(0, 3), seed, 1);
      const [after] = homesOf(four, seed, 1);
      expect(homesOf(four.toReversed(), seed, 1)).toEqual([after]);
      if (before === after) continue;
      expect(after).toBe(four[3]);
      moved++;
    }
    expect(moved).toBeGreaterThan(200);
    expect(moved).toBeLessThan(300);
  });

  it('F15: are picked again once they are worth a try, and only there by one client at a time', async () => {
    const { book, clock } = newBook(['a:1', 'b:2', 'c:3']);
    book.giveUp('a:1');
    const elsewhere = await book.pick(0, signal);
    expect(elsewhere).not.toBe('a:1');
    expect([book.isAway(0, elsewhere), book.isAway(0, 'a:1'), book.mayGoHome(0)]).toEqual([true, false, false]);
    clock.advance(DOWN_MS - 1);
    expect(await book.pick(0, signal)).toBe(elsewhere);
    clock.advance(1);
    expect(book.mayGoHome(0)).toBe(true);
    const over = book.goingHome();
    expect([book.mayGoHome(0), book.mayGoHome(3)]).toEqual([false, false]);
    over();
    expect(await book.pick(0, signal)).toBe('a:1');
    book.giveUp('a:1');
    book.reached('a:1');
    expect(await book.pick(3, signal)).toBe('a:1');
  });

  it('F15: are left alone for longer and longer where connections do not live', async () => {
    const { book, clock } = newBook(['a:1', 'b:2', 'c:3']);
    const downForMs = () => {
      let forMs = 0;
      for (; !book.mayGoHome(0); forMs += DOWN_MS) clock.advance(DOWN_MS);
      book.reached('a:1');
      return forMs / DOWN_MS;
    };
    const times: number[] = [];
    for (let round = 0; round < 8; round++) {
      book.lost('a:1', false);
      times.push(downForMs());
    }
    book.lost('a:1', true);
    times.push(downForMs());
    book.lost('a:1', false);
    times.push(downForMs());
    expect(times).toEqual([1, 2, 4, 8, 16, 32, 32, 32, 0, 1]);
  });

  it('F15: that are down are left for the address that the fewest have', async () => {
    const { book } = newBook(['a:1', 'b:2', 'c:3']);
    for (const client of [0, 1, 2, 3, 4, 5]) await book.pick(client, signal);
    book.giveUp('a:1');
    const picks = await Promise.all([0, 3].map((client) => book.pick(client, signal)));
    expect(picks.sort()).toEqual(['b:2', 'c:3']);
  });
});

describe('the users of addresses', () => {
  it('R5-DD4: are counted: 1,000 clients over 1,000 addresses are quick', async () => {
    const addresses = Array.from({ length: 1_000 }, (_, n) => `host${n}:1`);
    const { book } = newBook(addresses);
    const picks = await Promise.all(addresses.map((_, client) => book.pick(client, signal)));
    expect(new Set(picks).size).toBe(1_000);
    using time = new OwnTime();
    for (let round = 0; round < 3; round++) {
      for (let client = 0; client < 1_000; client++) {
        book.giveUp(await book.pick(client, signal));
        await book.pick(client, signal);
      }
      const { book: another } = newBook(addresses);
      for (let client = 0; client < 1_000; client++) await another.pick(client, signal);
    }
    // It is half a second of work, and was tens of them when each was counted for each.
    expect(time.ms).toBeLessThan(5_000);
  });

  it('R5-DD4: are counted rightly, whatever clients take and give up', async () => {
    const addresses = ['a:1', 'b:2', 'c:3', 'd:4'];
    const step = fc.record({ client: fc.nat(5), does: fc.constantFrom('pick', 'giveUp', 'keep') });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { book } = newBook(addresses);
        const chosen = new Map<number, string>();
        const down = new Set<string>();
        const usersOf = (address: string) => [...chosen.values()].filter((other) => other === address).length;
        for (const { client, does } of steps) {
          const before = chosen.get(client);
          if (does === 'giveUp' && before !== undefined && down.size < 3) {
            book.giveUp(before);
            down.add(before);
          } else if (does === 'keep') {
            const at = addresses[client % 4] as string;
            book.keep(client, at);
            chosen.set(client, at);
          } else {
            const picked = await book.pick(client, signal);
            const own = [book.homeOf(client), before].find((address) => address !== undefined && !down.has(address));
            if (own !== undefined) expect(picked).toBe(own);
            else {
              expect(down.has(picked)).toBe(false);
              const up = addresses.filter((address) => !down.has(address));
              expect(usersOf(picked)).toBe(Math.min(...up.map(usersOf)));
            }
            chosen.set(client, picked);
          }
        }
      }),
    );
  });
});

describe('an address resolver', () => {
  it('is asked once for all who wait for its first answer', async () => {
    const { questions, resolver } = asked();
    const { book, seen } = newBook(resolver);
    const picks = [book.pick(0, signal), book.pick(1, signal)];
    await turn();
    expect(questions).toHaveLength(1);
    expect(book.includes('anything:1')).toBe(true);
    questions[0]?.answer(['a:1', 'b:2', 'a:1']);
    expect(await Promise.all(picks)).toEqual(['a:1', 'b:2']);
    expect(await book.pick(2, signal)).toBe('b:2');
    expect(seen.changes).toBe(0);
  });

  it('may answer without a promise', async () => {
    const { book } = newBook(() => ['a:1']);
    expect(await book.pick(5, signal)).toBe('a:1');
  });

  it('may answer with a single address', async () => {
    const answers: ReturnType<AddressResolver>[] = ['a:1', Promise.resolve('b:2')];
    const { book, seen, warnings } = newBook(() => answers.shift() ?? []);
    expect(await book.pick(0, signal)).toBe('a:1');
    book.refresh();
    await turn();
    expect(await book.pick(0, signal)).toBe('b:2');
    expect(seen.changes).toBe(1);
    expect(warnings).toEqual([]);
  });

  it('is asked again after the interval, from the last answer on', async () => {
    const { questions, resolver } = asked();
    const { book, clock } = newBook(resolver);
    book.refresh();
    await turn();
    questions[0]?.answer(['a:1']);
    await turn();
    clock.advance(29_999);
    expect(questions).toHaveLength(1);
    clock.advance(1);
    await turn();
    expect(questions).toHaveLength(2);
    book.refresh();
    await turn();
    expect(questions).toHaveLength(2);
    questions[1]?.answer(['a:1']);
    await turn();
    book.refresh();
    await turn();
    expect(questions).toHaveLength(3);
    questions[2]?.answer(['a:1']);
    await turn();
    expect(clock.nextTimerInMs).toBe(30_000);
    expect(clock.timers).toBe(1);
  });

  it('is not asked by itself where the interval is endless', async () => {
    const { book, clock } = newBook(() => ['a:1'], { refreshMs: Number.POSITIVE_INFINITY });
    await book.pick(0, signal);
    await turn();
    expect(clock.timers).toBe(0);
  });

  it('tells of other addresses, and not of the same', async () => {
    const answers = [['a:1', 'b:2'], ['a:1', 'b:2'], ['b:2', 'c:3'], ['b:2']];
    const { book, clock, seen } = newBook(() => answers.shift() ?? []);
    const changes: number[] = [];
    while (answers.length > 0) {
      book.refresh();
      await turn();
      changes.push(seen.changes);
      clock.advance(1_000);
    }
    expect(changes).toEqual([0, 0, 1, 2]);
    expect([book.includes('a:1'), book.includes('b:2')]).toEqual([false, true]);
  });

  it.each<[answer: () => string | readonly string[], told: string]>([
    [
      () => {
        throw new Error('no such service');
      },
      'no such service; the known addresses stay in use',
    ],
    [() => [], 'got an array of 0'],
    [() => ['no port'], '"no port"'],
    [() => '', 'got ""'],
    [() => 5 as unknown as string[], 'got 5'],
  ])('that fails leaves the known addresses in use, and says so (%#)', async (answer, told) => {
    const answers = [() => ['a:1'], answer];
    const { book, seen, warnings } = newBook(() => (answers.shift() as typeof answer)());
    for (let asked = 0; asked < 2; asked++) {
      book.refresh();
      await turn();
    }
    expect(await book.pick(0, signal)).toBe('a:1');
    expect(seen.changes).toBe(0);
    expect(warnings).toEqual([expect.stringContaining(told)]);
  });

  it('that fails before it has given any address fails those who wait, and is asked by the next', async () => {
    const { questions, resolver } = asked();
    const { book } = newBook(resolver);
    const pick = book.pick(0, signal);
    await turn();
    questions[0]?.fail(new Error('no such service'));
    await expect(pick).rejects.toMatchObject({
      code: 'connect-failed',
      message: 'the address resolver gave no address: no such service',
      cause: { message: 'no such service' },
    });
    const again = book.pick(0, signal);
    await turn();
    questions[1]?.answer(['a:1']);
    expect(await again).toBe('a:1');
  });

  it('that never answers has failed after the timeout, and is asked anew', async () => {
    const { questions, resolver } = asked();
    const { book, clock, seen, warnings } = newBook(resolver);
    const pick = book.pick(0, signal);
    clock.advance(1_000);
    await expect(pick).rejects.toThrow('did not answer within 1000 ms');
    expect(warnings).toEqual([expect.stringContaining('; no address is known')]);
    const again = book.pick(0, signal);
    await turn();
    expect(questions).toHaveLength(2);
    questions[1]?.answer(['b:2']);
    expect(await again).toBe('b:2');
    // What comes of the first question now is too old.
    questions[0]?.answer(['a:1']);
    await turn();
    expect(await book.pick(0, signal)).toBe('b:2');
    expect(seen.changes).toBe(0);
  });

  it('R5-W3: is asked at most with a pause while connections fail, one more time at once, and less often while it fails', async () => {
    const { clock, times, book } = outage(() => ['a:1', 'b:2']);
    await book.pick(0, signal);
    for (let ms = 0; ms < 10_000; ms += 50) {
      for (let client = 0; client < 200; client++) book.giveUp('a:1');
      await clock.advanceWithTurns(50);
    }
    expect(times).toEqual([0, 0, 1_000, 2_000, 3_000, 4_000, 5_000, 6_000, 7_000, 8_000, 9_000, 10_000]);
    expect(clock.timers).toBe(1);
  });

  it('R5-W3: is asked less and less often while it fails as well, and warns at most once a second', async () => {
    let isDown = true;
    const { clock, times, book, warnings } = outage(() => {
      if (isDown) throw new Error('SERVFAIL');
      return ['a:1'];
    });
    const dialAll = async (untilMs: number) => {
      while (clock.monotonicMs() < untilMs) {
        for (let client = 0; client < 20; client++) await book.pick(client, signal).catch(() => book.giveUp(''));
        await clock.advanceWithTurns(50);
      }
    };
    await dialAll(20_000);
    expect(times).toEqual([0, 0, 1_000, 3_000, 7_000, 12_000, 17_000]);
    // Not of the second, which came at once.
    expect(warnings).toHaveLength(6);
    isDown = false;
    await dialAll(30_000);
    expect(times.slice(7)).toEqual([22_000]);
    expect(await book.pick(0, signal)).toBe('a:1');
  });

  it('R5-W3: that has given other addresses is asked at once when these fail', async () => {
    const { clock, times, book } = outage(() => ['a:1']);
    await book.pick(0, signal);
    clock.advance(20_000);
    book.giveUp('a:1');
    await turn();
    book.giveUp('a:1');
    await turn();
    expect(times).toEqual([0, 20_000, 20_000]);
    book.stop();
    expect(clock.timers).toBe(0);
  });

  it('F7: is not judged by a time-out that comes late before what it said has been heard', async () => {
    const { questions, resolver } = asked();
    const { book, clock } = newBook(resolver);
    const pick = book.pick(0, signal);
    await turn();
    // The process stood still: its clock went on, and then everything is due at once.
    const reading = clock.monotonicMs.bind(clock);
    clock.monotonicMs = () => reading() + 5_000;
    clock.advance(1_000);
    questions[0]?.answer(['a:1']);
    await turn();
    clock.advance(100);
    expect(await pick).toBe('a:1');
  });

  it('A11: is asked outside of the context of whoever found a connection lost', async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const { book, clock } = newBook(() => {
      seen.push(storage.getStore());
      return ['a:1'];
    });
    await storage.run('a caller', async () => {
      await book.pick(0, signal);
      book.giveUp('a:1');
    });
    await turn();
    await storage.run('another', () => clock.advanceWithTurns(30_000));
    expect(seen).toEqual([undefined, undefined, undefined]);
  });

  it('keeps its list, which is read once', async () => {
    const addresses = ['a:1'];
    let reads = 0;
    const list = new Proxy(addresses, {
      get: (target, name) => (name === '0' && reads++ > 0 ? 'no address' : Reflect.get(target, name)),
    });
    const { book } = newBook(() => list);
    const picked = book.pick(0, signal);
    expect(await picked).toBe('a:1');
    addresses[0] = 'b:2';
    expect(await book.pick(1, signal)).toBe('a:1');
    expect(reads).toBe(1);
  });

  it('is waited for no longer than the one who asks cares', async () => {
    const { questions, resolver } = asked();
    const { book } = newBook(resolver);
    const controller = new AbortController();
    const pick = book.pick(0, controller.signal);
    await turn();
    controller.abort(new Error('closed'));
    questions[0]?.answer(['a:1']);
    await expect(pick).rejects.toThrow('closed');
  });

  it('is asked no more, and heard no more, once it is stopped', async () => {
    for (const outcome of ['answer', 'fail', 'nothing'] as const) {
      const { questions, resolver } = asked();
      const { book, clock, seen, warnings } = newBook(resolver);
      book.refresh();
      await turn();
      questions[0]?.answer(['a:1']);
      await turn();
      book.refresh();
      await turn();
      expect(clock.timers).toBe(1);
      book.stop();
      if (outcome === 'answer') questions[1]?.answer(['b:2']);
      if (outcome === 'fail') questions[1]?.fail(new Error('too late'));
      await turn();
      book.refresh();
      await turn();
      expect(questions).toHaveLength(2);
      expect(clock.timers).toBe(0);
      expect(warnings).toEqual([]);
      expect(seen.changes).toBe(0);
    }
  });
});
