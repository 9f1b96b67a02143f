import {
  type CmdStreamError,
  type Codec,
  circuitBreakerHooks,
  command,
  composeHooks,
  createCircuitBreaker,
  createSender,
  defineProtocol,
  type Hooks,
  type HooksFactory,
  msgpack,
  result,
  serve,
} from 'cmd-stream';
import { lengthPrefixed, type PayloadFormat } from 'cmd-stream/codec';
import { afterEach, describe, expect, it } from 'vitest';
import { dispatchStage, endOf, tales } from './dispatch-stage.ts';
import { collect, MODES } from './support.ts';

const stage = dispatchStage();
const tell = tales.Tell('a');

const error = new Error('why not');
/** A computed name: a linter takes whatever has a `then` for a mistake. */
const THEN = 'then' as string;
const withThen = (then: PropertyDescriptor, target: object = {}) => Object.defineProperty(target, THEN, then);
const thenable = (then: (ok: (value?: unknown) => void, no: (error: unknown) => void) => unknown, target?: object) =>
  withThen({ value: then }, target) as unknown;
/** Promises of every kind, by what they come to. */
const KEPT: Record<string, () => unknown> = {
  'a promise': () => Promise.resolve(),
  'a thenable that calls back at once': () => thenable((ok) => ok()),
  'a thenable that calls back twice': () =>
    thenable((ok, no) => {
      ok();
      ok();
      no(error);
    }),
  'a thenable that calls back later': () => thenable((ok) => setTimeout(ok, 5)),
  'a promise with a then of its own that calls back at once': () => thenable((ok) => ok(), Promise.resolve()),
  'a function that is a thenable': () =>
    thenable(
      (ok) => ok(),
      () => {},
    ),
  'a thenable of a thenable': () => thenable((ok) => ok(thenable((ok) => ok()))),
};
const BROKEN: Record<string, () => unknown> = {
  'a promise': () => Promise.reject(error),
  'a thenable that rejects at once': () => thenable((_, no) => no(error)),
  'a function that is a thenable': () =>
    thenable(
      (_, no) => no(error),
      () => {},
    ),
  'a thenable that throws': () =>
    thenable(() => {
      throw error;
    }),
  'a then getter that throws': () =>
    withThen({
      get: () => {
        throw error;
      },
    }),
  'a then getter that throws the second time': () => {
    let asked = 0;
    return withThen({
      get: () => {
        if (++asked > 1) throw error;
        return () => {};
      },
    });
  },
};

describe.each(MODES)('V8: a beforeSend, requests running %s, that returns', (_, mode) => {
  it.each(Object.entries(KEPT))('%s that is kept: the Command is sent', async (_what, answer) => {
    await stage.serve();
    const sender = await stage.sender({ hooks: () => ({ beforeSend: answer as () => Promise<void> }), ...mode });
    expect(await endOf(sender.send(tell))).toEqual({ value: 'a' });
    expect(stage.executed).toEqual(['a']);
  });

  it.each(Object.entries(BROKEN))(
    '%s that is broken: refused, not sent, and every hook learns of it',
    async (_what, answer) => {
      await stage.serve();
      const told: string[] = [];
      const note = (name: string): Hooks => ({
        onError: ({ seq }, { code }) => void told.push(`${name} ${code} ${seq}`),
      });
      const breaker = createCircuitBreaker({
        windowSize: 2,
        failureRate: 1,
        openDurationMs: 60_000,
        successThreshold: 1,
      });
      const refusing: HooksFactory = () => ({ ...note('refusing'), beforeSend: answer as () => Promise<void> });
      const hooks = circuitBreakerHooks(
        breaker,
        composeHooks(() => note('first'), refusing),
      );
      const sender = await stage.sender({ hooks, ...mode });
      for (let round = 0; round < 3; round++) {
        expect(await endOf(sender.send(tell))).toMatchObject({ error: { code: 'refused', mayHaveExecuted: false } });
      }
      expect(told).toEqual(Array(3).fill('first refused 0'));
      expect(stage.executed).toEqual([]);
      expect(breaker.state).toBe('closed');
    },
  );

  it.each(Object.entries(BROKEN))('%s that is broken, without other hooks: refused', async (_what, answer) => {
    await stage.serve();
    const sender = await stage.sender({ hooks: () => ({ beforeSend: answer as () => Promise<void> }), ...mode });
    expect(await endOf(sender.send(tell))).toMatchObject({
      error: { code: 'refused', mayHaveExecuted: false, cause: error },
    });
    expect(stage.executed).toEqual([]);
  });

  it('a thenable that never calls back: the deadline counts', async () => {
    await stage.serve();
    const sender = await stage.sender({
      hooks: () => ({ beforeSend: () => thenable(() => {}) as Promise<void> }),
      ...mode,
    });
    expect(await endOf(sender.send(tell, { timeoutMs: 30 }))).toMatchObject({
      error: { code: 'timeout', mayHaveExecuted: false },
    });
    expect(stage.executed).toEqual([]);
  });
});

