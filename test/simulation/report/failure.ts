import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { shrink } from '../judge.ts';
import { PROMISES } from '../promises/index.ts';
import { timelineOf } from '../timeline/timeline.ts';

/** How long a failure may be made smaller. */
const SHRINK_MS = 60_000;

/**
 * Makes the failing schedule of a seed smaller, draws its timeline into `folder`, and says what is known of it in lines;
 * nothing where no promise is broken.
 */
export async function explainFailure(
  seed: number,
  folder: string,
  options: { readonly path?: string | undefined; readonly shrinkMs?: number } = {},
): Promise<string | undefined> {
  Error.stackTraceLimit = 10;
  const shrunk = await shrink(seed, options.shrinkMs ?? SHRINK_MS, options.path);
  if (shrunk === undefined) return undefined;
  const { path, shrinks, run, violations } = shrunk;
  const command = `npm run simulate -- --seed ${seed} --path ${path}`;
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `simulation-${seed}.html`);
  writeFileSync(file, timelineOf(shrunk, command));
  return [
    `seed ${seed} breaks ${violations.length === 1 ? 'a promise' : `${violations.length} promises`}:`,
    ...violations
      .slice(0, 5)
      .map(({ promise, atMs, message }) => `  ${promise} (${PROMISES[promise]}) at ${atMs.toFixed(3)} ms: ${message}`),
    `shrunk ${shrinks} times; the schedule:`,
    JSON.stringify(run.schedule),
    `timeline: ${file}`,
    `replay:   ${command}`,
  ].join('\n');
}
