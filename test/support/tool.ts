import { spawnSync } from 'node:child_process';
import { describe } from 'vitest';

/**
 * A `describe` of tests that need a program of the machine; they say `skipped: no <program>` where there is none. In CI that is
 * a failure: the program is started, and is not there.
 */
export function describeWith(program: string, name: string, tests: () => void): void {
  const isThere = spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;
  if (isThere || process.env.CI === 'true') describe(name, tests);
  else describe.skip(`${name} (skipped: no ${program})`, tests);
}
