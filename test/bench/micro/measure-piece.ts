import { setImmediate as nextTurn } from 'node:timers/promises';
import { median } from '../statistics.ts';
import type { Piece, PieceResult, Work } from './piece.ts';

/** How a piece is measured. */
export interface Effort {
  readonly rounds: number;
  /** CPU time of each side in a round. */
  readonly roundMs: number;
}

/** So few that what they allocate fits between two collections of the young generation. */
const ALLOCATING = 1000;
const ALLOCATION_ROUNDS = 9;

/** Measures both sides of a piece in turn, so that what slows the machine down for a while slows both. */
export async function measurePiece(piece: Piece, { rounds, roundMs }: Effort): Promise<PieceResult> {
  const { ours, plain } = piece.prepare();
  const oursCount = await countFor(ours, roundMs);
  const plainCount = await countFor(plain, roundMs);
  const oursNs: number[] = [];
  const plainNs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    oursNs.push(await nsPerOperation(ours, oursCount));
    plainNs.push(await nsPerOperation(plain, plainCount));
  }
  return {
    piece,
    ours: { ns: median(oursNs), allocatedBytes: await bytesPerOperation(ours) },
    plain: { ns: median(plainNs), allocatedBytes: await bytesPerOperation(plain) },
    ratio: median(oursNs.map((ns, round) => ns / (plainNs[round] as number))),
  };
}

/** How often to do it for `roundMs`; running it until that is known is its warm-up as well. */
async function countFor(work: Work, roundMs: number): Promise<number> {
  for (let count = 1000; ; count *= 2) {
    const ms = ((await nsPerOperation(work, count)) * count) / 1e6;
    if (ms >= roundMs) return count;
  }
}

async function nsPerOperation(work: Work, count: number): Promise<number> {
  const before = process.cpuUsage();
  await work(count);
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / count;
}

/** The growth of the heap while it is not collected; where it was after all, the median of several tries passes over it. */
async function bytesPerOperation(work: Work): Promise<number> {
  const growths: number[] = [];
  for (let round = 0; round < ALLOCATION_ROUNDS; round++) {
    globalThis.gc?.();
    await nextTurn();
    const before = process.memoryUsage().heapUsed;
    const done = work(ALLOCATING);
    if (done !== undefined) await done;
    growths.push((process.memoryUsage().heapUsed - before) / ALLOCATING);
  }
  return Math.max(0, median(growths));
}
