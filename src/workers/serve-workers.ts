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
 * @throws CmdStreamError `invalid-argument` for a file or options that are not acceptable; `listen-failed` where a process
 * ends before all serve.
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
  if (!cluster.isPrimary) {
    const message = 'serveWorkers() cannot be called in a worker; the file that workers run calls serve()';
    throw new CmdStreamError('invalid-argument', message);
  }
  if (!existsSync(path)) throw new CmdStreamError('invalid-argument', `serveWorkers() finds no file ${path}`);
  const execArgv = execArgvFor(path);
  if (options.via === 'reuse-port') await requireReusePort();
  return await startWorkers(path, execArgv, options);
}
