import cluster from 'node:cluster';
import { existsSync } from 'node:fs';
import { systemClock } from '../base/clock.ts';
import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import { paced } from '../base/refusal-pace.ts';
import { execArgvFor } from './loader.ts';
import { pathOf, resolveWorkersOptions, type WorkersOptions } from './options.ts';
import { requireReusePort } from './reuse-port.ts';
import { startWorkers, type Workers } from './workers.ts';

/**
 * Runs a file that calls `serve` in several processes that share its port. The file is the same as for one process, and
 * works alone as well.
 *
 * @param file - a module that calls `serve`; TypeScript where Node or `tsx` can load it.
 * @returns once all of them serve.
 * @throws CmdStreamError `invalid-argument` for a file or options that are not acceptable, and on Deno; `listen-failed` where
 * a process ends before all serve.
 *
 * @example
 * ```ts
 * await using workers = await serveWorkers(new URL('./server.ts', import.meta.url), { workers: 4 });
 * process.on('SIGUSR2', () => workers.roll());
 * ```
 */
export function serveWorkers(file: URL | string, options?: WorkersOptions): Promise<Workers> {
  return paced(systemClock, serving(file, options));
}

async function serving(file: unknown, given: WorkersOptions | undefined): Promise<Workers> {
  const path = pathOf(file);
  const options = resolveWorkersOptions(given);
  requireRuntime();
  if (!cluster.isPrimary) {
    const message = 'serveWorkers() cannot be called in a worker; the file that workers run calls serve()';
    throw new CmdStreamError('invalid-argument', message);
  }
  if (!existsSync(path)) throw new CmdStreamError('invalid-argument', `serveWorkers() finds no file ${path}`);
  const execArgv = execArgvFor(path);
  if (options.via === 'reuse-port') await requireReusePort();
  return await startWorkers(path, execArgv, options);
}

/** @throws CmdStreamError `invalid-argument` where processes are started without what makes them workers. */
function requireRuntime(): void {
  if (process.versions.deno === undefined) return;
  const hint = 'start processes with ports of their own, and give a sender all of their addresses';
  const message = `serveWorkers() needs Node or Bun: this is Deno ${process.versions.deno}, which loads nothing before the file of a process; ${hint}`;
  throw new CmdStreamError('invalid-argument', message);
}
