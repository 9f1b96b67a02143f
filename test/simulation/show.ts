import { scheduleOf } from "./judge.ts";
import { violationsOf } from './promises/index.ts';
import { runSchedule } from './run.ts';
const seed = Number(process.argv[2]);
const s = scheduleOf(seed);
const r = await runSchedule(s!);
for (const v of violationsOf(r)) console.log(v);
console.log(JSON.stringify({ ending: s!.ending, sender: s!.sender }));
const pat = new RegExp(process.argv[3] ?? '.');
for (const e of r.entries) { const line = `${e.atMs.toFixed(2)} ${e.kind} ${e.who} ${JSON.stringify(e.details)}`; if (pat.test(line)) console.log(line.slice(0, 250)); }
if (process.argv[4]) console.log(JSON.stringify(s.servers), JSON.stringify(s.network), JSON.stringify(s.strangers));
