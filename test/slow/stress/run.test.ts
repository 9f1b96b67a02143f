import { describe, expect, it } from 'vitest';
import { program } from '../../support/program.ts';
import { run } from '../../support/run.ts';

const MAIN = program(new URL('../../stress/main.ts', import.meta.url));

const stress = (...args: string[]) => run(process.execPath, ['--expose-gc', MAIN, ...args], { timeoutMs: 110_000 });

const SHORT = ['--minutes', '0.04', '--fault-every-ms', '500', '--rate', '500', '--seed', '1'];

describe.concurrent('the stress run', () => {
  it('passes against the node peer, through faults, and leaves nothing', async () => {
    const { code, stdout, stderr } = await stress(...SHORT);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toContain('--seed 1');
    expect(stdout).toMatch(/verify errors +0\n/);
    expect(stdout).toMatch(/handles left after closing +0\n/);
    expect(stdout).toMatch(/ success +[1-9]/);
    expect(stdout).toMatch(/executions told of by id +[1-9]/);
    expect(stdout).toMatch(/servers +.*[1-9] (stopped|killed|paused)/);
    expect(stdout).toMatch(/heap: start, middle, end +[\d.]+ MB, [\d.]+ MB, [\d.]+ MB\n/);
  });

  it.each([
    ['content', /\(echo, Echo\): Result 1: Text: expected/],
    ['gap', /\(stream.*, Countdown\): Result 2: N: expected/],
    ['short', /Countdown\): .*Last: expected false, got true/],
    ['twice', /was executed twice/],
    ['slip', /has a Result, but was never executed/],
  ])('fails against a server that lies: %s', async (lie, found) => {
    const lying = (minutes: string) => stress('--minutes', minutes, '--rate', '500', '--lie', lie);
    let ended = await lying('0.02');
    // On a busy machine it may have come to no lie in a second.
    for (const minutes of ['0.1', '0.5']) if (!found.test(ended.stderr)) ended = await lying(minutes);
    const { code, stdout, stderr } = ended;
    expect(stderr).toMatch(found);
    expect(stdout).toMatch(/verify errors +[1-9]/);
    expect(code).toBe(1);
  });

  it('tells what is wrong with its command line', async () => {
    const { code, stderr } = await stress('--peer', 'rust');
    expect(code).toBe(2);
    expect(stderr).toContain("--peer takes one of node, go; got 'rust'");
    expect(stderr).toContain('npm run stress -- [options]');
  });

  it.each([
    [undefined, 0],
    ['true', 1],
  ])('is skipped where there is no Go; with CI=%s it exits with %i', async (CI, expected) => {
    const { code, stdout } = await run(process.execPath, [MAIN, '--peer', 'go'], {
      env: { PATH: '', CI },
    });
    expect(stdout).toBe('skipped: no Go toolchain\n');
    expect(code).toBe(expected);
  });
});
