import { AsyncLocalStorage } from 'node:async_hooks';
import { createSender, type HandlerContext, type Invoker, type Sender, serve } from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import { failureOf, soon } from '../client/stage.ts';
import { gate } from '../server/raw-client.ts';
import { over, reasonOf, WAYS, type Way, work, workStage } from './support.ts';

const { onEnd, workSender, working } = workStage();

/** What the services of a chain have seen. */
interface Seen {
  readonly metadata: Record<string, string>;
  readonly deadline: number;
  readonly receivedAt: number;
}

/** A service that has its Commands executed by the one behind it, in different ways, and says nothing of contexts. */
async function relay(way: Way, behind: Sender<typeof work>, seen: Seen[], invoker?: Invoker) {
  const { server: options, sender } = await over(way);
  const note = ({ metadata, deadline, receivedAt }: HandlerContext<unknown>) =>
    void seen.push({ metadata: { ...metadata }, deadline, receivedAt });
  const server = await serve(
    work,
    undefined,
    {
      Echo: async (text, context) => {
        note(context);
        // Whatever it waits for in between.
        await new Promise((resolve) => setImmediate(resolve));
        return behind.send(work.Echo(text));
      },
      Wait: (text, context) => {
        note(context);
        return behind.send(work.Wait(text));
      },
      async *Rows(text, context) {
        note(context);
        yield { n: -1, last: false };
        yield* behind.sendMulti(work.Rows(text));
      },
      async *Watch() {},
      Push: (_text, { proxy }) => proxy,
      Checked: (text) => text,
    },
    { invoker, ...options, onHandlerError: () => {} },
  );
  onEnd(() => server.close());
  const client = await workSender({
    address: server.address,
    timeoutMs: Number.POSITIVE_INFINITY,
    propagate: 'ambient',
    ...sender,
  });
  return client;
}

/** Three services, and a client of the first. */
async function chain(way: Way, invoker?: Invoker) {
  const { server, sender } = await over(way);
  const last = await working(server);
  const toLast = await workSender({
    address: last.address,
    timeoutMs: Number.POSITIVE_INFINITY,
    propagate: 'ambient',
    ...sender,
  });
  const seen: Seen[] = [];
  const toSecond = await relay(way, toLast, seen, invoker);
  const client = await relay(way, toSecond, seen, invoker);
  return { client, last, seen };
}

const through: Invoker = (_command, _context, next) => next();

describe.each(WAYS)("three services with propagate: 'ambient' over %s", (way) => {
  describe.each([
    ['without an invoker', undefined],
    ['with an invoker', through],
  ])('%s', (_what, invoker) => {
    it('stop their work at the third where the caller of the first gives it up', async () => {
      const { client, last } = await chain(way, invoker);
      const controller = new AbortController();
      const given = failureOf(client.send(work.Wait('a'), { signal: controller.signal }));
      await soon(() => last.log).toEqual(['Wait a']);
      controller.abort();
      expect(await given).toMatchObject({ code: 'cancelled' });
      await soon(() => last.log).toEqual(['Wait a', 'Wait a cancelled']);
    });

    it('stop a stream', async () => {
      const { client, last } = await chain(way, invoker);
      for await (const { n } of client.sendMulti(work.Rows('a'))) if (n === 3) break;
      await soon(() => last.log).toEqual(['Rows a', 'Rows a cancelled', 'Rows a through']);
    });

    it('hand on how much time there is, and what traces need', async () => {
      const { client, last, seen } = await chain(way, invoker);
      const metadata = { traceparent: '00-1', tracestate: 's', baggage: 'b', secret: 'x' };
      const sentMs = Date.now();
      await client.send(work.Echo('a'), { metadata, timeoutMs: 3_600_000 });
      const all = [...seen, last.contexts.a as HandlerContext<unknown>];
      expect(all.map((one) => ({ ...one.metadata }))).toEqual([
        metadata,
        { traceparent: '00-1', tracestate: 's', baggage: 'b' },
        { traceparent: '00-1', tracestate: 's', baggage: 'b' },
      ]);
      for (const { deadline, receivedAt } of all) {
        expect(deadline).toBeGreaterThan(sentMs + 3_599_000);
        expect(deadline).toBeLessThanOrEqual(receivedAt + 3_600_002);
      }
    });
  });
});

describe("propagate: 'ambient'", () => {
  it('is nothing outside of handlers', async () => {
    const last = await working();
    const client = await workSender({ address: last.address, propagate: 'ambient', timeoutMs: 3_600_000 });
    await client.send(work.Echo('a'));
    expect(last.contexts.a?.deadline).toBeGreaterThan(Date.now() + 1_800_000);
    expect({ ...last.contexts.a?.metadata }).toEqual({});
  });

  it('gives way to a context that a send is given', async () => {
    const last = await working();
    const inner = await workSender({ address: last.address, propagate: 'ambient' });
    const own = new AbortController();
    const within = { deadline: Number.POSITIVE_INFINITY, signal: own.signal, metadata: { traceparent: 'own' } };
    const front = await working({
      invoker: ({ payload }) => inner.send(work.Wait(payload as string), { within }),
      onHandlerError: () => {},
    });
    const outer = await workSender({ address: front.address });
    const controller = new AbortController();
    const given = failureOf(
      outer.send(work.Echo('a'), { metadata: { traceparent: 'given' }, signal: controller.signal }),
    );
    await soon(() => last.log).toEqual(['Wait a']);
    expect({ ...last.contexts.a?.metadata }).toEqual({ traceparent: 'own' });
    controller.abort();
    await given;
    expect(last.log).toEqual(['Wait a']);
    own.abort();
    await soon(() => last.log).toEqual(['Wait a', 'Wait a cancelled']);
  });

  it('keeps Commands that run side by side apart', async () => {
    const last = await working();
    const inner = await workSender({ address: last.address, propagate: 'ambient' });
    const go = gate();
    const server = await serve(
      work,
      undefined,
      {
        Echo: async (text) => {
          await go.promise;
          return inner.send(work.Echo(text));
        },
        Wait: (text) => text,
        async *Rows() {},
        async *Watch() {},
        Push: (_text, { proxy }) => proxy,
        Checked: (text) => text,
      },
      { onHandlerError: () => {} },
    );
    onEnd(() => server.close());
    const outer = await createSender(work, { address: server.address });
    onEnd(() => outer.close());
    const texts = ['a', 'b', 'c', 'd'];
    const given = texts.map((text) => outer.send(work.Echo(text), { metadata: { traceparent: text } }));
    await soon(() => server.connections).toBe(1);
    go.open();
    expect(await Promise.all(given)).toEqual(texts);
    expect(texts.map((text) => last.contexts[text]?.metadata.traceparent)).toEqual(texts);
  });

  it('leaves what the handler keeps in storages of its own alone', async () => {
    const storage = new AsyncLocalStorage<string>();
    const last = await working();
    const inner = await workSender({ address: last.address, propagate: 'ambient' });
    const kept: unknown[] = [];
    const client = await relay('tcp', inner, [], (command, { signal }, next) => {
      kept.push(reasonOf(signal));
      return storage.run(command.name, async () => {
        const given = await next();
        kept.push(storage.getStore());
        return given;
      });
    });
    expect(await client.send(work.Echo('a'), { metadata: { traceparent: '1' } })).toBe('a');
    expect(kept).toEqual(['undefined', 'Echo']);
    expect({ ...last.contexts.a?.metadata }).toEqual({ traceparent: '1' });
  });
});
