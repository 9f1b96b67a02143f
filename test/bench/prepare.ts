import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { GO_MODULE, hasProgram, IS_COMPILED, PEERS, ROOT } from './places.ts';
import type { Row } from './systems/row.ts';

/** Installs the packages of the peers as their lock file says. */
export function installPeers(): void {
  command('npm', ['ci', '--no-audit', '--no-fund'], PEERS);
}

/**
 * Compiles what the rows need beside the bench itself: their modules where they are peers, their program in Go.
 * @returns those that can run, and what the others lack.
 */
export function prepare(rows: readonly Row[]): { ready: readonly Row[]; skipped: readonly string[] } {
  const ready = rows.filter((row) => row.missing() === undefined);
  const skipped = rows.flatMap((row) => {
    const missing = row.missing();
    return missing === undefined ? [] : [`${row.id} skipped: ${missing}`];
  });
  const peers = ready.filter(({ kind }) => kind === 'peer');
  if (IS_COMPILED && peers.some(({ runs }) => 'load' in runs)) {
    command(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', PEERS], ROOT);
  }
  for (const { runs } of peers) {
    if ('program' in runs && (hasProgram('go') || !existsSync(runs.program))) {
      command('go', ['build', '-o', 'bin/', './cmd/bench'], GO_MODULE);
    }
  }
  return { ready, skipped };
}

/** What it prints goes to standard error: standard output belongs to the results. */
function command(program: string, args: readonly string[], cwd: string): void {
  const { status, error } = spawnSync(program, args, { cwd, stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed${error ? `: ${error.message}` : ''}`);
}