const NO_HOOKS: Record<string, () => unknown> = {
  'a promise': async () => ({
    beforeSend: () => {
      throw error;
    },
  }),
  'a promise that rejects': async () => {
    throw error;
  },
  'a thenable': () => thenable((ok) => ok({}), { beforeSend() {} }),
  'a number': () => 5,
  'a text': () => 'hooks',
  true: () => true,
  'a factory': () => () => ({}),
};

it.each(Object.entries(NO_HOOKS))('V8, R5-G: a hooks factory that returns %s fails closed', async (_, make) => {
  await stage.serve();
  const hooks = make as HooksFactory;
  for (const factory of [hooks, composeHooks(() => ({}), hooks)]) {
    const sender = await stage.sender({ hooks: factory });
    const end = await endOf(sender.send(tell));
    expect(end).toMatchObject({ error: { code: 'invalid-argument', mayHaveExecuted: false } });
    expect(end).toMatchObject({
      error: { message: expect.stringContaining('a factory of hooks must return hooks, at once; got ') },
    });
    expect(await endOf(collect(sender.sendMulti(tales.Count(1))))).toMatchObject({
      error: { code: 'invalid-argument' },
    });
  }
  expect(stage.executed).toEqual([]);
});

it('R5-G: an asynchronous pick() is an error at once, and what it rejects with ends nothing', async () => {
  await stage.serve();
  for (const pick of [
    async () => {
      throw error;
    },
    async (ready: readonly unknown[]) => ready[0],
  ]) {
    const sender = await stage.sender({ dispatch: { pick: pick as never } });
    const end = await endOf(sender.send(tell));
    expect(end).toMatchObject({
      error: {
        code: 'invalid-argument',
        mayHaveExecuted: false,
        message: expect.stringMatching(/must return one of 'ready'; got a promise$/),
      },
    });
  }
});

it('V3: a pick() that changes the list of clients fails, and the clients are there still', async () => {
  await stage.serve();
  let steal = true;
  const sender = await stage.sender({
    dispatch: { pick: (ready) => (steal ? (ready as unknown[]).pop() : ready[0]) as never },
  });
  expect(await endOf(sender.send(tell))).toMatchObject({ error: { code: 'invalid-argument' } });
  steal = false;
  expect(await sender.send(tell)).toBe('a');
});

