// A replica: a server that tells on descriptor 3 which Commands it executes, and ends in order at SIGTERM.
import { writeSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { serve } from 'cmd-stream';
import { deployed, LONG_MS, TICK_MS, TICKS } from './service.ts';

const JOURNAL = 3;

const executed = (id: number) => writeSync(JOURNAL, `${id}\n`);

const server = await serve(
  deployed,
  undefined,
  {
    Short(id) {
      executed(id);
      return id;
    },
    async Long(id) {
      executed(id);
      await wait(LONG_MS);
      return id;
    },
    async *Ticks(id) {
      executed(id);
      for (let left = TICKS - 1; left >= 0; left--) {
        yield left;
        await wait(TICK_MS);
      }
    },
  },
  { port: Number(process.argv[2]) },
);
console.log(`listening ${server.address}`);

process.once('SIGTERM', async () => {
  await server.shutdown();
  process.exit();
});
// Whatever becomes of the run, nothing of it is left behind.
process.stdin.on('close', () => process.exit(1)).resume();
