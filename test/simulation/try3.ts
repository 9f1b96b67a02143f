import { MUTANTS } from './mutants/index.ts';
import { hunt } from './mutants/plant.ts';
const [limit, from = 0, to = 99] = process.argv.slice(2).map(Number);
for (const m of MUTANTS.slice(from, to)) { try { const [c] = await hunt(m, limit!, [100_000]); console.log(m.name, '|', c!.promises.length ? c!.schedules : 'NOT CAUGHT', c!.promises.join(), c!.message.slice(0, 110)); } catch (e) { console.log(m.name, '| FAILED', String(e).slice(0, 300)); } }
