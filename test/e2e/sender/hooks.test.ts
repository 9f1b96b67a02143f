import { CmdStreamError, composeHooks, type Hooks, type HooksFactory, type SenderOptions } from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import { deadAddress, failureOf, onePlusOne, sleep, stage } from '../client/stage.ts';
import { calc } from '../support/calc.ts';
import { answers, collect, MODES } from './support.ts';

const { peer, sender, expectWarning } = stage();

/** Hooks that write down, in order, what they hear of each send. */
function recording(more: Hooks = {}) {
  const heard: string[] = [];
  const hooks: HooksFactory = () => ({
    beforeSend: ({ name }) => void heard.push(`before ${name}`),
    onResult: ({ seq, clientId, command }, { seq: nth, type, last }) =>
      void heard.push(`result ${nth} of ${command.name} ${seq} at ${clientId}: ${type}${last ? ', last' : ''}`),
    onError: ({ seq }, { code }) => void heard.push(`error ${seq} ${code}`),
    onTimeout: ({ seq }, { code }) => void heard.push(`timeout ${seq} ${code}`),
    onCancel: ({ seq }, { code }) => void heard.push(`cancel ${seq} ${code}`),
    ...more,
  });
  return { heard, hooks };
}

/** A promise that is settled by hand. */
function gate() {
  let open: () => void = () => undefined;
  let refuse: (error: unknown) => void = () => undefined;
  const passed = new Promise<void>((resolve, reject) => {
    open = resolve;
    refuse = reject;
  });
  return { passed, open: () => open(), refuse: (error: unknown) => refuse(error) };
}

