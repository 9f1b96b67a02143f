import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../../support/run.ts';
import { type Mutant, plantInto, replacementsOf } from './mutant.ts';

/** The project. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** What the suite needs of the project. */
const PARTS = [
  'src',
  'machines',
  'test/simulation',
  'test/unit/sender/breaker/reference-model.ts',
  'package.json',
  'tsconfig.json',
];

/** How many schedules it took from one base seed, and which promises were broken then; none where nothing was found. */
export interface Catch {
  readonly base: number;
  readonly schedules: number;
  readonly promises: readonly string[];
  readonly message: string;
}

/** Plants a fault into a copy of the sources, and lets the suite look for it from several base seeds. */
export async function hunt(
  mutant: Mutant | undefined,
  limit: number,
  bases: readonly number[],
  name = 'hunt.ts',
): Promise<Catch[]> {
  const copy = mkdtempSync(join(tmpdir(), 'cmd-stream-mutant-'));
  try {
    for (const part of PARTS) {
      mkdirSync(dirname(join(copy, part)), { recursive: true });
      cpSync(join(ROOT, part), join(copy, part), {
        recursive: true,
        filter: (path) => !/simulation\/out\b/.test(path),
      });
    }
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
    for (const replacement of mutant === undefined ? [] : replacementsOf(mutant)) {
      const file = join(copy, replacement.file);
      writeFileSync(file, plantInto(readFileSync(file, 'utf8'), replacement, mutant?.name ?? ''));
    }
    const script = join(copy, 'test/simulation/mutants', name);
    const args = ['--import', 'tsx', script, String(limit), ...bases.map(String)];
    const { code, stdout, stderr } = await run(process.execPath, args, { cwd: copy, timeoutMs: 900_000 });
    if (code !== 0) throw new Error(`the hunt for '${mutant?.name}' ended with ${code}:\n${stderr}`);
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Catch);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
