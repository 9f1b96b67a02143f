// npm run bench: see HELP in options.ts.
import { bench, type Progress } from './bench.ts';
import { startMicro } from './micro/start.ts';
import { HELP, parseOptions, UsageError } from './options.ts';
import { describeRun, formatCase, toJson } from './report.ts';
import { ROWS } from './systems/index.ts';

async function main(args: readonly string[]): Promise<void> {
  const known = ROWS.map(({ id }) => id);
  const options = parseOptions(args, known);
  if (options === 'help') {
    console.log(HELP);
    return;
  }
  if (!options.json) console.log(describeRun(options.systems, options.rounds, options.durationMs));
  const line = statusLine(process.stderr);
  const cases = await bench(options, line.show, (result) => {
    line.clear();
    if (!options.json) console.log(`\n${formatCase(result)}`);
  }).finally(line.clear);
  if (options.json) console.log(toJson(cases, options));
}

/** One line that changes, on a terminal; elsewhere a line for each case. */
function statusLine(stream: NodeJS.WriteStream): { show: Progress; clear: () => void } {
  if (stream.isTTY === true) {
    return {
      show: (size, window, doing) => stream.write(`\r\x1b[K${size} characters, window ${window}: ${doing}`),
      clear: () => stream.write('\r\x1b[K'),
    };
  }
  let shown = '';
  return {
    show(size, window) {
      const text = `measuring ${size} characters, window ${window}\n`;
      if (text !== shown) stream.write(text);
      shown = text;
    },
    clear() {},
  };
}

try {
  const args = process.argv.slice(2);
  process.exitCode = startMicro(args);
  if (process.exitCode === undefined) await main(args);
} catch (error) {
  if (error instanceof UsageError) console.error(`${error.message}\n\n${HELP}`);
  else console.error(error);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
