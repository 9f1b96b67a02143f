// npm run stress: see HELP in options.ts.
import { showProgress } from './live-line.ts';
import { HELP, parseOptions, UsageError } from './options.ts';
import { preparePeer } from './peers/index.ts';
import { rolling } from './rolling/index.ts';
import { ROLLING_HELP } from './rolling/options.ts';
import { Stress } from './stress.ts';
import { formatErrors, formatSummary } from './summary.ts';

/** Runs; resolves with the exit code. */
async function main(args: readonly string[]): Promise<number> {
  if (isRolling(args)) return await rolling(args);
  const options = parseOptions(args, Math.floor(Math.random() * 2 ** 32));
  if (options === 'help') {
    console.log(HELP);
    return 0;
  }
  const peer = preparePeer(options);
  if (peer === undefined) {
    console.log('skipped: no Go toolchain');
    // There it must run.
    return process.env.CI === 'true' ? 1 : 0;
  }
  const minutes = (options.durationMs / 60_000).toLocaleString('en-US', { maximumFractionDigits: 2 });
  console.log(`${minutes} min against a ${peer.title}, --seed ${options.seed}, Node ${process.version}`);
  const stress = await Stress.prepare(options, peer);
  // Nothing of it outlives this process.
  process.on('exit', () => stress.restarter.kill());
  let told = false;
  const stop = () => {
    if (told) process.exit(1);
    told = true;
    stress.stop();
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  const endProgress = showProgress(process.stdout, () => stress.progress);
  try {
    await stress.run();
  } finally {
    endProgress();
  }
  console.log(formatSummary(stress));
  if (stress.errors.count === 0) return 0;
  console.error(`\n${formatErrors(stress.errors)}\n--seed ${options.seed} repeats the choices of this run`);
  return 1;
}

function isRolling(args: readonly string[]): boolean {
  return args.some((arg) => /^--rolling\b/.test(arg));
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const help = isRolling(process.argv.slice(2)) ? ROLLING_HELP : HELP;
  if (error instanceof UsageError) console.error(`${error.message}\n\n${help}`);
  else console.error(error);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
