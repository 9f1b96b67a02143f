import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { expectNothingLeft } from '../../e2e/support/leaks.ts';
import { type Attacked, attackedFairly, type Readiness } from './attacks.ts';
import type { AttackName } from './messages.ts';

expectNothingLeft();

const MEBIBYTE = 2 ** 20;
/** How much longer an honest client may wait; twice is the aim, this is broken. */
const MAX_RATIO = 4;
/** What an honest one waits for is a slice or two of the server's time, however quick its machine is when it is alone. */
const FEW_SLICES_MS = 0.5;
/** With the limits of server-process.ts a connection may hold 256 KiB each of a frame, Results and what is being read. */
const MAX_BYTES_OF_ONE = MEBIBYTE;

const ATTACKS: readonly [attack: AttackName, count: number, ready: Readiness, maxRatio?: number][] = [
  ['slow loris', 200, ({ sentBytes }) => sentBytes > 3_000],
  // Full strength is when nothing goes through any more; until then it is a flood.
  ['never reading', 20, ({ sentBytes }, before) => sentBytes > 20 * MEBIBYTE && sentBytes === before.sentBytes],
  ['flood', 8, ({ sentBytes }) => sentBytes > 4 * MEBIBYTE],
  // An honest one waits for one of these Commands, and that takes longer than its own.
  ['large flood', 8, ({ sentBytes }) => sentBytes > 64 * MEBIBYTE, 2 * MAX_RATIO],
  ['giant lengths', 5, ({ made }) => made > 50],
  ['abrupt ends', 5, ({ made }) => made > 50],
];

describe.skipIf(process.platform === 'win32')('beside hostile clients', { timeout: 240_000 }, () => {
  it.each(ATTACKS)('of the kind "%s" (%i) an honest one is served as if alone', async (...attack) => {
    const [name, count, ready, maxRatio = MAX_RATIO] = attack;
    const isFair = ({ ratio, besideMs }: Attacked) => ratio < maxRatio || besideMs < FEW_SLICES_MS;
    const seen = await attackedFairly(name, count, ready, isFair);
    const { ratio, besideMs, grownBytes, leftBytes } = seen;
    expect(isFair(seen), `${besideMs} ms beside the attack, ${ratio} times as long as alone`).toBe(true);
    expect(grownBytes).toBeLessThan(count * MAX_BYTES_OF_ONE);
    expect(leftBytes).toBeLessThan(16 * MEBIBYTE);
  });

  it('that are idle, four thousand of them, an honest one is served as if alone', async () => {
    const count = idleConnections();
    const ready: Readiness = ({ made }) => made === count;
    const { ratio, grownBytes, held } = await attackedFairly('idle', count, ready, (seen) => seen.ratio < MAX_RATIO);
    expect(held.connections).toBe(count + 1);
    expect(ratio).toBeLessThan(MAX_RATIO);
    // What one idle connection costs, sockets and all.
    expect(grownBytes / count).toBeLessThan(16 * 1024);
  });
});

/** Four thousand, or as many as the limit of open files admits beside what a process needs anyway. */
function idleConnections(): number {
  const limit = execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).trim();
  const count = limit === 'unlimited' ? 4_000 : Math.min(4_000, Number(limit) - 500);
  if (count < 4_000) console.log(`only ${count} idle connections: the limit of open files is ${limit} (ulimit -n)`);
  return count;
}
