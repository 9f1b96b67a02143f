import { getEventListeners } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { CmdStreamError, type Command, type Hooks } from 'cmd-stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Request } from '../../../../src/sender/request/request.ts';
import { SingleRequest } from '../../../../src/sender/request/single-request.ts';
import { StreamRequest } from '../../../../src/sender/request/stream-request.ts';
import { calc } from '../../../e2e/support/calc.ts';
import { type ContextOptions, commandEntry, MODES, requestContext, resultEntry, TestCarrier } from './support.ts';

const SUM = resultEntry('Sum');
const TICK = resultEntry('Tick');
const TEXT = resultEntry('Text');
const add = calc.Add({ a: 1, b: 2 }) as Command;
const countdown = calc.Countdown({ from: 3 }) as Command;
const tick = (n: number) => ({ n, last: n === 1 });
const lost = new CmdStreamError('connection-lost', 'gone', { mayHaveExecuted: true });

/** XState tells by the console when an actor gets an event after its end, which must not happen. */
const consoleWarnings: unknown[] = [];
beforeEach(() => {
  vi.spyOn(console, 'warn').mockImplementation((...what) => void consoleWarnings.push(what));
});
afterEach(() => {
  vi.restoreAllMocks();
  expect(consoleWarnings.splice(0)).toEqual([]);
});

