import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeptBytes } from '../../../src/wire/kept-bytes.ts';

const content = (kept: KeptBytes) => kept.buffer.toString('latin1', kept.start, kept.end);

test('what is kept is what came, less what was consumed', () => {
  const step = fc.record({ append: fc.string({ unit: 'binary-ascii', maxLength: 200 }), consume: fc.nat(250) });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const kept = new KeptBytes();
      let expected = '';
      for (const { append, consume } of steps) {
        kept.append(Buffer.from(append, 'latin1'));
        expected += append;
        expect(content(kept)).toBe(expected);
        const count = Math.min(consume, kept.length);
        kept.consumeTo(kept.start + count);
        expected = expected.slice(count);
        expect(content(kept)).toBe(expected);
        expect(kept.length).toBe(expected.length);
      }
    }),
  );
});

test('what is kept is a copy', () => {
  const kept = new KeptBytes();
  const bytes = Buffer.from('own');
  kept.append(bytes);
  bytes.fill('x');
  expect(content(kept)).toBe('own');
});

test('memory is in proportion to what is kept: it is given back as that is consumed', () => {
  const kept = new KeptBytes();
  for (let count = 0; count < 1000; count++) kept.append(Buffer.alloc(1000));
  expect(kept.buffer.length).toBeLessThanOrEqual(2_000_000);
  kept.consumeTo(kept.end - 3);
  expect(kept.buffer.length).toBe(3);
  kept.consumeTo(kept.end);
  expect(kept.buffer.length).toBe(0);
});

test('little by little, appending and consuming copies in proportion to what comes', () => {
  const kept = new KeptBytes();
  const memories = new Set<Buffer>();
  for (let count = 0; count < 20_000; count++) {
    kept.append(Buffer.alloc(10));
    memories.add(kept.buffer);
  }
  while (kept.length > 0) {
    kept.consumeTo(kept.start + 10);
    memories.add(kept.buffer);
  }
  expect(memories.size).toBeLessThan(50);
});
