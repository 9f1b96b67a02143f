// npm run simulate: see HELP in report/options.ts.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { explainFailure } from './report/failure.ts';
import { HELP, parseOptions, type SimulateCommand, UsageError } from './report/options.ts';
import { formatProgress, formatSummary } from './report/summary.ts';
import { addTally, emptyTally } from './report/tally.ts';
import type { WorkerReport } from './worker.ts';

/** So many failures are enough to look at. */
const MAX_EXPLAINED = 3;

/** Runs; resolves with the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const folder = join(tmpdir(), 'cmd-stream-simulation');
  const command = parseOptions(args, Math.floor(Math.random() * 0x3fff_ffff), folder);
  if (command === 'help') {
    console.log(HELP);
    return 0;
  }
  if (command.seed === undefined) return await runMany(command);
  const { seed, path, timelines } = command;
  const failure = await explainFailure(seed, timelines, { path });
  console.log(failure ?? `seed ${seed} keeps all promises`);
  return failure === undefined ? 0 : 1;
}

async function runMany({ schedules, jobs, from, timelines }: SimulateCommand): Promise<number> {
  console.log(`${schedules} schedules from --from ${from} in ${jobs} processes, Node ${process.version}`);
  const tally = emptyTally();
  const bugs: WorkerReport['bugs'][number][] = [];
  const startMs = performance.now();
  const elapsedMs = () => performance.now() - startMs;
  const ended = Array.from({ length: jobs }, async (_, job) => {
    const share = Math.ceil((schedules - job) / jobs);
    const script = fileURLToPath(
      new URL(`./worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
    );
    const child = fork(script, [from + job, jobs, share].map(String));
    process.once('exit', () => child.kill());
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill('SIGINT'));
    child.on('message', (message) => {
      const { states, bugs: found, ...rest } = message as WorkerReport;
      addTally(tally, { ...rest, states: new Set(states) });
      bugs.push(...found);
      for (const { seed, promise, message } of found)
        console.error(`\nseed ${seed} breaks promise ${promise}: ${message}`);
    });
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error(`a worker ended with ${code}`);
  });
  const endProgress = showProgress(() => formatProgress(tally.schedules, schedules, elapsedMs(), bugs.length));
  await Promise.all(ended).finally(endProgress);
  console.log(formatSummary(tally, elapsedMs(), bugs.length));
  for (const { seed } of bugs.slice(0, MAX_EXPLAINED)) console.error(`\n${await explainFailure(seed, timelines)}`);
  return bugs.length === 0 ? 0 : 1;
}

/** Writes a line again and again: over itself on a terminal, below each other elsewhere. Returns what ends it. */
function showProgress(line: () => string): () => void {
  const { stdout } = process;
  const show = () => stdout.write(stdout.isTTY ? `\r\x1b[K${line().slice(0, stdout.columns - 1)}` : `${line()}\n`);
  const timer = setInterval(show, stdout.isTTY ? 500 : 30_000);
  return () => {
    clearInterval(timer);
    if (stdout.isTTY) stdout.write('\r\x1b[K');
  };
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof UsageError) console.error(`${error.message}\n\n${HELP}`);
  else console.error(error);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
