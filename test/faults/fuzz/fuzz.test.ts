import { describe, expect, it } from 'vitest';
import { makeCase } from './cases.ts';
import { FORMATS } from './corpus.ts';
import { fuzz } from './run.ts';

/** Before a change lands there are more: see `.ci/run`. */
const CASES = 1_000;
const MEBIBYTE = 1024 * 1024;

describe('no byte sequence', () => {
  // Each run tries others; what a failure says is enough to see it again.
  const seed = Math.floor(Math.random() * 2 ** 32);

  it(`breaks the server or the client, or makes them do what was not said (seed ${seed})`, {
    timeout: 300_000,
  }, async () => {
    const { ends, targets, grownBytes } = await fuzz({ seed, cases: CASES });
    expect(grownBytes).toBeLessThan(20 * MEBIBYTE);
    // All of it was under fire, and every way to end was taken.
    expect(targets.size).toBe(2 * FORMATS.length);
    expect([...ends.keys()].sort()).toEqual([
      'connection-lost',
      'frame-too-large',
      'in order',
      'protocol-error',
      'refused',
      'server-info-mismatch',
    ]);
  });
});

describe('a case', () => {
  it('is the same again for the same seed and number, and another for others', () => {
    const shown = (seed: number, index: number) => {
      const { about, bytes, delivery } = makeCase(seed, index);
      return JSON.stringify([about, bytes.toString('hex'), delivery]);
    };
    const cases = Array.from({ length: 200 }, (_, index) => shown(7, index));
    expect(cases).toEqual(Array.from({ length: 200 }, (_, index) => shown(7, index)));
    expect(new Set(cases).size).toBe(200);
    expect(shown(8, 0)).not.toBe(cases[0]);
  });
});
