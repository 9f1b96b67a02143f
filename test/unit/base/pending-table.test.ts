import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PendingTable } from '../../../src/base/pending-table.ts';

describe('a pending table', () => {
  it('is a Map, whatever is added, taken out and looked up', () => {
    const step = fc.oneof(
      fc.record({ type: fc.constant('add' as const), skip: fc.nat(3) }),
      fc.record({ type: fc.constantFrom('delete' as const, 'get' as const), back: fc.nat(400) }),
    );
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 600 }),
        fc.constantFrom(0, 2 ** 31 - 50, 2 ** 53 - 3_000),
        (steps, first) => {
          const table = new PendingTable<{ seq: number }>();
          const map = new Map<number, { seq: number }>();
          let seq = first;
          for (const step of steps) {
            if (step.type === 'add') {
              seq += 1 + step.skip;
              const entry = { seq };
              table.add(seq, entry);
              map.set(seq, entry);
            } else if (step.type === 'delete') {
              expect(table.delete(seq - step.back)).toBe(map.delete(seq - step.back));
            } else {
              expect(table.get(seq - step.back)).toBe(map.get(seq - step.back));
              expect(table.has(seq - step.back)).toBe(map.has(seq - step.back));
            }
            expect(table.size).toBe(map.size);
          }
          expect(table.all()).toEqual([...map]);
        },
      ),
    );
  });

  it('keeps an old entry while thousands of others come and go', () => {
    const table = new PendingTable<{ seq: number }>();
    const old = { seq: 1 };
    table.add(1, old);
    for (let seq = 2; seq < 10_000; seq++) {
      table.add(seq, { seq });
      expect(table.delete(seq)).toBe(true);
    }
    expect(table.get(1)).toBe(old);
    expect(table.all()).toEqual([[1, old]]);
    expect(table.delete(1)).toBe(true);
    expect(table.delete(1)).toBe(false);
    expect(table.size).toBe(0);
  });
});
