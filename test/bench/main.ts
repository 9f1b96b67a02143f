// npm run bench: see HELP in options.ts.
import { writeFileSync } from 'node:fs';
import { bench, type Progress } from './bench.ts';
import { shortfalls } from './floors.ts';
import { HELP, parseOptions, UsageError } from './options.ts';
import { installPeers, prepare } from './prepare.ts';
import { describeResults, describeRun, formatCase } from './report.ts';
import { showResults } from './shown/show.ts';
import { ROWS } from './systems/index.ts';

async function main(args: readonly string[]): Promise<void> {
  const options = parseOptions(args, ROWS);
  if (options === 'help') return console.log(HELP);
  if (options === 'chart') return showResults();
  if (options.installPeers) installPeers();
  const { ready, skipped } = prepare(ROWS.filter(({ id }) => options.systems.includes(id)));
  const say = options.jsonFile === '-' ? console.error : console.log;
  say(describeRun(ready, options));
  for (const line of skipped) say(line);
  const line = statusLine(process.stderr);
  const cases = await bench(ready, options, line.show, (result) => {
    line.clear();
    say(`\n${formatCase(result)}`);
  }).finally(line.clear);
  if (options.jsonFile !== undefined) {
    const text = `${JSON.stringify(describeResults(ready, options, cases), undefined, 2)}\n`;
    if (options.jsonFile === '-') process.stdout.write(text);
    else writeFileSync(options.jsonFile, text);
  }
  if (options.quick) fail(shortfalls(cases));
}

function fail(reasons: readonly string[]): void {
  for (const reason of reasons) console.error(`too slow: ${reason}`);
  if (reasons.length > 0) process.exitCode = 1;
}

/** One line that changes, on a terminal; elsewhere a line for each case. */
function statusLine(stream: NodeJS.WriteStream): { show: Progress; clear: () => void } {
  if (stream.isTTY === true) {
    return {
      show: (title, doing) => stream.write(`\r\x1b[K${title}: ${doing}`),
      clear: () => stream.write('\r\x1b[K'),
    };
  }
  let shown = '';
  return {
    show(title) {
      const text = `measuring: ${title}\n`;
      if (text !== shown) stream.write(text);
      shown = text;
    },
    clear() {},
  };
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof UsageError) console.error(`${error.message}\n\n${HELP}`);
  else console.error(error);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
