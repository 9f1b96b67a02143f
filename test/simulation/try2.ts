import { scheduleOf } from "./judge.ts";
import { violationsOf } from './promises/index.ts';
import { runSchedule } from './run.ts';
Error.stackTraceLimit = 0;
const [from, to] = [Number(process.argv[2] ?? 1), Number(process.argv[3] ?? 100)];
const seen: Record<string, string[]> = {};
let check = 0;
const begin = performance.now();
for (let seed = from; seed <= to; seed++) {
  const s = scheduleOf(seed);
  const r = await runSchedule(s!);
  const a = performance.now();
  for (const v of violationsOf(r)) { const k = v.promise + ' ' + v.message.replace(/[\d.]+/g, '#').slice(0, 120); (seen[k] ??= []).push(`${seed}@${v.atMs}`); }
  check += performance.now() - a;
}
for (const [k, v] of Object.entries(seen)) console.log(k, v.length, v.slice(0, 4).join(' '));
console.log({ check: check / (to - from + 1), all: (performance.now() - begin) / (to - from + 1) });
