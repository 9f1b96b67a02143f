// npm run stress -- --rolling: see ROLLING_HELP in options.ts.
import { installedVersion } from '../../bench/places.ts';
import { installPeers } from '../../bench/prepare.ts';
import { formatErrors } from '../summary.ts';
import { parseRollingOptions, ROLLING_HELP, type RollingOptions } from './options.ts';
import { count, formatRun } from './report.ts';
import { roll } from './run.ts';

/** Runs; resolves with the exit code. */
export async function rolling(args: readonly string[]): Promise<number> {
  const options = parseRollingOptions(args);
  if (options === 'help') {
    console.log(ROLLING_HELP);
    return 0;
  }
  process.once('SIGINT', () => process.exit(1)).once('SIGTERM', () => process.exit(1));
  const { replicas, callers, rounds, seconds } = options;
  const howLong = seconds === undefined ? count(rounds, 'round') : `${seconds} s`;
  console.log(`${replicas} replicas restarted in turn, ${howLong}, ${callers} callers, Node ${process.version}`);
  let code = 0;
  for (const variant of options.variants) {
    const run = await roll('own', variant, options);
    console.log(formatRun(run));
    if (run.book.errors.count === 0) continue;
    console.error(`\n${formatErrors(run.book.errors)}`);
    code = 1;
  }
  if (options.peers) await rollPeers(options);
  return code;
}

/** What others do is measured, not judged. */
async function rollPeers(options: RollingOptions): Promise<void> {
  if (installedVersion('@grpc/grpc-js') === undefined) installPeers();
  console.log(`\ngrpc-js ${installedVersion('@grpc/grpc-js')}`);
  for (const senders of new Set(options.variants.map((variant) => variant.senders))) {
    const run = await roll('grpc-js', { senders, clients: 1 }, options);
    console.log(formatRun(run));
    if (run.book.errors.count > 0) console.log(formatErrors(run.book.errors));
  }
}
