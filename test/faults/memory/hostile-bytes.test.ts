import { expect, it } from 'vitest';
import { makeCase } from '../fuzz/cases.ts';
import { Range } from '../fuzz/check.ts';
import { FORMATS } from '../fuzz/corpus.ts';
import { HOSTILE } from '../fuzz/hostile-bytes.ts';
import { MAX_FRAME_BYTES } from '../fuzz/outcome.ts';
import { memoryInUse } from '../fuzz/run.ts';

it('no byte sequence makes either side allocate more than a few times what it may send', async () => {
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
