import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CmdStreamError, describeError } from '../base/errors/cmd-stream-error.ts';
import { serveWorkers } from '../workers.ts';
import type { Terminal } from './terminal.ts';
import { parseArguments, parseWholeNumber, UsageError } from './usage-error.ts';

/** Whether `cmd-stream serve` is asked to run a file, or for workers, rather than the calc example. */
export function asksForWorkers(args: readonly string[]): boolean {
  const isOption = (arg: string | undefined) => arg?.startsWith('-') === true;
  return (
    args.some((arg) => /^--workers(=|$)/.test(arg)) ||
    (args[0] !== undefined && /\.[cm]?[jt]s$/.test(args[0]) && !isOption(args[0]))
  );
}

/** `cmd-stream serve FILE --workers N`: the user's server, until SIGINT or SIGTERM; SIGUSR2 rolls. */
export async function serveFile(args: string[], out: Terminal, err: Terminal): Promise<number> {
  const { values, positionals } = parseArguments({
    args,
    allowPositionals: true,
    options: { workers: { type: 'string' }, via: { type: 'string' } },
  });
  const [file, ...more] = positionals;
  if (file === undefined) throw new UsageError('--workers needs the FILE that they run, one that calls serve()');
  if (more.length > 0) throw new UsageError(`serve takes one FILE; got '${more[0]}' as well`);
  const { workers: number, via } = values;
  if (via !== undefined && via !== 'round-robin' && via !== 'reuse-port') {
    throw new UsageError(`--via must be round-robin or reuse-port; got '${via}'`);
  }
  const workers = await serveWorkers(pathToFileURL(resolve(file)), {
    workers: number === undefined ? undefined : parseWholeNumber('workers', number, 1, 1_024),
    via,
    onWorkerDied: (reason, pid) => err.line(`cmd-stream serve: the worker ${pid} has died: ${reason}`),
  });
  out.line(`${workers.workers.length} workers serve ${file} on ${workers.address}; stop with Ctrl-C`);
  const drain = () => {
    out.line('finishing what is under way');
    void workers.drain();
  };
  const roll = async () => {
    try {
      await workers.roll();
      out.line('all workers are replaced');
    } catch (error) {
      if (!CmdStreamError.is(error) || error.code !== 'closed') err.line(`cmd-stream serve: ${describeError(error)}`);
    }
  };
  process.once('SIGINT', drain).once('SIGTERM', drain).on('SIGUSR2', roll);
  try {
    await workers.done;
  } finally {
    process.off('SIGINT', drain).off('SIGTERM', drain).off('SIGUSR2', roll);
  }
  out.line('stopped');
  return 0;
}
