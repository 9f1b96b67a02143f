import type { SendOptions } from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import { eventLoopTurn, failureOf, soon } from '../client/stage.ts';
import { over, WAYS, work, workStage } from './support.ts';

const { peer, workSender, working } = workStage();

describe.each(WAYS)('metadata over %s', (way) => {
  it('of a send comes to its handler, and that of its sender to context.peer', async () => {
    const { server, sender } = await over(way);
    const { address, contexts } = await working(server);
    const client = await workSender({ address, metadata: { token: 'sesame', name: 'orders' }, ...sender });
    await client.send(work.Echo('a'), { metadata: { tenant: 'acme', traceparent: '00-1-2-01' } });
    await client.send(work.Echo('b'));
    expect({ ...contexts.a?.metadata }).toEqual({ tenant: 'acme', traceparent: '00-1-2-01' });
    expect({ ...contexts.b?.metadata }).toEqual({});
    for (const context of Object.values(contexts)) {
      expect({ ...context.peer.metadata }).toEqual({ token: 'sesame', name: 'orders' });
      expect(context.peer).toBe(contexts.a?.peer);
    }
  });

  it('is whatever text there is, and as much as there may be', async () => {
    const { server, sender } = await over(way);
    const { address, contexts } = await working(server);
    const client = await workSender({ address, ...sender });
    const texts = { empty: '', emoji: '🧾 ä', 'a.b_c-9': '\u0000\n', long: 'x'.repeat(200), max: '' };
    const bytes = Buffer.byteLength(Object.entries(texts).flat().join(''));
    const metadata = { ...texts, max: 'y'.repeat(8_000 - bytes - 4 * 5) };
    await client.send(work.Echo('a'), { metadata });
    expect({ ...contexts.a?.metadata }).toEqual(metadata);
    for await (const _ of client.sendMulti(work.Rows('b'), { metadata: { of: 'a stream' } })) break;
    expect({ ...contexts.b?.metadata }).toEqual({ of: 'a stream' });
  });
});

