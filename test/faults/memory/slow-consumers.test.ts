import { fork } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { serveRows } from '../../e2e/client/rows.ts';
import { sleep, stage } from '../../e2e/client/stage.ts';
import { program } from '../../support/program.ts';

const { onEnd } = stage();
/** Memory is filled, which takes its time on a busy machine. */
const PATIENT = { timeout: 120_000 };

interface Task {
  readonly whenSlow?: 'fail';
  readonly loops: number;
  /** What a consumer takes for each Result. */
  readonly takeMs: number;
}

/** A client with a heap of 512 MiB that consumes Results of 4 MiB until it is told to stop; then it tells how that went. */
async function consumer(task: Task) {
  const { server, served, address } = await serveRows();
  onEnd(() => server.close());
  const script = program(new URL('../../e2e/client/fixtures/slow-consumer.ts', import.meta.url));
  const child = fork(script, [JSON.stringify({ address, ...task })], {
    execArgv: ['--max-old-space-size=512'],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  onEnd(() => child.kill('SIGKILL'));
  const died = once(child, 'exit').then(([code, signal]) => ({ died: `${code} ${signal}` }));
  const answered = once(child, 'message').then(([message]) => message);
  return {
    served,
    lives: () => child.exitCode === null && child.signalCode === null,
    async stop() {
      if (child.connected) child.send('stop');
      return (await Promise.race([answered, died])) as { codes: (string | null)[] };
    },
  };
}

it('R2-D3: a consumer that takes its time outlives a server that does not', PATIENT, async () => {
  const { served, lives, stop } = await consumer({ loops: 1, takeMs: 500 });
  // It reads a Result for each that it takes, and no more: without a pause the server gives hundreds in this time.
  await expect.poll(() => served.given > 5 || !lives(), { timeout: 100_000 }).toBe(true);
  await sleep(3_000);
  expect(served.given).toBeLessThan(60);
  expect(await stop()).toEqual({ codes: [null] });
});

it('R2-D3: it fails by itself where it is told to, and the process lives', PATIENT, async () => {
  const { served, lives, stop } = await consumer({ whenSlow: 'fail', loops: 1, takeMs: 300 });
  await expect.poll(() => served.given > 200 || !lives(), { timeout: 100_000 }).toBe(true);
  expect(await stop()).toEqual({ codes: ['result-overflow'] });
});

it('R2-D3: many at the same time are bounded together', PATIENT, async () => {
  const { served, lives, stop } = await consumer({ loops: 30, takeMs: 2_000 });
  // Each has Results of 12 MiB behind it, or has failed since there was no end of them: the server gives those no more.
  await expect.poll(() => served.given > 100 || !lives(), { timeout: 100_000 }).toBe(true);
  for (const code of (await stop()).codes) expect([null, 'result-overflow']).toContain(code);
});
