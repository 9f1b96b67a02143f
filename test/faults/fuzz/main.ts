// npm run fuzz: any number of cases, against the real server and the real client.
import { parseArgs } from 'node:util';
import { Range } from './check.ts';
import { type FuzzProgress, type FuzzSummary, fuzz } from './run.ts';

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '100000' },
    seed: { type: 'string' },
    case: { type: 'string' },
  },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 32));
const cases = Number(values.cases);
if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(cases) || cases < 1) {
  throw new Error('npm run fuzz -- [--cases NUMBER] [--seed NUMBER] [--case NUMBER]');
}

if (values.case === undefined) {
  console.log(`${cases} cases, seed ${seed}`);
  const summary = await fuzz({ seed, cases, onProgress: showProgress });
  showSummary(summary);
} else {
  await using range = await Range.open();
  console.log(await range.check(seed, Number(values.case)));
}

function showProgress({ done, cases: all, elapsedMs }: FuzzProgress): void {
  const rate = done / (elapsedMs / 1_000);
  const restS = Math.round((all - done) / rate);
  const line = `${done} of ${all} (${Math.floor((100 * done) / all)} %), ${Math.round(rate)} a second, ${restS} s left`;
  if (process.stdout.isTTY) process.stdout.write(`\r${line}   `);
  else console.log(line);
}

function showSummary(summary: FuzzSummary): void {
  const { elapsedMs, bytes, ends, targets, mostKeptMemory, grownBytes, mostResidentBytes } = summary;
  const kib = (value: number) => `${Math.round(value / 1024)} KiB`;
  const list = (counts: ReadonlyMap<string, number>) =>
    [...counts].map(([name, times]) => `  ${name}: ${times}`).sort();
  const lines = [
    `${process.stdout.isTTY ? '\n' : ''}${summary.cases} cases, ${kib(bytes)} of input, in ${(elapsedMs / 1_000).toFixed(1)} s`,
    `(${Math.round(summary.cases / (elapsedMs / 1_000))} a second): no promise broken`,
    'under fire:',
    ...list(targets),
    'connections ended:',
    ...list(ends),
    `most memory kept for received bytes: ${kib(mostKeptMemory)}; memory in use has grown by ${kib(grownBytes)};`,
    `most resident: ${kib(mostResidentBytes)}`,
  ];
  console.log(lines.join('\n'));
}