describe('R4-DD1: a signal', () => {
  /** What looks like an AbortSignal. */
  const signalLike = (own: object) =>
    ({
      aborted: false,
      reason: undefined,
      addEventListener() {},
      removeEventListener() {},
      ...own,
    }) as unknown as AbortSignal;

  it.each<[string, object]>([
    ['without removeEventListener', { removeEventListener: undefined }],
    ['without addEventListener', { addEventListener: 5 }],
    ['without aborted', { aborted: undefined }],
  ])('%s is refused', async (_, own) => {
    await stage.serve();
    const sender = await stage.sender();
    const end = await endOf(sender.send(tell, { signal: signalLike(own) }));
    expect(end).toMatchObject({
      error: { code: 'invalid-argument', message: expect.stringMatching(/^option 'signal' must be an AbortSignal/) },
    });
    expect(stage.executed).toEqual([]);
  });

  it('whose addEventListener throws is refused', async () => {
    await stage.serve();
    const sender = await stage.sender();
    const signal = signalLike({
      addEventListener() {
        throw error;
      },
    });
    expect(await endOf(sender.send(tell, { signal }))).toMatchObject({
      error: { code: 'invalid-argument', cause: error },
    });
    expect(await sender.send(tell)).toBe('a');
    await sender.drain();
  });

  it('whose aborted is a getter that throws the second time is refused', async () => {
    await stage.serve();
    const sender = await stage.sender();
    let asked = 0;
    const signal = {
      reason: undefined,
      addEventListener() {},
      removeEventListener() {},
      get aborted() {
        if (++asked > 1) throw error;
        return false;
      },
    } as unknown as AbortSignal;
    expect(await endOf(sender.send(tell, { signal }))).toMatchObject({ error: { code: 'invalid-argument' } });
    expect(stage.executed).toEqual([]);
  });

  it('whose removeEventListener throws disturbs neither its own send nor the neighbours', async () => {
    await stage.serve();
    const sender = await stage.sender();
    const held = sender.send(tales.Hold('held'));
    const signal = signalLike({
      removeEventListener() {
        throw error;
      },
    });
    expect(await sender.send(tell, { signal })).toBe('a');
    stage.release();
    expect(await held).toBe('held');
    expect(sender.status.state).toBe('ready');
  });

  it('that fires while it is listened to cancels', async () => {
    await stage.serve();
    const sender = await stage.sender();
    const signal = signalLike({
      addEventListener: (_: string, listener: { handleEvent(): void }) => listener.handleEvent(),
    });
    expect(await endOf(sender.send(tell, { signal }))).toMatchObject({
      error: { code: 'cancelled', mayHaveExecuted: false },
    });
    expect(stage.executed).toEqual([]);
  });
});

describe.each(MODES)('R4-EE3: hooks, requests running %s,', (_, mode) => {
  it.each(['onResult', 'onError', 'onTimeout', 'onCancel'])(
    'whose %s is a getter that throws: a warning, no neighbour is disturbed',
    async (name) => {
      const warnings: string[] = [];
      const onWarning = (warning: Error) => void warnings.push(warning.message);
      const printers = process.listeners('warning');
      process.removeAllListeners('warning').on('warning', onWarning);
      try {
        await stage.serve();
        const make = () =>
          Object.defineProperty({}, name, {
            get: () => {
              throw error;
            },
          }) as Hooks;
        for (const hooks of [make, composeHooks(make, () => ({}))]) {
          const sender = await stage.sender({ hooks, ...mode });
          const neighbour = sender.send(tales.Hold('held'));
          const controller = new AbortController();
          const held = endOf(sender.send(tales.Hold('cancelled'), { signal: controller.signal }));
          expect(await endOf(sender.send(tales.Hold('late'), { timeoutMs: 20 }))).toMatchObject({
            error: { code: 'timeout' },
          });
          controller.abort();
          expect(await held).toMatchObject({ error: { code: 'cancelled' } });
          expect(await endOf(sender.send(tales.Tell({ f() {} })))).toMatchObject({ error: { code: 'encode-failed' } });
          expect(await sender.send(tell)).toBe('a');
          stage.release();
          expect(await neighbour).toBe('held');
        }
        await expect.poll(() => warnings.some((text) => text.includes(`'${name}' failed`))).toBe(true);
      } finally {
        process.off('warning', onWarning);
        for (const printer of printers) process.on('warning', printer);
      }
    },
  );
});

