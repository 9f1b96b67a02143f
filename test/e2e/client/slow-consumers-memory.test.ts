import { fork } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { serveRows } from './rows.ts';
import { stage } from './stage.ts';

const { onEnd } = stage();

interface Task {
  readonly whenSlow?: 'pause' | 'fail';
  readonly loops: number;
  /** What a consumer takes for each Result. */
  readonly takeMs: number;
  readonly forMs: number;
}

/** Has a client with a heap of 512 MiB consume Results of 4 MiB. */
async function consume(task: Task): Promise<{ codes: (string | null)[]; taken: number }> {
  const { server, address } = await serveRows();
  onEnd(() => server.close());
  const child = fork(new URL('./fixtures/slow-consumer.ts', import.meta.url), [JSON.stringify({ address, ...task })], {
    execArgv: ['--max-old-space-size=512', '--import', 'tsx'],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  onEnd(() => child.kill('SIGKILL'));
  const exit = once(child, 'exit');
  const answer = once(child, 'message').then(([message]) => message);
  const outcome = await Promise.race([answer, exit.then(([code, signal]) => ({ died: `${code} ${signal}` }))]);
  expect(outcome).not.toHaveProperty('died');
  await exit;
  return outcome;
}

it.each([undefined, 'pause' as const])(
  'R2-D3: a consumer of Results of 4 MiB that takes its time outlives a server that does not (whenSlow: %s)',
  { timeout: 60_000 },
  async (whenSlow) => {
    const { codes, taken } = await consume({ ...(whenSlow && { whenSlow }), loops: 1, takeMs: 100, forMs: 3_000 });
    expect(codes).toEqual([null]);
    expect(taken).toBeGreaterThan(1);
  },
);

it('R2-D3: it fails by itself where it is told to, and the process lives', { timeout: 60_000 }, async () => {
  const { codes } = await consume({ whenSlow: 'fail', loops: 1, takeMs: 300, forMs: 30_000 });
  expect(codes).toEqual(['result-overflow']);
});

it.each(['pause', 'fail'] as const)(
  'R2-D3: many at the same time are bounded together (whenSlow: %s)',
  { timeout: 60_000 },
  async (whenSlow) => {
    const { codes } = await consume({ whenSlow, loops: 40, takeMs: 3_000, forMs: 1_000 });
    expect(codes).toHaveLength(40);
    for (const code of codes) expect([null, 'result-overflow']).toContain(code);
  },
);
