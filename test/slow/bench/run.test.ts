import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { Run } from '../../bench/report.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Runs the sources of the bench; compiled they are `npm run bench`. */
const run = (...args: string[]) =>
  promisify(execFile)(process.execPath, ['--import', 'tsx', 'test/bench/main.ts', ...args], { cwd: root });

const tiny = ['--rounds', '2', '--duration-ms', '40', '--warm-up-ms', '20', '--sizes', '16', '--windows', '64'];

describe('the bench', () => {
  it('measures raw and cmd-stream in processes of their own, and prints JSON', async () => {
    const { stdout, stderr } = await run('--json', '-', '--systems', 'raw,cmd-stream', '--connections', '1,4', ...tiny);
    const { cases, versions, machine } = JSON.parse(stdout) as Run;
    expect(cases).toMatchObject([1, 4].map((connections) => ({ work: { window: 64, stringLength: 16, connections } })));
    expect(Object.keys(versions)).toEqual(['raw', 'cmd-stream']);
    expect(machine.cpus).toBeGreaterThan(0);
    for (const { rows } of cases) {
      expect(rows.map(({ id }) => id)).toEqual(['raw', 'cmd-stream']);
      for (const row of rows) {
        expect(row.queriesPerSecond.min).toBeGreaterThan(10);
        expect(row.p99Ms).toBeGreaterThanOrEqual(row.p50Ms);
        expect(row.p999Ms).toBeGreaterThanOrEqual(row.p99Ms);
        expect(row.clientCpuUs).toBeGreaterThan(0);
        expect(row.serverCpuUs).toBeGreaterThan(0);
        expect(row.clientPeakBytes).toBeGreaterThan(1e7);
        expect(row.serverPeakBytes).toBeGreaterThan(1e7);
        expect(row.unanswered).toBe(0);
      }
    }
    expect(stderr).toContain('16 characters, window 64, 4 connections\n');
  });

  it('sends all at once to servers that wait, in the mode latency', async () => {
    const few = ['--mode', 'latency', '--requests', '500', '--connections', '2', '--rounds', '1', '--warm-up-ms', '20'];
    const { stdout } = await run('--json', '-', '--systems', 'raw-json,cmd-stream-tls', ...few);
    const { cases } = JSON.parse(stdout) as Run;
    expect(cases).toMatchObject([{ work: { kind: 'burst', requests: 500, connections: 2, delayMs: 30 } }]);
    expect(cases[0]?.rows.map(({ id }) => id)).toEqual(['raw-json', 'cmd-stream-tls']);
    for (const row of cases[0]?.rows ?? []) {
      expect(row.unanswered).toBe(0);
      // Timers of Node may be a millisecond early.
      expect(row.p50Ms).toBeGreaterThan(28);
    }
  });

  it('tells what is wrong with its command line', async () => {
    await expect(run('--windows', 'many')).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--windows takes whole numbers above 0; got 'many'"),
    });
  });
});