describe('R5-G: functions that must answer at once and return promises:', () => {
  const closes: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closes.splice(0).reverse()) await close();
  });

  /** A server and a sender of a protocol. */
  async function both<P extends Parameters<typeof createSender>[0]>(
    protocol: P,
    handlers: object,
    codecs: { server?: Codec; client?: Codec } = {},
  ) {
    const onHandlerError: unknown[] = [];
    const server = await serve(protocol as never, 0, handlers as never, {
      port: 0,
      host: '127.0.0.1',
      codec: codecs.server,
      onHandlerError: (failure: unknown) => void onHandlerError.push(failure),
    });
    closes.push(() => server.close());
    const sender = await createSender(protocol, { address: `127.0.0.1:${server.port}`, codec: codecs.client });
    closes.push(() => sender.close());
    return { sender, onHandlerError };
  }

  const lastOnes: [string, () => Promise<boolean>][] = [
    ['that resolves', async () => false],
    [
      'that rejects',
      async () => {
        throw error;
      },
    ],
  ];
  it.each(lastOnes)('lastOne, one %s: a clear error at the first Result', async (_, lastOne) => {
    const onServer = defineProtocol({
      results: { N: result<number>({ lastOne: (n) => n === 0 }) },
      commands: { Count: command<number>().returns('N') },
    });
    const asyncOne = defineProtocol({
      results: { N: result<number>({ lastOne: lastOne as never }) },
      commands: { Count: command<number>().returns('N') },
    });
    const handlers = {
      async *Count(from: number) {
        for (let n = from; n >= 0; n--) yield n;
      },
    };
    // On the client.
    const server = await serve(onServer, 0, handlers, { port: 0, host: '127.0.0.1' });
    closes.push(() => server.close());
    const sender = await createSender(asyncOne, { address: `127.0.0.1:${server.port}` });
    closes.push(() => sender.close());
    const end = await endOf(collect(sender.sendMulti(asyncOne.Count(3))));
    expect(end).toMatchObject({
      error: {
        code: 'result-invalid',
        mayHaveExecuted: true,
        message: expect.stringContaining('lastOne of N must return true or false, at once; it returned a promise'),
      },
    });
    // And on the server.
    const { sender: other, onHandlerError } = await both(asyncOne, handlers);
    expect(await endOf(collect(other.sendMulti(asyncOne.Count(3))))).toMatchObject({
      error: { code: 'command-failed', message: expect.stringContaining('the handler failed') },
    });
    expect(onHandlerError).toMatchObject([{ message: expect.stringContaining('lastOne of N must return') }]);
  });

  /** msgpack's payloads, by functions of the test's. */
  const formatOf = (own: Partial<Record<keyof PayloadFormat, unknown>>): Codec =>
    lengthPrefixed(
      'own',
      () =>
        ({
          write: (value, writer) => void writer.writeUtf8(JSON.stringify(value) ?? 'null'),
          read: (buffer, start, end) => JSON.parse(buffer.toString('utf8', start, end)),
          ...own,
        }) as PayloadFormat,
    );
  const plain = formatOf({});
  const p = defineProtocol({ results: { N: result<unknown>() }, commands: { Echo: command<unknown>().returns('N') } });
  const handlers = { Echo: (payload: unknown) => payload };
  const rejecting = async () => {
    throw error;
  };
  const resolving = async () => 'value';

  it.each([
    ['rejects', rejecting],
    ['resolves', resolving],
  ])('write() of a codec that %s: encode-failed', async (_, write) => {
    const { sender } = await both(p, handlers, { client: formatOf({ write }), server: plain });
    const end = await endOf(sender.send(p.Echo(1)));
    expect(end).toMatchObject({
      error: {
        code: 'encode-failed',
        mayHaveExecuted: false,
        message: expect.stringContaining("write() of the codec 'own' returned a promise"),
      },
    });
  });

  it.each([
    ['rejects', rejecting],
    ['resolves', resolving],
  ])('read() of a codec that %s: result-invalid at the client, command-invalid from the server', async (_, read) => {
    const client = await both(p, handlers, { client: formatOf({ read }), server: plain });
    expect(await endOf(client.sender.send(p.Echo(1)))).toMatchObject({
      error: {
        code: 'result-invalid',
        message: expect.stringContaining("read() of the codec 'own' returned a promise"),
      },
    });
    const server = await both(p, handlers, { client: plain, server: formatOf({ read }) });
    expect(await endOf(server.sender.send(p.Echo(1)))).toMatchObject({
      error: {
        code: 'command-invalid',
        message: expect.stringContaining("read() of the codec 'own' returned a promise"),
      },
    });
  });

  it.each(['encode', 'decode'] as const)('%s() of a codec', async (name) => {
    const inner = msgpack();
    const own: Codec = {
      name: inner.name,
      bind(messages) {
        const coder = inner.bind(messages);
        const asyncOne = rejecting as never;
        return {
          encode: name === 'encode' ? asyncOne : coder.encode.bind(coder),
          decode: name === 'decode' ? asyncOne : coder.decode.bind(coder),
        };
      },
    };
    const { sender } = await both(p, handlers, { client: own, server: inner });
    const end = (await endOf(sender.send(p.Echo(1)))) as { error: CmdStreamError };
    expect(end.error.code).toBe(name === 'encode' ? 'encode-failed' : 'connection-lost');
    expect(end.error.message).toContain(`${name}() of the codec returned a promise`);
  });
});
