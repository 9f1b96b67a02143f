import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Heap } from '../../../src/base/heap.ts';

const ascending = (one: number, other: number) => one - other;

function drained(heap: Heap<number>): number[] {
  const values: number[] = [];
  for (let { first } = heap; first !== undefined; first = heap.first) {
    values.push(first);
    heap.removeFirst();
  }
  return values;
}

it('gives what was added in order, however adding and removing alternate', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer({ min: -50, max: 50 }), { nil: 'remove' as const })), (steps) => {
      const heap = new Heap(ascending);
      const model: number[] = [];
      for (const step of steps) {
        if (step === 'remove') {
          heap.removeFirst();
          model.shift();
        } else {
          heap.add(step);
          model.push(step);
          model.sort(ascending);
        }
        expect([heap.first, heap.size]).toEqual([model[0], model.length]);
      }
      expect([...heap].sort(ascending)).toEqual(model);
      expect(drained(heap)).toEqual(model);
    }),
  );
});

it('holds other values in place of its own', () => {
  const heap = new Heap(ascending);
  heap.add(7);
  heap.replaceBy([3, 1, 2]);
  heap.add(0);
  expect(drained(heap)).toEqual([0, 1, 2, 3]);
});
