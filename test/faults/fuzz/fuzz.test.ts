import { describe, expect, it } from 'vitest';
import { makeCase } from './cases.ts';
import { Range } from './check.ts';
import { FORMATS } from './corpus.ts';
import { HOSTILE } from './hostile-bytes.ts';
import { MAX_FRAME_BYTES } from './outcome.ts';
import { fuzz, memoryInUse } from './run.ts';

/** Before a change lands there are more: see `.ci/run`. */
const CASES = 2_000;
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

  it('makes either side allocate more than a few times what it may send', async () => {
    await using range = await Range.open();
    const seen = new Set<string>();
    let most = 0;
    // One case of each kind of hostile bytes for each target: a value takes more memory than its bytes, but not without bound.
    for (let index = 0; seen.size < Object.keys(HOSTILE).length * FORMATS.length * 2 && index < 20_000; index++) {
      const { about, format, side, bytes } = makeCase(1, index);
      const kind = `${about}: ${format.name} at the ${side}`;
      if (!(about in HOSTILE) || seen.has(kind)) continue;
      seen.add(kind);
      // A HELLO may be longer than a Command, and comes in many pieces.
      const bound = Math.max(1_000 * MAX_FRAME_BYTES, 500 * bytes.length);
      let taken = Number.POSITIVE_INFINITY;
      // What else is going on in the process takes memory now and then; what the bytes make it take, they do each time.
      for (let tries = 0; tries < 3 && taken >= bound; tries++) {
        memoryInUse();
        const before = process.memoryUsage();
        await range.check(1, index);
        const after = process.memoryUsage();
        taken = Math.min(taken, after.heapUsed - before.heapUsed + after.external - before.external);
      }
      most = Math.max(most, taken);
      expect(taken, kind).toBeLessThan(bound);
    }
    console.log(`${Math.round(most / 1024)} KiB at the most for one stream of hostile bytes`);
    expect(seen.size).toBe(Object.keys(HOSTILE).length * FORMATS.length * 2);
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