describe.each(MODES)('hooks, requests running %s', (_, mode) => {
  const connected = async (options: Partial<SenderOptions>, script = answers) => {
    const server = await peer(script);
    return { server, client: await sender({ address: server.address, ...mode, ...options }) };
  };

  it('hear of each send in order: before it, each Result, or how it failed', async () => {
    const { heard, hooks } = recording();
    const { client } = await connected({ hooks });
    await client.send(onePlusOne);
    await collect(client.sendMulti(calc.Countdown({ from: 2 })));
    await failureOf(client.send(calc.Fail({ message: 'no' })));
    await failureOf(client.send(calc.Wait({ ms: 1 }), { timeoutMs: 20 }));
    const controller = new AbortController();
    const cancelled = failureOf(client.send(calc.Wait({ ms: 1 }), { signal: controller.signal }));
    controller.abort();
    await cancelled;
    expect(heard).toEqual([
      'before Add',
      'result 1 of Add 1 at 0: Sum, last',
      'before Countdown',
      'result 1 of Countdown 2 at 0: Tick',
      'result 2 of Countdown 2 at 0: Tick, last',
      'before Fail',
      'error 3 command-failed',
      'before Wait',
      'timeout 4 timeout',
      'before Wait',
      'cancel 5 cancelled',
    ]);
  });

  it('are made anew for each send', async () => {
    let made = 0;
    const { client } = await connected({ hooks: () => ({ beforeSend: () => void made++ }) });
    await Promise.all([client.send(onePlusOne), client.send(onePlusOne), client.send(onePlusOne)]);
    expect(made).toBe(3);
  });

  it('hear of a Command that was not sent with sequence number 0', async () => {
    const { heard, hooks } = recording();
    const client = await sender({ address: await deadAddress(), lazy: true, hooks, ...mode });
    await expect.poll(() => client.status.state).toBe('unavailable');
    expect(await failureOf(client.send(onePlusOne))).toMatchObject({ code: 'unavailable' });
    await failureOf(client.send(onePlusOne, { waitForReady: true, timeoutMs: 20 }));
    expect(heard).toEqual(['before Add', 'error 0 unavailable', 'before Add', 'timeout 0 timeout']);
  });

  it('may refuse, at once or after a while: nothing is sent, and they hear no more', async () => {
    const reason = new Error('over quota');
    const ways: Hooks['beforeSend'][] = [
      () => {
        throw reason;
      },
      () => Promise.reject(reason),
      async () => {
        await sleep(5);
        throw reason;
      },
    ];
    for (const beforeSend of ways) {
      const { heard, hooks } = recording({ beforeSend } as Hooks);
      const { client, server } = await connected({ hooks });
      const error = await failureOf(client.send(onePlusOne));
      expect(error).toMatchObject({ code: 'refused', mayHaveExecuted: false, cause: reason });
      expect(error.message).toBe(`Command 'Add' was not sent: a hook refused it: over quota`);
      expect(await failureOf(collect(client.sendMulti(calc.Countdown({ from: 1 }))))).toMatchObject({
        code: 'refused',
      });
      expect([heard, server.commands]).toEqual([[], []]);
    }
  });

  it('may refuse in the words of the library', async () => {
    const refusal = new CmdStreamError('overloaded', 'not now');
    const { client } = await connected({ hooks: () => ({ beforeSend: () => Promise.reject(refusal) }) });
    expect(await failureOf(client.send(onePlusOne))).toBe(refusal);
  });

  it.each(['code', 'message', 'mayHaveExecuted'])(
    'F18: refuse by what only bears the mark of the library, and throws where it is asked for its %s',
    async (name) => {
      const refusal = Object.defineProperty(new CmdStreamError('overloaded', 'not now'), name, {
        get() {
          throw new Error('asked');
        },
      });
      const refuse = () => {
        throw refusal;
      };
      for (const beforeSend of [refuse, async () => refuse()]) {
        const { client } = await connected({ hooks: () => ({ beforeSend }) });
        const error = await failureOf(client.send(onePlusOne, { timeoutMs: 1_000 }));
        expect(error).toMatchObject({ code: 'refused', mayHaveExecuted: false });
        expect(error.cause).toBe(refusal);
      }
    },
  );

  it('refuse by a factory that throws', async () => {
    const { client, server } = await connected({
      hooks: () => {
        throw new Error('no hooks today');
      },
    });
    expect(await failureOf(client.send(onePlusOne))).toMatchObject({
      code: 'refused',
      cause: { message: 'no hooks today' },
    });
    expect(server.commands).toEqual([]);
  });

  it('V8: are not asked where their own factory has ended the send, of which they would never hear', async () => {
    for (const compose of [(own: HooksFactory) => own, (own: HooksFactory) => composeHooks(own, recording().hooks)]) {
      const { heard, hooks } = recording();
      const controller = new AbortController();
      const aborting: HooksFactory = (...made) => {
        controller.abort();
        return hooks(...made);
      };
      const { client, server } = await connected({ hooks: compose(aborting) });
      const error = await failureOf(client.send(onePlusOne, { signal: controller.signal }));
      expect(error).toMatchObject({ code: 'cancelled', mayHaveExecuted: false });
      expect([heard, server.commands]).toEqual([[], []]);
    }
  });

  it('may be missing, or return something that is no promise', async () => {
    const odd = [() => undefined, () => null, () => ({}), () => ({ beforeSend: () => 7 })];
    for (const hooks of odd as unknown as HooksFactory[]) {
      const { client } = await connected({ hooks });
      expect(await client.send(onePlusOne)).toBe(2);
    }
  });

  it('may think before a send, which its deadline does not wait for', async () => {
    const thinking = gate();
    const { heard, hooks } = recording({ beforeSend: () => thinking.passed });
    const { client, server } = await connected({ hooks });
    const error = await failureOf(client.send(onePlusOne, { timeoutMs: 30 }));
    expect(error).toMatchObject({ code: 'timeout', mayHaveExecuted: false });
    expect(heard).toEqual(['timeout 0 timeout']);
    thinking.open();
    await sleep(10);
    expect(server.commands).toEqual([]);
  });

  it('may think before a send that is cancelled meanwhile, and whatever they decide then is ignored', async () => {
    for (const decide of ['open', 'refuse'] as const) {
      const thinking = gate();
      const { heard, hooks } = recording({ beforeSend: () => thinking.passed });
      const { client, server } = await connected({ hooks });
      const controller = new AbortController();
      const cancelled = failureOf(client.send(onePlusOne, { signal: controller.signal }));
      controller.abort('enough');
      expect(await cancelled).toMatchObject({ code: 'cancelled', mayHaveExecuted: false, cause: 'enough' });
      thinking[decide](new Error('too late'));
      await sleep(5);
      expect(heard).toEqual(['cancel 0 cancelled']);
      expect(server.commands).toEqual([]);
    }
  });

  it.each(['close', 'drain'] as const)('may think before a send while the sender is told to %s', async (end) => {
    const thinking = gate();
    const { heard, hooks } = recording({ beforeSend: () => thinking.passed });
    const { client, server } = await connected({ hooks });
    const failed = failureOf(client.send(onePlusOne));
    await client[end]();
    expect(await failed).toMatchObject({ code: 'closed', mayHaveExecuted: false });
    thinking.open();
    await sleep(5);
    expect(heard).toEqual(['error 0 closed']);
    expect(server.commands).toEqual([]);
  });

  it('send in the order in which they come to their decisions', async () => {
    const first = gate();
    const gates = [first.passed, undefined];
    const { client, server } = await connected({ hooks: () => ({ beforeSend: () => gates.shift() }) });
    const outer = client.send(calc.Add({ a: 1, b: 0 }));
    expect(await client.send(calc.Add({ a: 2, b: 0 }))).toBe(2);
    first.open();
    expect(await outer).toBe(1);
    expect(server.commands.map(({ payload }) => (payload as { a: number }).a)).toEqual([2, 1]);
  });

  it('may cancel the send, or close the sender, while they are asked: nothing is sent', async () => {
    const controller = new AbortController();
    const { heard, hooks } = recording({ beforeSend: () => controller.abort('own doing') });
    const { client, server } = await connected({ hooks });
    const error = await failureOf(client.send(onePlusOne, { signal: controller.signal }));
    expect(error).toMatchObject({ code: 'cancelled', mayHaveExecuted: false, cause: 'own doing' });
    expect(heard).toEqual(['cancel 0 cancelled']);

    const closing = await connected({ hooks: () => ({ beforeSend: () => void closing.client.close() }) });
    expect(await failureOf(closing.client.send(onePlusOne))).toMatchObject({ code: 'closed', mayHaveExecuted: false });
    await closing.client.done;
    expect([server.commands, closing.server.commands]).toEqual([[], []]);
  });

  it('may send Commands of their own', async () => {
    // XState's development build takes it for a mistake that an actor is made while another one acts.
    if (mode.inspect !== undefined) expectWarning('Custom actions should not call `assign()` directly');
    const inner: Promise<number>[] = [];
    const connection = await connected({
      hooks: () => ({
        onResult: ({ command }) => {
          if (command.payload === onePlusOne.payload) inner.push(connection.client.send(calc.Add({ a: 5, b: 5 })));
        },
      }),
    });
    expect(await connection.client.send(onePlusOne)).toBe(2);
    expect(await Promise.all(inner)).toEqual([10]);
  });

  it('that throw or reject change nothing: the process is warned', async () => {
    expectWarning(`the hook 'onResult' failed`);
    expectWarning(`the hook 'onError' failed`);
    expectWarning(`the hook 'onTimeout' failed`);
    expectWarning(`the hook 'onCancel' failed`);
    expectWarning(`the hook 'onEnd' failed`);
    const fail = () => {
      throw new Error('own mistake');
    };
    const { client } = await connected({
      hooks: () => ({
        onResult: fail,
        onError: async () => fail(),
        onTimeout: fail,
        onCancel: async () => fail(),
        onEnd: fail,
      }),
    });
    expect(await client.send(onePlusOne)).toBe(2);
    expect(await failureOf(client.send(calc.Fail({ message: 'no' })))).toMatchObject({ code: 'command-failed' });
    expect(await failureOf(client.send(calc.Wait({ ms: 1 }), { timeoutMs: 10 }))).toMatchObject({ code: 'timeout' });
    for await (const _ of client.sendMulti(calc.Countdown({ from: 2 }))) break;
    const stream = client.sendMulti(calc.Wait({ ms: 1 }));
    await stream.return?.();
  });

  it('are bounded in number while they think: too many fail with overloaded', async () => {
    const thinking = gate();
    const { client } = await connected({ hooks: () => ({ beforeSend: () => thinking.passed }), maxWaiting: 2 });
    const sums = [client.send(onePlusOne), client.send(onePlusOne)];
    const error = await failureOf(client.send(onePlusOne));
    expect(error).toMatchObject({ code: 'overloaded', mayHaveExecuted: false });
    expect(error.message).toBe(`Add was not sent: 2 sends are waiting (option 'maxWaiting')`);
    thinking.open();
    expect(await Promise.all(sums)).toEqual([2, 2]);
    expect(await client.send(onePlusOne)).toBe(2);
  });

  it('do not count as thinking once their send has ended, however long they go on', async () => {
    const controller = new AbortController();
    const answers = [new Promise<void>(() => undefined), undefined];
    const { client } = await connected({
      hooks: () => ({
        beforeSend: () => {
          controller.abort();
          return answers.shift();
        },
      }),
      maxWaiting: 1,
    });
    await failureOf(client.send(onePlusOne, { signal: controller.signal }));
    answers.unshift(Promise.resolve());
    expect(await client.send(onePlusOne)).toBe(2);
  });

  it('F8: hear of the end of each send, once and last, with its outcome and how long it took', async () => {
    const heard: string[] = [];
    const ends: [outcome: unknown, durationMs: number][] = [];
    const note = (what: string) => () => void heard.push(what);
    const { client, server } = await connected({
      hooks: () => ({
        onResult: note('result'),
        onError: note('error'),
        onTimeout: note('timeout'),
        onCancel: note('cancel'),
        onEnd: ({ command, seq }, outcome, durationMs) => {
          heard.push(`end of ${command.name} ${seq}: ${outcome === 'success' ? outcome : outcome.code}`);
          ends.push([outcome, durationMs]);
        },
      }),
    });
    await client.send(onePlusOne);
    await collect(client.sendMulti(calc.Countdown({ from: 3 })));
    await collect(client.sendMulti(calc.Countdown({ from: 3 }), { resultsCount: 2 }));
    const failed = await failureOf(client.send(calc.Fail({ message: 'no' })));
    const late = await failureOf(client.send(calc.Wait({ ms: 1 }), { timeoutMs: 60 }));
    for await (const _ of client.sendMulti(calc.Countdown({ from: 2 }))) break;
    const stream = client.sendMulti(calc.Wait({ ms: 1 }));
    await stream.return?.();
    const pending = failureOf(client.send(calc.Wait({ ms: 1 })));
    await expect.poll(() => server.commands.length).toBe(8);
    await client.close();
    expect(heard).toEqual([
      'result',
      'end of Add 1: success',
      ...['result', 'result', 'result', 'end of Countdown 2: success'],
      ...['result', 'result', 'end of Countdown 3: success'],
      ...['error', 'end of Fail 4: command-failed'],
      ...['timeout', 'end of Wait 5: timeout'],
      ...['result', 'result', 'end of Countdown 6: success'],
      ...['cancel', 'end of Wait 7: cancelled'],
      ...['error', 'end of Wait 8: closed'],
    ]);
    expect([ends[3]?.[0], ends[4]?.[0], ends[7]?.[0]]).toEqual([failed, late, await pending]);
    expect(ends[4]?.[1]).toBeGreaterThanOrEqual(59);
    for (const [, durationMs] of ends) expect(durationMs).toBeGreaterThanOrEqual(0);
    expect(ends[0]?.[1]).toBeLessThan(5_000);
  });

  it('F8: hear of no end where they refused, and of one where what they took waits, or somebody else refuses', async () => {
    const heard: string[] = [];
    const ending =
      (name: string, more: Hooks = {}): HooksFactory =>
      () => ({
        onError: (_, { code }) => void heard.push(`${name}: error ${code}`),
        onCancel: (_, { code }) => void heard.push(`${name}: cancel ${code}`),
        onEnd: ({ seq }, outcome, durationMs) => {
          const wasLong = durationMs >= 299 ? 'after a while' : 'at once';
          heard.push(`${name}: end of ${seq}, ${outcome === 'success' ? outcome : outcome.code} ${wasLong}`);
        },
        ...more,
      });
    const refuse = async () => {
      await sleep(300);
      throw new Error('no');
    };
    const hooks = composeHooks(ending('first'), ending('refusing', { beforeSend: refuse }), ending('never asked'));
    const { client } = await connected({ hooks, circuitBreaker: { windowSize: 2 } });
    expect(await failureOf(client.send(onePlusOne))).toMatchObject({ code: 'refused' });
    const controller = new AbortController();
    const cancelled = failureOf(client.send(onePlusOne, { signal: controller.signal }));
    controller.abort();
    await cancelled;
    expect(heard).toEqual([
      ...['first: error refused', 'first: end of 0, refused after a while'],
      ...['first: cancel cancelled', 'refusing: cancel cancelled'],
      ...['first: end of 0, cancelled at once', 'refusing: end of 0, cancelled at once'],
    ]);
  });

  it('F8: are made from the Command and the options that it is sent with', async () => {
    const made: unknown[] = [];
    const noting: HooksFactory = (command, options) => {
      made.push([command, { ...options }]);
      return {};
    };
    const breaker = { windowSize: 3 };
    const { client } = await connected({
      hooks: composeHooks(noting, noting),
      circuitBreaker: breaker,
      timeoutMs: 9_000,
    });
    const { signal } = new AbortController();
    await client.send(onePlusOne);
    await client.send(onePlusOne, { signal, timeoutMs: 1_000, waitForReady: true });
    const countdown = calc.Countdown({ from: 1 });
    await collect(client.sendMulti(countdown));
    await collect(client.sendMulti(countdown, { resultsCount: 7 }));
    const soonMs = Date.now() + 5_000;
    await client.sendWithDeadline(onePlusOne, soonMs);
    const terms = {
      timeoutMs: 9_000,
      signal: undefined,
      waitForReady: false,
      resultsCount: 1,
      whenSlow: 'pause' as const,
      metadata: {},
    };
    const endless = { ...terms, timeoutMs: Number.POSITIVE_INFINITY, resultsCount: Number.POSITIVE_INFINITY };
    const expected = [
      [onePlusOne, terms],
      [onePlusOne, { ...terms, signal, timeoutMs: 1_000, waitForReady: true }],
      [countdown, endless],
      [countdown, { ...endless, resultsCount: 7 }],
      [onePlusOne, { ...terms, timeoutMs: expect.any(Number) }],
    ];
    expect(made).toEqual(expected.flatMap((one) => [one, one]));
    const { timeoutMs } = (made[8] as [unknown, { timeoutMs: number }])[1];
    expect(timeoutMs).toBeGreaterThan(0);
    expect(timeoutMs).toBeLessThanOrEqual(5_000);
  });

  it('F8: cannot change the options of other sends', async () => {
    const changing: HooksFactory = (_, options) => {
      (options as { timeoutMs: number }).timeoutMs = 1;
      return {};
    };
    const { client } = await connected({ hooks: changing });
    expect(await failureOf(client.send(onePlusOne))).toMatchObject({ code: 'refused' });
  });

  it('composed, all hear: those before the one that refuses learn of it', async () => {
    const outer = recording();
    const inner = recording();
    const refusing: HooksFactory = () => ({ beforeSend: () => Promise.reject(new Error('no')) });
    const { client } = await connected({ hooks: composeHooks(outer.hooks, refusing, inner.hooks) });
    expect(await failureOf(client.send(onePlusOne))).toMatchObject({ code: 'refused' });
    expect([outer.heard, inner.heard]).toEqual([['before Add', 'error 0 refused'], []]);
  });
});
