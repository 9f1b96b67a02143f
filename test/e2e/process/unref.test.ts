import { serve } from 'cmd-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { program } from '../../support/program.ts';
import { run, start } from '../../support/run.ts';
import { deadAddress, sleep, stage } from '../client/stage.ts';
import { calc } from '../support/calc.ts';
import { makeCertificates } from '../support/certificates.ts';

const { silentServer } = stage();

/** Far beyond what a process takes to start; what keeps one here keeps it for a minute. */
const END_MS = 40_000;
const argumentsOf = (name: string, ...rest: string[]) => [
  program(new URL(`fixtures/${name}.ts`, import.meta.url)),
  ...rest,
];

const handlers = {
  Add: ({ a, b }: { a: number; b: number }) => a + b,
  async *Countdown() {},
  Echo: () => '',
  Find: () => undefined as never,
  Fail: () => undefined as never,
  Wait: (_: unknown, { signal }: { signal: AbortSignal }) =>
    new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
};

async function ends(name: string, ...rest: string[]) {
  const { code, stdout, stderr } = await run(process.execPath, argumentsOf(name, ...rest), { timeoutMs: END_MS });
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'done\n', stderr: '' });
}

async function stays(name: string, ...rest: string[]) {
  await using running = start(process.execPath, argumentsOf(name, ...rest), { timeoutMs: END_MS });
  await running.says(/^done$/m);
  const ended = await Promise.race([running.ended, sleep(700)]);
  expect(ended, 'it should have stayed').toBeUndefined();
}

describe('A5 A6: a process with a sender', () => {
  let address = '';
  let secure = '';
  let close: () => Promise<unknown> = async () => undefined;
  beforeAll(async () => {
    const { server: tls } = await makeCertificates();
    const plain = await serve(calc, undefined, handlers, { port: 0, onHandlerError: () => undefined });
    const encrypted = await serve(calc, undefined, handlers, { port: 0, tls });
    address = plain.address;
    secure = encrypted.address;
    close = () => Promise.all([plain.close(), encrypted.close()]);
  });
  afterAll(() => close());

  it.each(['open', 'unrefed and refed', 'unrefed while it dials, and refed'])('that is %s stays', (what) =>
    stays('sender', what, address),
  );

  it.each([
    ['unrefed', () => address],
    ['unrefed, over TLS', () => secure],
    ['unrefed while sends are under way', () => address],
    ['unrefed before it is connected', () => address.replace('127.0.0.1', 'localhost')],
    ['unrefed while its server says nothing', async () => (await silentServer()).address],
    ['unrefed between two dials', deadAddress],
    ['unrefed while an address function thinks', () => ''],
  ])('that is %s ends', async (what, addressOf) => ends('sender', what, await addressOf()));
});

describe('A5 A6: a process with a server', () => {
  it.each(['open', 'unrefed and refed'])('that is %s stays', (what) => stays('server', what));

  it.each(['unrefed', 'unrefed with a connection', 'unrefed before a connection'])('that is %s ends', (what) =>
    ends('server', what),
  );
});

describe('A5 A6: a process with an open circuit breaker', () => {
  it('ends, although that is open for a minute', async () => {
    const { code, stdout } = await run(process.execPath, argumentsOf('open-breaker'), { timeoutMs: END_MS });
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'open\n' });
  });
});
