import { CmdStreamError, type SenderOptions } from 'cmd-stream';
import { expect, it } from 'vitest';
import { freePort } from '../../support/ports.ts';
import { dispatchStage, type TaleSender, tales } from './dispatch-stage.ts';
import { collect } from './support.ts';

const stage = dispatchStage();
const tell = tales.Tell('a');
const aborted = AbortSignal.abort('why');

/** Ways to fail at once, however often: the code, the sender, and the send. */
const WAYS: Record<
  string,
  {
    options?: Partial<SenderOptions>;
    prepare?: (sender: TaleSender) => unknown;
    send: (sender: TaleSender) => Promise<unknown>;
  }
> = {
  unavailable: { send: (sender) => sender.send(tell) },
  'unavailable, as a stream': { send: (sender) => collect(sender.sendMulti(tales.Count(1))) },
  'unavailable, with a handler': { send: (sender) => sender.sendMulti(tales.Count(1), () => {}) },
  'unavailable, with a hook that is asked': {
    options: { hooks: () => ({ beforeSend: async () => {} }) },
    send: (sender) => sender.send(tell),
  },
  overloaded: {
    options: { waitForReady: true, maxWaiting: 1 },
    prepare: (sender) => void sender.send(tell).catch(() => {}),
    send: (sender) => sender.send(tell),
  },
  closed: { prepare: (sender) => sender.close(), send: (sender) => sender.send(tell) },
  'closed, as a stream': {
    prepare: (sender) => sender.close(),
    send: (sender) => collect(sender.sendMulti(tales.Count(1))),
  },
  refused: {
    options: {
      hooks: () => ({
        beforeSend: () => {
          throw new Error('no');
        },
      }),
    },
    send: (sender) => sender.send(tell),
  },
  'refused by a promise': {
    options: { hooks: () => ({ beforeSend: () => Promise.reject(new Error('no')) }) },
    send: (sender) => sender.send(tell),
  },
  'circuit-open': {
    options: { circuitBreaker: { windowSize: 1, failureRate: 1, openDurationMs: 60_000, successThreshold: 1 } },
    prepare: (sender) => sender.send(tell).catch(() => {}),
    send: (sender) => sender.send(tell),
  },
  'invalid-argument': { send: (sender) => sender.send('nonsense' as never) },
  'invalid-argument, as an option': { send: (sender) => sender.send(tell, { timeoutMs: -1 }) },
  'invalid-argument, as a stream': { send: (sender) => collect(sender.sendMulti('nonsense' as never)) },
  'invalid-argument, with a handler': { send: (sender) => sender.sendMulti('nonsense' as never, () => {}) },
  'encode-failed': { options: { waitForReady: true }, send: (sender) => sender.send(tales.Tell({ f() {} })) },
  cancelled: { send: (sender) => sender.send(tell, { signal: aborted }) },
  timeout: { send: (sender) => sender.sendWithDeadline(tell, 1) },
};

it.each(Object.entries(WAYS))('F20: a loop that retries what fails at once freezes nothing: %s', async (code, way) => {
  const sender = await stage.sender({ address: `127.0.0.1:${await freePort()}`, lazy: true, ...way.options });
  await expect.poll(() => sender.status.state).toBe('unavailable');
  await way.prepare?.(sender);
  let timerFired = false;
  setTimeout(() => {
    timerFired = true;
  }, 20);
  const giveUp = AbortSignal.timeout(30);
  let tries = 0;
  while (!giveUp.aborted || !timerFired) {
    // A loop that is frozen would never come to its end, nor would the test.
    if (++tries > 500_000) throw new Error('no timer has fired');
    try {
      await way.send(sender);
    } catch (error) {
      expect((error as CmdStreamError).code).toBe(code.split(',')[0]?.replace(' by a promise', ''));
    }
  }
  expect(tries).toBeGreaterThan(100);
});

it('F20: a loop that retries a lazy sender gets its connection', async () => {
  const port = await freePort();
  const sender = await stage.sender({ address: `127.0.0.1:${port}`, lazy: true });
  setTimeout(() => void stage.serve(port), 20);
  let value: unknown;
  for (let tries = 0; value === undefined && tries < 2_000_000; tries++) {
    try {
      value = await sender.send(tell);
    } catch (error) {
      expect(error).toBeInstanceOf(CmdStreamError);
    }
  }
  expect(value).toBe('a');
});

it('F20: parallel loops freeze nothing either', async () => {
  const sender = await stage.sender({ address: `127.0.0.1:${await freePort()}`, lazy: true });
  const giveUp = AbortSignal.timeout(30);
  let tries = 0;
  const loop = async () => {
    while (!giveUp.aborted && tries < 2_000_000) {
      tries++;
      await sender.send(tell).catch(() => {});
    }
  };
  await Promise.all(Array.from({ length: 50 }, loop));
  expect(giveUp.aborted).toBe(true);
});

it('F20: many sends of one run of code that fail at once do so before the turn is over', async () => {
  const sender = await stage.sender({ address: `127.0.0.1:${await freePort()}`, lazy: true });
  await expect.poll(() => sender.status.state).toBe('unavailable');
  const sends = Array.from({ length: 5_000 }, () => sender.send(tell));
  let isOver = false;
  setImmediate(() => {
    isOver = true;
  });
  // Those that are not awaited yet are rejected, and heard, before Node would call them unhandled.
  expect(await sends.at(-1)?.catch((error: CmdStreamError) => error.code)).toBe('unavailable');
  const outcomes = await Promise.allSettled(sends);
  expect(isOver).toBe(false);
  expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
});
