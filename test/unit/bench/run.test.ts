import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { CaseResult } from '../../bench/results.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Runs the sources of the bench; compiled they are `npm run bench`. */
const run = (...args: string[]) =>
  promisify(execFile)(process.execPath, ['--import', 'tsx', 'test/bench/main.ts', ...args], { cwd: root });

describe('the bench', () => {
  it('measures raw and cmd-stream in processes of their own, and prints JSON', { timeout: 30_000 }, async () => {
    const tiny = ['--rounds', '2', '--duration-ms', '40', '--warm-up-ms', '20'];
    const { stdout } = await run('--json', '--systems', 'raw,cmd-stream', '--windows', '64', '--sizes', '16', ...tiny);
    const { cases } = JSON.parse(stdout) as { cases: CaseResult[] };
    expect(cases).toMatchObject([{ window: 64, stringLength: 16, pinned: false }]);
    expect(cases[0]?.rows.map(({ id }) => id)).toEqual(['raw', 'cmd-stream']);
    for (const row of cases[0]?.rows ?? []) {
      expect(row.queriesPerSecond.min).toBeGreaterThan(1000);
      expect(row.p99Ms).toBeGreaterThanOrEqual(row.p50Ms);
      expect(row.clientCpuUs).toBeGreaterThan(0);
      expect(row.serverCpuUs).toBeGreaterThan(0);
    }
  });

  it('tells what is wrong with its command line', { timeout: 30_000 }, async () => {
    await expect(run('--windows', 'many')).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--windows takes whole numbers above 0; got 'many'"),
    });
  });
});
