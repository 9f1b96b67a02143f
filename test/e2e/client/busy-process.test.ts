import { fork } from 'node:child_process';
import { expect, it } from 'vitest';
import { onePlusOne, sleep, stage } from './stage.ts';

const { onEnd, sender } = stage();

/** A server in a process of its own, which goes on while this one is busy. It answers every byte 0 with one. */
async function serverElsewhere(): Promise<string> {
  const child = fork(new URL('./fixtures/pong-server.mjs', import.meta.url), { stdio: 'inherit' });
  onEnd(() => new Promise((resolve) => child.once('exit', resolve) && child.kill()));
  const port = await new Promise((resolve) => child.once('message', resolve));
  child.disconnect();
  return `127.0.0.1:${port}`;
}

it('a process that was too busy to read a Pong in time does not lose its connection', async () => {
  const address = await serverElsewhere();
  const lost: unknown[] = [];
  const client = await sender({
    address,
    keepalive: { timeMs: 20, timeoutMs: 20 },
    onStatus: (event) => event.type === 'client' && event.error !== undefined && lost.push(event.error),
  });
  for (let round = 0; round < 4; round++) {
    await sleep(25 * round);
    const untilMs = performance.now() + 100;
    while (performance.now() < untilMs);
  }
  await sleep(50);
  expect(lost).toEqual([]);
  expect(client.status.state).toBe('ready');
  await expect(client.send(onePlusOne, { timeoutMs: 5 })).rejects.toMatchObject({ code: 'timeout' });
});
