import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Homes } from '../../../../src/sender/client/homes.ts';

const NAMES = ['a:1', 'b:1', 'c:1', 'd:1', 'e:1', 'f:1'];
const some = fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 1 });

const homesOf = (homes: Homes, clients: number) => Array.from({ length: clients }, (_, client) => homes.of(client));

const countsOf = (homes: Homes, clients: number) =>
  homes.addresses.map((address) => homesOf(homes, clients).filter((home) => home === address).length);

describe('the homes of a sender’s clients', () => {
  it('are even, whatever addresses come and go', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.integer({ min: 1, max: 20 }),
        fc.array(some, { minLength: 1 }),
        (seed, clients, lists) => {
          let homes = new Homes([], seed);
          for (const list of lists) {
            homes = homes.among(list);
            const counts = countsOf(homes, clients);
            expect(Math.max(...counts) - Math.min(...counts)).toBeLessThan(2);
          }
        },
      ),
    );
  });

  it('stay where nothing has gone and nothing come', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 20 }), some, (seed, clients, list) => {
        const homes = new Homes(list, seed);
        const before = homesOf(homes, clients);
        expect(homesOf(homes.among(list.toReversed()), clients)).toEqual(before);
      }),
    );
  });

  it('stay but for those whose address has gone', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 20 }), some, fc.nat(), (seed, clients, list, nth) => {
        fc.pre(list.length > 1);
        const gone = list[nth % list.length] as string;
        const homes = new Homes(list, seed);
        const before = homesOf(homes, clients);
        const after = homesOf(homes.among(list.filter((address) => address !== gone)), clients);
        expect(after.filter((_, client) => before[client] !== gone)).toEqual(before.filter((home) => home !== gone));
      }),
    );
  });

  it('move once where an address takes the place of another', () => {
    for (let seed = 0; seed < 200; seed++) {
      const homes = new Homes(['a:1', 'b:1'], seed);
      const before = homesOf(homes, 2);
      const after = homesOf(homes.among(['b:1', 'c:1']), 2);
      expect(after).toEqual(before.map((home) => (home === 'a:1' ? 'c:1' : home)));
    }
  });

  it('give each address its share of senders that know nothing of each other', () => {
    const counts = new Map<string, number>();
    for (let seed = 0; seed < 3_000; seed++) {
      let homes = new Homes(['a:1', 'b:1'], seed);
      homes.of(0);
      homes = homes.among(['b:1', 'c:1']).among(['b:1', 'c:1', 'd:1']);
      const home = homes.of(0) as string;
      counts.set(home, (counts.get(home) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual(['b:1', 'c:1', 'd:1']);
    for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });
});
