import fc from 'fast-check';
import { schedules } from '/work/wt/props/test/simulation/generate/schedules.ts';
import { runSchedule } from '/work/wt/props/test/simulation/run.ts';
const n = Number(process.argv[2] ?? 100);
let gen = 0, run = 0, sim = 0, steps = 0, calls = 0, entries = 0;
const codes: Record<string, number> = {};
for (let seed = 1; seed <= n; seed++) {
  const a = performance.now();
  const [s] = fc.sample(schedules, { seed, numRuns: 1, unbiased: true });
  const b = performance.now();
  const r = await runSchedule(s!);
  const c = performance.now();
  gen += b - a; run += c - b; sim += r.durationMs; entries += r.entries.length;
  if (c - b > 300) console.log('slow', seed, c - b, r.durationMs);
  for (const e of r.entries) { if (e.kind === 'settled') { calls++; codes[e.details.code as string] = (codes[e.details.code as string] ?? 0) + 1; }
   if (['notResumed','notStarted'].includes(e.kind)) codes[e.kind] = (codes[e.kind] ?? 0) + 1;
   if (e.kind === 'left' && (e.details.timers || e.details.connections)) console.log(seed, e);
   if (e.kind === 'ended.sender' && (e.details.timers || e.details.open||e.details.dialling)) console.log(seed, e);
   if (e.kind === 'notResumed') console.log(seed, e); }
  if (r.failure) console.log(seed, r.failure);
  for (const w of r.warnings) { const k = 'W ' + w.slice(0, 70).replace(/\d+/g,'N'); codes[k] = (codes[k] ?? 0) + 1; }
}
console.log({ gen: gen / n, run: run / n, sim: sim / n, calls: calls / n, entries: entries / n, codes });
