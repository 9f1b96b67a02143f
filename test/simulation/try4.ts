import { MUTANTS } from './mutants/index.ts';
import { hunt } from './mutants/plant.ts';
for (const m of MUTANTS.filter(({ name }) => process.argv.slice(2).some((n) => name.startsWith(n)))) { const c = await hunt(m, 2000, [100_000, 200_000]); for (const x of c) console.log(m.name, '|', x.promises.length ? x.schedules : 'NOT CAUGHT', x.promises.join(), x.message.slice(0, 110)); }
