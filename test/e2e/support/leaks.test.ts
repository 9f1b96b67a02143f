import { execFile } from 'node:child_process';
import { connect, createServer, type Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { LeakWatch } from './leaks.ts';

const watches: LeakWatch[] = [];
afterEach(() => {
  for (const watch of watches.splice(0)) watch.stop();
});

function newWatch(): LeakWatch {
  const watch = new LeakWatch();
  watches.push(watch);
  return watch;
}

function listening(): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => resolve(server));
  });
}

test('nothing is left of what was opened and closed', async () => {
  const watch = newWatch();
  const server = await listening();
  clearTimeout(setTimeout(() => {}, 60_000));
  server.close();
  expect(await watch.whatIsLeft(1000)).toEqual([]);
});

test('a resource that is on its way out gets its moment', async () => {
  const watch = newWatch();
  setTimeout(() => {}, 50);
  expect(await watch.whatIsLeft(1000)).toEqual([]);
});

test('a server that still listens is listed with its port', async () => {
  const watch = newWatch();
  const server = await listening();
  const { port } = server.address() as { port: number };
  expect(await watch.whatIsLeft(20)).toEqual([expect.stringMatching(`1 x TCPServerWrap.*server ${port}`)]);
  server.close();
  expect(await watch.whatIsLeft(1000)).toEqual([]);
});

test('a socket that is still open is listed with its ports', async () => {
  const server = await listening();
  const watch = newWatch();
  const { port } = server.address() as { port: number };
  const socket = connect(port, '127.0.0.1');
  await new Promise((resolve) => server.once('connection', resolve));
  expect(await watch.whatIsLeft(20)).toEqual([expect.stringMatching(`2 x TCPSocketWrap.* -> ${port}`)]);
  server.close();
  socket.destroy();
  expect(await watch.whatIsLeft(1000)).toEqual([]);
});

test('a timer is listed with the place that set it, even one that does not keep the process alive', async () => {
  const watch = newWatch();
  const timer = setTimeout(() => {}, 60_000).unref();
  const interval = setInterval(() => {}, 60_000).unref();
  const ofTheLibrary = systemClock.setTimeout(() => {}, 60_000);
  systemClock.unref?.(ofTheLibrary);
  const place = expect.stringContaining('leaks.test.ts');
  expect(await watch.whatIsLeft(20)).toEqual([place, place, place]);
  systemClock.clearTimeout(ofTheLibrary);
  clearTimeout(timer);
  clearInterval(interval);
  expect(await watch.whatIsLeft(20)).toEqual([]);
});

test('a test file that leaves something behind fails, and says what', async () => {
  const config = fileURLToPath(new URL('./fixtures/vitest.config.ts', import.meta.url));
  const vitest = fileURLToPath(new URL('../../../node_modules/vitest/vitest.mjs', import.meta.url));
  const run = promisify(execFile)(process.execPath, [vitest, 'run', '--config', config], {
    env: { ...process.env, NO_COLOR: '1' },
  });
  const outcome = await run.then(
    () => ({ code: 0, stdout: '', stderr: '' }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
  expect(outcome.code).toBe(1);
  const said = outcome.stdout + outcome.stderr;
  expect(said).toContain('left behind by this test file');
  expect(said).toContain('TCPServerWrap');
});