describe('metadata', () => {
  it('of a Command that waits for its connection goes along as well', async () => {
    const first = await working();
    const { port } = first.server;
    const client = await workSender({ address: first.address, waitForReady: true });
    await first.server.close();
    await soon(() => client.status.state).not.toBe('ready');
    const sent = client.send(work.Echo('a'), { metadata: { tenant: 'acme' } });
    const second = await working({ port });
    expect(await sent).toBe('a');
    expect({ ...second.contexts.a?.metadata }).toEqual({ tenant: 'acme' });
  });

  it('of a Command that waits for its place belongs to it, not to its neighbours', async () => {
    const { address, contexts, through, log } = await working({ maxInFlightCommands: 1 });
    const client = await workSender({ address });
    const controller = new AbortController();
    const first = failureOf(client.send(work.Wait('first'), { signal: controller.signal }));
    const given = ['a', 'b', 'c', 'd'].map((text, n) =>
      client.send(work.Echo(text), n % 2 === 0 ? { metadata: { text } } : {}),
    );
    await soon(() => log).toEqual(['Wait first']);
    controller.abort();
    through.open();
    await first;
    expect(await Promise.all(given)).toEqual(['a', 'b', 'c', 'd']);
    expect(['a', 'b', 'c', 'd'].map((text) => ({ ...contexts[text]?.metadata }))).toEqual([
      { text: 'a' },
      {},
      { text: 'c' },
      {},
    ]);
  });

  it('has no prototype, and cannot be changed', async () => {
    const { address, contexts } = await working();
    const client = await workSender({ address, metadata: { a: '1' } });
    await client.send(work.Echo('a'), { metadata: { constructor: 'x', __proto__: undefined } });
    for (const metadata of [contexts.a?.metadata, contexts.a?.peer.metadata]) {
      expect(Object.getPrototypeOf(metadata)).toBeNull();
      expect(metadata?.toString).toBeUndefined();
      expect(() => Object.assign(metadata as object, { a: '2' })).toThrow(TypeError);
    }
    expect(contexts.a?.metadata.constructor).toBe('x');
  });

  it('is that of the call, whatever becomes of the object', async () => {
    const { address, contexts } = await working();
    const client = await workSender({ address });
    const metadata: Record<string, string> = { a: '1' };
    const sent = client.send(work.Echo('a'), { metadata });
    metadata.a = '2';
    await sent;
    expect({ ...contexts.a?.metadata }).toEqual({ a: '1' });
  });

  it('leaves out what is undefined', async () => {
    const { address, contexts } = await working();
    const client = await workSender({ address, metadata: { token: undefined } });
    await client.send(work.Echo('a'), { metadata: { tenant: undefined, name: 'x' } });
    expect({ ...contexts.a?.metadata }).toEqual({ name: 'x' });
    expect({ ...contexts.a?.peer.metadata }).toEqual({});
  });

  const bad: [string, unknown, RegExp][] = [
    ['a text', 'tenant=acme', /must be an object of texts/],
    ['null', null, /must be an object of texts/],
    ['a list', [['tenant', 'acme']], /must be an object of texts/],
    ['a Map', new Map([['tenant', 'acme']]), /must be an object of texts/],
    ['a key with capitals', { Tenant: 'acme' }, /keys with a to z/],
    ['an empty key', { '': 'acme' }, /keys with a to z/],
    ['a key with a space', { 'a b': 'acme' }, /keys with a to z/],
    ['a key that is no ASCII', { ténant: 'acme' }, /keys with a to z/],
    ['a number', { tenant: 5 }, /metadata\.tenant' must be a text/],
    ['a list of texts', { tenant: ['a'] }, /metadata\.tenant' must be a text/],
    ['too much', { tenant: 'x'.repeat(7_995) }, /8000 bytes at most/],
    ['too much that is no ASCII', { t: 'ä'.repeat(4_000) }, /8000 bytes at most/],
  ];

  it.each(bad)('of a send is refused that is %s, and nothing is sent', async (_what, metadata, message) => {
    const { address, log } = await working();
    const client = await workSender({ address });
    const failure = await failureOf(client.send(work.Echo('a'), { metadata: metadata as never }));
    expect(failure).toMatchObject({ code: 'invalid-argument', message: expect.stringMatching(message) });
    expect(log).toEqual([]);
  });

  it.each(bad)('of a sender is refused that is %s', async (_what, metadata, message) => {
    const failure = await failureOf(workSender({ address: '127.0.0.1:1', lazy: true, metadata: metadata as never }));
    expect(failure).toMatchObject({ code: 'invalid-argument', message: expect.stringMatching(message) });
  });

  it.each([{ token: 5_551_234 }, { token: ['s3cret'] }, { token: Symbol('s3cret') }])(
    'that is refused is not shown: it may be a secret',
    async (metadata) => {
      const failure = await failureOf(workSender({ address: '127.0.0.1:1', lazy: true, metadata: metadata as never }));
      expect(failure.message).toContain('metadata.token');
      expect(failure.message).not.toMatch(/s3cret|5551234/);
    },
  );

  it('is not sent to a server that would not understand it', async () => {
    const server = await peer({ onCommand: ({ seq, payload, connection }) => connection.result(seq, 0, payload) });
    const client = await workSender({ address: server.address, metadata: { token: 't' } });
    expect(await client.send(work.Echo('a'), { metadata: { tenant: 'acme' } })).toBe('a');
    expect(server.controls).toEqual([]);
  });
});

describe('a Command that is sent within another one', () => {
  /** A service in front, whose `Echo` asks the one behind it with these options. */
  async function chain(sendOptions: (context: SendOptions['within']) => SendOptions, senderOptions = {}) {
    const behind = await working();
    const inner = await workSender({ address: behind.address, ...senderOptions });
    const failures: unknown[] = [];
    const broken: unknown[] = [];
    const front = await working({
      onHandlerError: (error) => broken.push((error as { code: string }).code),
      invoker: async ({ payload }, context) => {
        try {
          return await inner.send(work.Wait(payload as string), sendOptions(context));
        } catch (error) {
          failures.push((error as { code: string }).code);
          throw error;
        }
      },
    });
    const outer = await workSender({ address: front.address });
    return { behind, outer, failures, broken };
  }

  it('is cancelled with it, and has no more time than it', async () => {
    const { behind, outer, failures, broken } = await chain((within) => ({
      within,
      timeoutMs: Number.POSITIVE_INFINITY,
    }));
    const controller = new AbortController();
    const sentMs = Date.now();
    const given = failureOf(outer.send(work.Echo('a'), { signal: controller.signal, timeoutMs: 3_600_000 }));
    await soon(() => behind.log).toEqual(['Wait a']);
    const { deadline = 0, receivedAt = 0 } = behind.contexts.a ?? {};
    expect(deadline).toBeGreaterThan(sentMs + 3_599_000);
    expect(deadline).toBeLessThanOrEqual(receivedAt + 3_600_001);
    controller.abort();
    await given;
    await soon(() => behind.log).toEqual(['Wait a', 'Wait a cancelled']);
    await soon(() => failures).toEqual(['cancelled']);
    await eventLoopTurn();
    // The handler has failed since its caller wants it no more.
    expect(broken).toEqual([]);
  });

  it('keeps its own time where that is the shorter', async () => {
    const { behind, outer, failures } = await chain((within) => ({ within, timeoutMs: 20 }));
    const given = failureOf(outer.send(work.Echo('a'), { timeoutMs: 3_600_000 }));
    await soon(() => failures).toEqual(['timeout']);
    expect((await given).code).toBe('command-failed');
    expect(behind.contexts.a?.deadline ?? 0).toBeLessThan(Date.now() + 1_800_000);
  });

  it('is cancelled by its own signal as well', async () => {
    const own = new AbortController();
    const { behind, outer, failures, broken } = await chain((within) => ({ within, signal: own.signal }));
    const given = failureOf(outer.send(work.Echo('a')));
    await soon(() => behind.log).toEqual(['Wait a']);
    own.abort();
    expect((await given).code).toBe('command-failed');
    await soon(() => behind.log).toEqual(['Wait a', 'Wait a cancelled']);
    expect([failures, broken]).toEqual([['cancelled'], ['cancelled']]);
  });

  it('fails at once where that has no time left, and is not sent', async () => {
    const { address, log } = await working();
    const client = await workSender({ address });
    const { signal } = new AbortController();
    const within = { deadline: Date.now() - 1, signal, metadata: {} };
    const failure = await failureOf(client.send(work.Echo('a'), { within }));
    expect(failure).toMatchObject({ code: 'timeout', mayHaveExecuted: false });
    const gone = { deadline: Number.POSITIVE_INFINITY, signal: AbortSignal.abort(), metadata: {} };
    expect(await failureOf(client.send(work.Echo('b'), { within: gone }))).toMatchObject({ code: 'cancelled' });
    expect(log).toEqual([]);
  });

  it.each<[string, object, object]>([
    ['what traces need', {}, { traceparent: '1', tracestate: '2', baggage: '3', own: 'x' }],
    [
      'that, and what is to be handed on',
      { propagate: ['tenant', 'user', 'absent'] },
      { traceparent: '1', tracestate: '2', baggage: '3', own: 'x', tenant: 't', user: 'u' },
    ],
  ])('hands on %s', async (_what, senderOptions, expected) => {
    const { behind, outer } = await chain((within) => ({ within, metadata: { own: 'x' } }), senderOptions);
    behind.through.open();
    const controller = new AbortController();
    const given = failureOf(
      outer.send(work.Echo('a'), {
        signal: controller.signal,
        metadata: { traceparent: '1', tracestate: '2', baggage: '3', tenant: 't', user: 'u', secret: 's' },
      }),
    );
    await soon(() => behind.log).toEqual(['Wait a']);
    expect({ ...behind.contexts.a?.metadata }).toEqual(expected);
    controller.abort();
    await given;
  });

  it('hands on its own value where both have one', async () => {
    const { behind, outer } = await chain((within) => ({ within, metadata: { traceparent: 'own' } }));
    const controller = new AbortController();
    const metadata = { traceparent: 'given' };
    const given = failureOf(outer.send(work.Echo('a'), { signal: controller.signal, metadata }));
    await soon(() => behind.log).toEqual(['Wait a']);
    expect({ ...behind.contexts.a?.metadata }).toEqual({ traceparent: 'own' });
    controller.abort();
    await given;
  });

  it('hands on nothing where it does not say within what it is sent', async () => {
    const { behind, outer } = await chain(() => ({}), { propagate: ['tenant'] });
    const controller = new AbortController();
    const metadata = { traceparent: '1', tenant: 't' };
    const given = failureOf(outer.send(work.Echo('a'), { signal: controller.signal, metadata }));
    await soon(() => behind.log).toEqual(['Wait a']);
    expect({ ...behind.contexts.a?.metadata }).toEqual({});
    controller.abort();
    await given;
    expect(behind.log).toEqual(['Wait a']);
  });

  it.each([
    ['no object', 5],
    ['null', null],
    ['an object without a deadline', { signal: new AbortController().signal, metadata: {} }],
    ['one with a deadline that is none', { deadline: Number.NaN, signal: new AbortController().signal, metadata: {} }],
    ['one without a signal', { deadline: 5, metadata: {} }],
    ['one with a signal that is none', { deadline: 5, signal: {}, metadata: {} }],
    ['one without metadata', { deadline: 5, signal: new AbortController().signal }],
  ])('is refused where it is within %s', async (_what, within) => {
    const { address, log } = await working();
    const client = await workSender({ address });
    expect(await failureOf(client.send(work.Echo('a'), { within: within as never }))).toMatchObject({
      code: 'invalid-argument',
      message: expect.stringContaining("'within"),
    });
    expect(log).toEqual([]);
  });

  it.each([['tenant'], 5, {}, [['a']], ['Tenant'], [5], 'tenant'])(
    'refuses propagate: %j that is none',
    async (value) => {
      const given = workSender({ address: '127.0.0.1:1', lazy: true, propagate: value as never });
      if (Array.isArray(value) && value[0] === 'tenant') await given;
      else expect(await failureOf(given)).toMatchObject({ code: 'invalid-argument' });
    },
  );
});
