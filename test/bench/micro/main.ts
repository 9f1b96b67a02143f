// What single pieces cost, and the measures that are no rows of the bench. Started by the bench (see start.ts).
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { type Finding, isReached, type Measure } from './measure.ts';
import { type Effort, measurePiece } from './measure-piece.ts';
import { MEASURES } from './measures/index.ts';
import type { PieceResult } from './piece.ts';
import { PIECES } from './pieces/index.ts';
import { formatFinding, formatPieces } from './report.ts';

const THOROUGH: Effort = { rounds: 9, roundMs: 60 };
const QUICK: Effort = { rounds: 5, roundMs: 8 };

const { values } = parseArgs({
  options: {
    micro: { type: 'boolean', default: false },
    measures: { type: 'boolean', default: false },
    measure: { type: 'string' },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    /** Of `--micro`: only pieces whose names hold this. */
    only: { type: 'string', default: '' },
    /** Of a measure: how many requests (connections, ...) in place of its own number. */
    requests: { type: 'string' },
  },
});
const { quick, json } = values;

async function micro(): Promise<boolean> {
  const results: PieceResult[] = [];
  for (const piece of PIECES.filter(({ name }) => name.includes(values.only))) {
    process.stderr.write(`measuring ${piece.name}\n`);
    results.push(await measurePiece(piece, quick ? QUICK : THOROUGH));
  }
  console.log(json ? JSON.stringify(results, undefined, 2) : formatPieces(results));
  return results.every(({ ratio, piece }) => ratio <= piece.atMost);
}

async function measure({ name, run }: Measure): Promise<boolean> {
  const requests = values.requests === undefined ? undefined : Number(values.requests);
  const findings: readonly Finding[] = await run({ quick, requests });
  if (json) console.log(JSON.stringify({ name, findings }));
  else for (const finding of findings) console.log(formatFinding(finding));
  return findings.every(isReached);
}

/** Each in a process of its own: none inherits the heap of another. */
function measures(): boolean {
  const [, file = '', ...args] = process.argv;
  const codes = MEASURES.map(({ name }) => {
    const rest = args.filter((arg) => arg !== '--measures');
    const options = [...process.execArgv, file, `--measure=${name}`, ...rest];
    return spawnSync(process.execPath, options, { stdio: 'inherit' }).status;
  });
  return codes.every((code) => code === 0);
}

const one = MEASURES.find(({ name }) => name === values.measure);
if (values.measure !== undefined && one === undefined) {
  console.error(`--measure takes one of ${MEASURES.map(({ name }) => name).join(', ')}; got '${values.measure}'`);
  process.exit(2);
}
let reached = true;
if (values.micro) reached = await micro();
if (one !== undefined) reached = (await measure(one)) && reached;
if (values.measures) reached = measures() && reached;
// Breakers and servers of pieces are still there.
process.exit(reached ? 0 : 1);
