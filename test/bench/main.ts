// npm run bench: see HELP in options.ts.
import { writeFileSync } from 'node:fs';
import { bench, type Progress } from './bench.ts';
import { secondLook, shortfalls } from './floors.ts';
import { startMicro } from './micro/start.ts';
import { type BenchOptions, HELP, parseOptions, UsageError } from './options.ts';
import { installPeers, prepare } from './prepare.ts';
import { describeResults, describeRun, formatCase, loadNow } from './report.ts';
import type { CaseResult } from './results.ts';
import { showResults } from './shown/show.ts';
import { ROWS } from './systems/index.ts';
import type { Row } from './systems/row.ts';

async function main(args: readonly string[]): Promise<void> {
  const options = parseOptions(args, ROWS);
  if (options === 'help') return console.log(HELP);
  if (options === 'chart') return showResults();
  if (options.installPeers) installPeers();
  const { ready, skipped } = prepare(ROWS.filter(({ id }) => options.systems.includes(id)));
  const say = options.jsonFile === '-' ? console.error : console.log;
  say(describeRun(ready, options));
  for (const line of skipped) say(line);
  const measure = (chosen: BenchOptions) => measureAndShow(ready, chosen, say);
  const loadBefore = loadNow();
  const cases = await measure(options);
  if (options.jsonFile !== undefined) {
    const text = `${JSON.stringify(describeResults(ready, options, cases, loadBefore), undefined, 2)}\n`;
    if (options.jsonFile === '-') process.stdout.write(text);
    else writeFileSync(options.jsonFile, text);
  }
  if (options.quick) await judge(cases, options, measure);
}

function measureAndShow(
  rows: readonly Row[],
  options: BenchOptions,
  say: (text: string) => void,
): Promise<readonly CaseResult[]> {
  const line = statusLine(process.stderr);
  const chosen = rows.filter(({ id }) => options.systems.includes(id));
  return bench(chosen, options, {
    progress: line.show,
    done(result) {
      line.clear();
      say(`\n${formatCase(result)}`);
    },
    dropped(id, error) {
      line.clear();
      say(`${id} dropped: ${error instanceof Error ? error.message : String(error)}`);
    },
  }).finally(line.clear);
}

/** Sets the exit code where the library is far too slow, at a second look as well. */
async function judge(
  cases: readonly CaseResult[],
  options: BenchOptions,
  measure: (options: BenchOptions) => Promise<readonly CaseResult[]>,
): Promise<void> {
  const found = shortfalls(cases);
  for (const { reason } of found) console.error(`too slow, to be measured again: ${reason}`);
  if (found.length === 0) return;
  const confirmed = shortfalls(await measure(secondLook(options, found)));
  for (const { reason } of confirmed) console.error(`too slow: ${reason}`);
  if (confirmed.length > 0) process.exitCode = 1;
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
  const args = process.argv.slice(2);
  process.exitCode = startMicro(args);
  if (process.exitCode === undefined) await main(args);
} catch (error) {
  if (error instanceof UsageError) console.error(`${error.message}\n\n${HELP}`);
  else console.error(error);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
