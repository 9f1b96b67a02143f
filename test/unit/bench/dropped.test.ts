import { describe, expect, it } from 'vitest';
import { bench } from '../../bench/bench.ts';
import { type BenchOptions, type KnownRow, parseOptions } from '../../bench/options.ts';
import type { Row } from '../../bench/systems/row.ts';

/** A row whose processes end at once. */
const broken = (kind: Row['kind']): Row & KnownRow => ({
  id: 'broken',
  about: '',
  kind,
  canWait: true,
  missing: () => undefined,
  version: () => undefined,
  runs: { program: '/bin/false' },
});

async function measure(row: Row): Promise<{ dropped: string[]; rows: number[] }> {
  const options = parseOptions(['--windows', '1,2', '--sizes', '16', '--connections', '1', '--systems', row.id], [row]);
  const dropped: string[] = [];
  const cases = await bench([row], options as BenchOptions, {
    progress: () => {},
    done: () => {},
    dropped: (id, error) => dropped.push(`${id}: ${(error as Error).message}`),
  });
  return { dropped, rows: cases.map(({ rows }) => rows.length) };
}

describe('a row that fails', () => {
  it('is left out from then on where it is a peer, and told of once', async () => {
    const { dropped, rows } = await measure(broken('peer'));
    expect(dropped).toEqual([expect.stringMatching(/^broken: the server of broken, 'serve': ./)]);
    expect(rows).toEqual([0, 0]);
  });

  it('fails the run where it is the library or raw', async () => {
    await expect(measure(broken('own'))).rejects.toThrow("the server of broken, 'serve'");
  });
});