describe.each(MODES)('a request, %s', (mode) => {
  function setUp(options: ContextOptions = {}) {
    const shared = requestContext(mode, options);
    const carrier = new TestCarrier();
    const single = (command = add, name: 'Add' | 'Find' = 'Add') =>
      new SingleRequest(command, commandEntry(name), shared.context);
    const stream = (expected = Number.POSITIVE_INFINITY) =>
      new StreamRequest(countdown, commandEntry('Countdown'), shared.context, expected);
    return { ...shared, carrier, single, stream };
  }

  /** Hooks that write down what they hear. */
  function recordingHooks(heard: string[]): Hooks {
    return {
      onResult: ({ seq, clientId, size }, result) =>
        heard.push(`result ${result.seq} of ${seq} at ${clientId} (${size} bytes), last: ${result.last}`),
      onError: ({ seq }, { code }) => heard.push(`${seq} failed: ${code}`),
      onTimeout: ({ seq }, { code }) => heard.push(`${seq} timed out: ${code}`),
      onCancel: ({ seq }, { code }) => heard.push(`${seq} was cancelled: ${code}`),
    };
  }

  it('resolves with its Result, and needs nobody to forget it', async () => {
    const { single, carrier, clock } = setUp();
    const request = single();
    request.setDeadline(50, clock.monotonicMs());
    request.sent(carrier, 1, 10);
    expect(request.settled).toBe(false);
    request.result(SUM, 3, 4, true);
    expect(request.settled).toBe(true);
    expect(await request.promise).toBe(3);
    expect(carrier.forgotten).toEqual([]);
    expect([request.seq, request.size, request.clientId]).toEqual([1, 10, 3]);
  });

  it('tags its Result where several types are declared', async () => {
    const { single, carrier } = setUp();
    const request = single(calc.Find({ key: 'k' }) as Command, 'Find');
    request.sent(carrier, 1, 10);
    request.result(TEXT, 'found', 4, true);
    expect(await request.promise).toEqual({ type: 'Text', value: 'found' });
  });

  it('is content with one Result that does not say that it is the last, and is forgotten', async () => {
    const { carrier, context } = setUp();
    const request = new SingleRequest(countdown, commandEntry('Countdown'), context);
    request.sent(carrier, 7, 10);
    request.result(TICK, tick(3), 4, false);
    expect(await request.promise).toEqual(tick(3));
    expect(carrier.forgotten).toEqual([7]);
  });

  it('fails when the Result is of a type that is not declared for it', async () => {
    for (const lastOne of [true, false]) {
      const { single, carrier } = setUp();
      const request = single();
      request.sent(carrier, 1, 10);
      request.result(TEXT, 'no sum', 4, lastOne);
      await expect(request.promise).rejects.toMatchObject({
        code: 'result-invalid',
        mayHaveExecuted: true,
        message: expect.stringContaining('Add was answered by a Text'),
      });
      expect(carrier.forgotten).toEqual(lastOne ? [] : [1]);
    }
  });

  it('does not hear of what comes after its end', async () => {
    const { single, carrier, clock } = setUp();
    const heard: string[] = [];
    const endings: ((request: Request) => void)[] = [
      (request) => request.result(SUM, 3, 4, true),
      (request) => request.failed(lost),
      (request) => request.deadlineReached(),
      (request) => request.cancelled('own'),
    ];
    for (const end of endings) {
      const request = single();
      request.watchedBy(recordingHooks(heard));
      request.setDeadline(50, clock.monotonicMs());
      request.sent(carrier, 1, 10);
      end(request);
      const before = heard.length;
      for (const again of endings) again(request);
      clock.advance(100);
      expect(heard).toHaveLength(before);
      await request.promise.catch(() => undefined);
    }
    expect(heard).toHaveLength(4);
  });

  it('times out at its deadline, queued or sent, and says whether it may have been executed', async () => {
    const { single, carrier, clock } = setUp();
    const queued = single();
    queued.setDeadline(50, clock.monotonicMs());
    const sent = single();
    sent.sent(carrier, 9, 10);
    sent.setDeadline(50, clock.monotonicMs() - 20);
    clock.advance(29);
    expect(sent.settled).toBe(false);
    clock.advance(1);
    expect([queued.settled, sent.settled]).toEqual([false, true]);
    clock.advance(20);
    await expect(queued.promise).rejects.toMatchObject({
      code: 'timeout',
      mayHaveExecuted: false,
      message: 'Add was not answered by its deadline (after 50 ms); it was not sent',
    });
    await expect(sent.promise).rejects.toMatchObject({
      code: 'timeout',
      mayHaveExecuted: true,
      message: 'Add at 127.0.0.1:9000 was not answered by its deadline (after 50 ms)',
    });
    expect(carrier.forgotten).toEqual([9]);
    expect(clock.timers).toBe(0);
  });

  it('is cancelled by its signal with the reason as cause, queued or sent', async () => {
    const { single, carrier } = setUp();
    const controller = new AbortController();
    const queued = single();
    const sent = single();
    for (const request of [queued, sent]) request.cancelBy(controller.signal);
    sent.sent(carrier, 9, 10);
    const reason = new Error('no interest');
    controller.abort(reason);
    await expect(queued.promise).rejects.toMatchObject({
      code: 'cancelled',
      mayHaveExecuted: false,
      cause: reason,
      message: 'Add was cancelled by its caller; it was not sent',
    });
    await expect(sent.promise).rejects.toMatchObject({
      code: 'cancelled',
      mayHaveExecuted: true,
      cause: reason,
      message: 'Add at 127.0.0.1:9000 was cancelled by its caller',
    });
    expect(carrier.forgotten).toEqual([9]);
  });

  it('leaves its signal and its deadline however it ends', async () => {
    const endings: ((request: Request) => void)[] = [
      (request) => request.result(SUM, 3, 4, true),
      (request) => request.failed(lost),
      (request) => request.deadlineReached(),
      (request) => request.cancelled('own'),
    ];
    for (const end of endings) {
      const { single, carrier, clock } = setUp();
      const { signal } = new AbortController();
      const request = single();
      request.cancelBy(signal);
      request.setDeadline(50, clock.monotonicMs());
      request.sent(carrier, 1, 10);
      expect(getEventListeners(signal, 'abort')).toHaveLength(1);
      expect(request.deadlineBucket).toBeDefined();
      end(request);
      expect(getEventListeners(signal, 'abort')).toEqual([]);
      expect(request.deadlineBucket).toBeUndefined();
      await request.promise.catch(() => undefined);
    }
  });

  it('tells the one who waits for it that it has settled, once', async () => {
    const { single } = setUp();
    const told: Request[] = [];
    const request = single();
    request.whenSettled((settled) => told.push(settled));
    request.failed(lost);
    request.failed(lost);
    expect(told).toEqual([request]);
    await expect(request.promise).rejects.toBe(lost);
  });

  it('tells its hooks of each Result and of how it ended', async () => {
    const { single, stream, carrier } = setUp();
    const heard: string[] = [];
    const one = single();
    one.watchedBy(recordingHooks(heard));
    one.sent(carrier, 1, 10);
    one.result(SUM, 3, 4, true);
    const many = stream();
    many.watchedBy(recordingHooks(heard));
    many.sent(carrier, 2, 20);
    many.result(TICK, tick(3), 4, false);
    many.result(TICK, tick(2), 4, false);
    many.failed(lost);
    expect(heard).toEqual([
      'result 1 of 1 at 3 (10 bytes), last: true',
      'result 1 of 2 at 3 (20 bytes), last: false',
      'result 2 of 2 at 3 (20 bytes), last: false',
      '2 failed: connection-lost',
    ]);
  });

  it('takes a hook that throws, or rejects, for a warning', async () => {
    const { single, carrier, warnings } = setUp();
    const throwing = () => {
      throw new Error('own mistake');
    };
    const request = single();
    request.watchedBy({ onResult: throwing });
    request.sent(carrier, 1, 10);
    request.result(SUM, 3, 4, true);
    expect(await request.promise).toBe(3);
    const other = single();
    other.watchedBy({ onError: async () => throwing() });
    other.failed(lost);
    await expect(other.promise).rejects.toBe(lost);
    expect(warnings).toEqual([
      expect.stringMatching(/'onResult'.*own mistake/s),
      expect.stringMatching(/'onError'.*own mistake/s),
    ]);
  });

  it('takes what its hooks do to it after the transition that they were told of', async () => {
    const { stream, carrier } = setUp();
    const heard: string[] = [];
    const request = stream();
    request.watchedBy({
      ...recordingHooks(heard),
      onResult: (_, { seq }) => {
        heard.push(`result ${seq}`);
        request.cancelled('enough');
        request.deadlineReached();
        heard.push(`settled within: ${request.settled}`);
      },
    });
    request.sent(carrier, 1, 10);
    request.result(TICK, tick(3), 4, false);
    expect(heard).toEqual(['result 1', 'settled within: false', '1 was cancelled: cancelled']);
    expect(carrier.forgotten).toEqual([1]);
    expect(await request.results.next()).toEqual({ done: false, value: tick(3) });
    await expect(request.results.next()).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('lets its hooks start other requests', async () => {
    const { single, carrier } = setUp();
    const second = single();
    const first = single();
    first.watchedBy({
      onResult: () => {
        second.sent(carrier, 2, 10);
        second.result(SUM, 20, 4, true);
      },
    });
    first.sent(carrier, 1, 10);
    first.result(SUM, 10, 4, true);
    expect(await Promise.all([first.promise, second.promise])).toEqual([10, 20]);
  });

  describe('with several Results', () => {
    it('hands them out in order and ends with the last', async () => {
      const { stream, carrier } = setUp();
      const request = stream();
      request.sent(carrier, 1, 10);
      for (const n of [3, 2, 1]) request.result(TICK, tick(n), 4, n === 1);
      const seen: unknown[] = [];
      for await (const value of request.results) seen.push(value);
      expect(seen).toEqual([tick(3), tick(2), tick(1)]);
      expect(carrier.forgotten).toEqual([]);
    });

    it('throws an error after the Results that came before it', async () => {
      const { stream, carrier } = setUp();
      const request = stream();
      request.sent(carrier, 1, 10);
      request.result(TICK, tick(3), 4, false);
      request.failed(lost);
      expect(await request.results.next()).toEqual({ done: false, value: tick(3) });
      await expect(request.results.next()).rejects.toBe(lost);
    });

    it('ends with success after as many as were asked for, and is forgotten', async () => {
      const { stream, carrier } = setUp();
      const request = stream(2);
      request.sent(carrier, 5, 10);
      request.result(TICK, tick(3), 4, false);
      expect(request.settled).toBe(false);
      request.result(TICK, tick(2), 4, false);
      expect(request.settled).toBe(true);
      expect(carrier.forgotten).toEqual([5]);
      const seen: unknown[] = [];
      for await (const value of request.results) seen.push(value);
      expect(seen).toEqual([tick(3), tick(2)]);
    });

    it('fails when more Results wait than may, and hands out those that were kept', async () => {
      const { stream, carrier } = setUp({ maxBufferedResults: 2 });
      const request = stream();
      request.sent(carrier, 5, 10);
      for (const n of [9, 8]) request.result(TICK, tick(n), 4, false);
      carrier.deliveries++;
      for (const n of [7, 6]) request.result(TICK, tick(n), 4, false);
      expect(carrier.forgotten).toEqual([5]);
      expect(await request.results.next()).toEqual({ done: false, value: tick(9) });
      expect(await request.results.next()).toEqual({ done: false, value: tick(8) });
      await expect(request.results.next()).rejects.toMatchObject({
        code: 'result-overflow',
        mayHaveExecuted: true,
        message: expect.stringContaining(`2 Results wait for their consumer (option 'maxBufferedResults')`),
      });
    });

    it('R2-D3: fails when too many bytes wait, also of those that arrive at once', async () => {
      const { stream, carrier } = setUp({ maxBufferedResultBytes: 1_000 });
      const request = stream();
      request.sent(carrier, 5, 10);
      for (const n of [9, 8, 7]) request.result(TICK, tick(n), 600, false);
      expect(carrier.forgotten).toEqual([5]);
      expect([(await request.results.next()).value, (await request.results.next()).value]).toEqual([tick(9), tick(8)]);
      await expect(request.results.next()).rejects.toMatchObject({
        code: 'result-overflow',
        message: expect.stringContaining(`(option 'maxBufferedResultBytes')`),
      });
      expect(carrier.told).toEqual([]);
    });

    it('A2: tells its connection how much waits, in place of failing, and that its caller has caught up', async () => {
      const { stream, carrier, context } = setUp({
        maxBufferedResults: 2,
        maxBufferedResultBytes: 1_000,
        whenSlow: 'pause',
      });
      const request = stream();
      request.sent(carrier, 5, 10);
      for (const n of [9, 8, 7]) request.result(TICK, tick(n), 36, false);
      expect(carrier.told).toEqual([]);
      carrier.deliveries++;
      request.result(TICK, tick(6), 36, false);
      request.result(TICK, tick(5), 636, false);
      expect(carrier.told).toEqual(['5 slow', '5 full']);
      expect(context.bounds).toMatchObject({ totalBytes: 1_100, backlogs: 1 });
      for (const n of [9, 8, 7, 6]) expect((await request.results.next()).value).toEqual(tick(n));
      expect(carrier.told.slice(2)).toEqual(['5 slow']);
      expect((await request.results.next()).value).toEqual(tick(5));
      expect(carrier.told.slice(3)).toEqual(['5 none']);
      expect(context.bounds).toMatchObject({ totalBytes: 0, backlogs: 0 });
    });

    it('A2: fails by its bytes only where its connection reads on for others, naming the option', async () => {
      const { stream, carrier, context } = setUp({ maxBufferedResultBytes: 1_000, whenSlow: 'pause' });
      const request = stream();
      request.sent(carrier, 5, 10);
      for (const n of [9, 8, 7]) request.result(TICK, tick(n), 1_000, false);
      expect(request.settled).toBe(false);
      carrier.readsOn = true;
      request.result(TICK, tick(6), 1, false);
      expect(carrier.forgotten).toEqual([5]);
      for (const n of [9, 8, 7]) expect((await request.results.next()).value).toEqual(tick(n));
      await expect(request.results.next()).rejects.toMatchObject({
        code: 'result-overflow',
        message: expect.stringContaining(`Results of others had to be read (option 'maxBufferedResultBytes')`),
      });
      expect(context.bounds.totalBytes).toBe(0);
    });

    it('A2: may be told otherwise than its sender', () => {
      const { carrier, context } = setUp({ maxBufferedResults: 1, whenSlow: 'pause' });
      const request = new StreamRequest(countdown, commandEntry('Countdown'), context, 9, 'fail');
      request.sent(carrier, 5, 10);
      for (const n of [9, 8, 7]) {
        carrier.deliveries++;
        request.result(TICK, tick(n), 36, false);
      }
      expect([request.whenSlow, request.settled, carrier.told]).toEqual(['fail', true, []]);
    });

    it('R2-D3: counts nothing any more when its caller leaves', async () => {
      const { stream, carrier, context } = setUp();
      const request = stream();
      request.sent(carrier, 5, 10);
      for (const n of [9, 8]) request.result(TICK, tick(n), 36, false);
      expect(context.bounds.totalBytes).toBe(200);
      await request.results.return();
      expect(context.bounds).toMatchObject({ totalBytes: 0, backlogs: 0 });
    });

    it('is cancelled when its caller leaves, before it is sent and after', async () => {
      const { stream, carrier } = setUp();
      const heard: string[] = [];
      const queued = stream();
      queued.watchedBy(recordingHooks(heard));
      await queued.results.return();
      const sent = stream();
      sent.watchedBy(recordingHooks(heard));
      sent.sent(carrier, 5, 10);
      await sent.results.return();
      await sent.results.return();
      expect([queued.settled, sent.settled]).toEqual([true, true]);
      expect(heard).toEqual(['0 was cancelled: cancelled', '5 was cancelled: cancelled']);
      expect(carrier.forgotten).toEqual([5]);
    });
  });
});

describe('an inspector', () => {
  it('sees each request under a name of its own', () => {
    const { context, actorRefs } = requestContext('inspected');
    for (let n = 0; n < 2; n++) new SingleRequest(add, commandEntry('Add'), context);
    new StreamRequest(countdown, commandEntry('Countdown'), context, 1);
    expect(actorRefs.map(({ id }) => id)).toEqual(['root', 'request 1 Add', 'request 2 Add', 'request 3 Countdown']);
  });

  it('sees the link of a request without its payloads', () => {
    const { context, actorRefs } = requestContext('inspected');
    const secret = calc.Echo('a secret') as Command;
    const request = new SingleRequest(secret, commandEntry('Echo'), context);
    const shown = () => JSON.parse(JSON.stringify(actorRefs.at(-1)?.getSnapshot()));
    expect(shown()).toMatchObject({ value: 'queued', status: 'active' });
    expect(shown().context).toEqual({ link: { id: 'request 1 Echo', command: 'Echo', state: 'queued', seq: 0 } });
    request.sent(new TestCarrier(), 8, 10);
    request.result(TEXT, 'another secret', 4, true);
    expect(shown().context).toEqual({
      link: { id: 'request 1 Echo', command: 'Echo', state: 'succeeded', seq: 8, client: 3 },
    });
    expect(JSON.stringify(shown())).not.toContain('secret');
  });

  it('may look at a request that is just being made', () => {
    const seen: unknown[] = [];
    const { context, root } = requestContext('inspected');
    root.system.inspect((event) => seen.push(JSON.parse(JSON.stringify('snapshot' in event ? event.snapshot : {}))));
    new StreamRequest(countdown, commandEntry('Countdown'), context, 1);
    expect(JSON.stringify(seen)).toContain('"command":"Countdown"');
  });

  it('leaves no actor behind that has come to its end', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const { context, actorRefs, root } = requestContext('inspected');
    const carrier = new TestCarrier();
    const live = (seq: number) => {
      const request = new SingleRequest(add, commandEntry('Add'), context);
      request.sent(carrier, seq, 10);
      request.result(SUM, 3, 4, true);
      return request.promise;
    };
    for (let seq = 1; seq <= 100; seq++) await live(seq);
    const refs = actorRefs.splice(0).filter((ref) => ref !== root);
    expect(refs).toHaveLength(100);
    const weak = refs.map((ref) => new WeakRef(ref));
    refs.length = 0;
    await new Promise((resolve) => setTimeout(resolve, 0));
    collect();
    // The last one may still be on the stack of something.
    expect(weak.filter((ref) => ref.deref() !== undefined).length).toBeLessThanOrEqual(1);
    expect(root.getSnapshot().status).toBe('active');
  });
});

describe('a compiled request', () => {
  it('shows an inspector of the process no payload either', () => {
    const { context } = requestContext('compiled');
    const request = new SingleRequest(calc.Echo('a secret') as Command, commandEntry('Echo'), context);
    expect(JSON.stringify(request)).toBe('{"command":"Echo","state":"queued","seq":0}');
  });
});
