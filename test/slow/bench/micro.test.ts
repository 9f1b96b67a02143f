import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type Finding, isReached } from '../../bench/micro/measure.ts';
import { measurePiece } from '../../bench/micro/measure-piece.ts';
import type { PieceResult } from '../../bench/micro/piece.ts';
import { PIECES } from '../../bench/micro/pieces/index.ts';
import { formatFinding, formatPieces } from '../../bench/micro/report.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Runs the sources of the bench; compiled they are `npm run bench`. */
const run = (...args: string[]) =>
  spawnSync(process.execPath, ['--import', 'tsx', 'test/bench/main.ts', ...args], { cwd: root, encoding: 'utf8' });

describe('a micro benchmark', () => {
  it.each(PIECES.map((piece) => [piece.name, piece] as const))(
    'of %s does its work on both sides',
    async (_, piece) => {
      const { ours, plain, ratio } = await measurePiece(piece, { rounds: 1, roundMs: 1 });
      expect(ours.ns).toBeGreaterThan(0);
      expect(plain.ns).toBeGreaterThan(0);
      expect(ratio).toBeCloseTo(ours.ns / plain.ns);
    },
  );

  it('is reached from the command line', () => {
    const { stdout } = run('--micro', '--quick', '--json', '--only', 'pending');
    const results = JSON.parse(stdout) as PieceResult[];
    expect(results.map(({ piece }) => piece.name)).toEqual(['pending table']);
    // A Map with entries that pass through allocates; were the heap not looked at, both would be 0.
    expect(results[0]?.plain.allocatedBytes).toBeGreaterThan(20);
  });

  it('says where a piece costs more than it may', () => {
    const [piece] = PIECES;
    if (piece === undefined) throw new Error('there are no pieces');
    const cost = { ns: 10, allocatedBytes: 0 };
    expect(formatPieces([{ piece, ours: cost, plain: cost, ratio: piece.atMost }])).not.toContain('OVER');
    expect(formatPieces([{ piece, ours: cost, plain: cost, ratio: piece.atMost + 0.1 }])).toContain('OVER');
  });
});

describe('a measure', () => {
  it('is reached from the command line, and stands beside its target', () => {
    const { stdout } = run('--measure', 'idle-connections', '--requests', '20');
    expect(stdout).toMatch(/^20 idle connections: heap and buffers each +[\d.]+ KiB {3}at most 12, better 8/);
  });

  it('that is unknown is told with those that there are', () => {
    expect(run('--measure', 'nothing')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('request-life, in-flight, request-memory, heap-growth'),
    });
  });

  it('is missed below what it must be at least, and above what it may be at most', () => {
    const finding = (kind: 'at least' | 'at most', value: number): Finding => ({
      what: 'something',
      value,
      unit: 'x',
      target: { kind, bound: 2 },
    });
    expect([1, 2, 3].map((value) => isReached(finding('at least', value)))).toEqual([false, true, true]);
    expect([1, 2, 3].map((value) => isReached(finding('at most', value)))).toEqual([true, true, false]);
    expect(formatFinding(finding('at least', 1))).toContain('MISSED');
    expect(formatFinding(finding('at least', 2))).not.toContain('MISSED');
  });
});
