import { setTimeout as sleep } from 'node:timers/promises';
import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { command, createSender, defineProtocol, memoryTransport, result, serve } from 'cmd-stream';
import { openTelemetry } from 'cmd-stream/otel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stage } from '../client/stage.ts';
import { shop, watched } from './watched.ts';

const { onEnd, expectWarning } = stage();

const exporter = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
const telemetry = openTelemetry({ tracerProvider: provider });
const tracer = provider.getTracer('test');

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(
    new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] }),
  );
});
afterAll(() => {
  context.disable();
  propagation.disable();
});

/** The spans that have ended since the last call, each as a text: `CLIENT shop/Echo OK`. */
async function ended(count: number): Promise<readonly ReadableSpan[]> {
  await expect.poll(() => exporter.getFinishedSpans().length).toBeGreaterThanOrEqual(count);
  const spans = exporter.getFinishedSpans();
  exporter.reset();
  return spans;
}

const traced = async (options: Parameters<typeof watched>[0] = {}) => {
  const it = await watched({ sender: { telemetry, ...options.sender }, server: { telemetry, ...options.server } });
  onEnd(() => it[Symbol.asyncDispose]());
  exporter.reset();
  return it;
};

const described = (spans: readonly ReadableSpan[]) =>
  spans
    .map(({ kind, name, attributes, status }) =>
      [
        SpanKind[kind],
        name,
        attributes['rpc.status_code'],
        SpanStatusCode[status.code],
        attributes['error.type'] ?? '-',
      ].join(' '),
    )
    .sort();

describe('a send', () => {
  it('has a span, and its Command one below that', async () => {
    const { sender, server } = await traced();
    await sender.send(shop.Echo('a'));
    const [serverSpan, clientSpan] = await ended(2);
    expect(clientSpan).toMatchObject({
      name: 'shop/Echo',
      kind: SpanKind.CLIENT,
      status: { code: SpanStatusCode.UNSET },
      instrumentationScope: { name: 'cmd-stream' },
    });
    expect(clientSpan?.attributes).toEqual({
      'rpc.system.name': 'cmd-stream',
      'rpc.method': 'shop/Echo',
      'rpc.status_code': 'OK',
      'server.address': '127.0.0.1',
      'server.port': server.port,
      'network.peer.address': '127.0.0.1',
      'network.peer.port': server.port,
    });
    expect(serverSpan).toMatchObject({
      name: 'shop/Echo',
      kind: SpanKind.SERVER,
      status: { code: SpanStatusCode.UNSET },
    });
    expect(serverSpan?.attributes).toMatchObject({
      'rpc.system.name': 'cmd-stream',
      'rpc.method': 'shop/Echo',
      'rpc.status_code': 'OK',
      'server.port': server.port,
    });
    expect(serverSpan?.parentSpanContext?.spanId).toBe(clientSpan?.spanContext().spanId);
    expect(serverSpan?.spanContext().traceId).toBe(clientSpan?.spanContext().traceId);
  });

  it.each([
    ['fails in its handler', () => shop.Fail('secret'), 'command-failed', 'ERROR'],
    ['has a payload that is refused', () => shop.Checked({ n: -1 }), 'command-invalid', 'UNSET'],
  ])('that %s is an error for its caller', async (_, make, code, atServer) => {
    const { sender } = await traced();
    await sender.send(make()).catch(() => {});
    const spans = await ended(2);
    const [{ name = '' } = {}] = spans;
    expect(described(spans)).toEqual([
      `CLIENT ${name} ${code} ERROR ${code}`,
      `SERVER ${name} ${code} ${atServer} ${code}`,
    ]);
    expect(JSON.stringify(spans.map(({ status, attributes, events }) => [status, attributes, events]))).not.toContain(
      'secret',
    );
  });

  it('that fails tells the message where that is wanted', async () => {
    const telling = openTelemetry({ tracerProvider: provider, errors: true });
    const { sender } = await traced({
      sender: { telemetry: telling },
      server: { telemetry: telling, exposeErrors: true },
    });
    await sender.send(shop.Fail('no stock')).catch(() => {});
    for (const { status } of await ended(2)) expect(status.message).toContain('no stock');
  });

  it('that never leaves has a span all the same', async () => {
    const { sender } = await traced();
    await sender.send(shop.Echo('a'), { signal: AbortSignal.abort() }).catch(() => {});
    await sender.close();
    await sender.send(shop.Echo('a')).catch(() => {});
    expect(described(await ended(2))).toEqual([
      'CLIENT shop/Echo cancelled ERROR cancelled',
      'CLIENT shop/Echo closed ERROR closed',
    ]);
  });

  it('of several Results has one span over all of them', async () => {
    const { sender } = await traced();
    for await (const { n } of sender.sendMulti(shop.Rows(3))) if (n === 3) await sleep(5);
    expect(described(await ended(2))).toEqual(['CLIENT shop/Rows OK UNSET -', 'SERVER shop/Rows OK UNSET -']);
  });

  it('is a child of what its caller does', async () => {
    const { sender } = await traced();
    const outer = tracer.startSpan('outer');
    await context.with(trace.setSpan(ROOT_CONTEXT, outer), () => sender.send(shop.Echo('a')));
    outer.end();
    const client = (await ended(3)).find(({ kind }) => kind === SpanKind.CLIENT);
    expect(client?.parentSpanContext?.spanId).toBe(outer.spanContext().spanId);
  });
});

describe('a handler', () => {
  /** A server whose handlers tell in which span they run. */
  async function nested() {
    const transport = memoryTransport();
    const seen: (string | undefined)[] = [];
    const active = () => void seen.push(trace.getActiveSpan()?.spanContext().spanId);
    const server = await serve(
      shop,
      null,
      {
        async Echo(text) {
          active();
          await sleep(1);
          active();
          return text;
        },
        async *Rows(count) {
          for (let n = 1; n <= count; n++) {
            active();
            yield { n, last: n === count };
            await sleep(1);
          }
        },
        Fail: () => '',
        Checked: () => '',
        Wait: () => '',
      },
      { transport, telemetry },
    );
    onEnd(() => server.close());
    const sender = await createSender(shop, { address: server.address, transport, telemetry });
    onEnd(() => sender.close());
    exporter.reset();
    return { sender, server, transport, seen };
  }

  it('runs within its span, also after it has waited, and in each step of a generator', async () => {
    const { sender, seen } = await nested();
    await Promise.all([
      sender.send(shop.Echo('a')),
      sender.send(shop.Echo('b')),
      (async () => {
        for await (const _ of sender.sendMulti(shop.Rows(3)));
      })(),
    ]);
    const spans = await ended(6);
    const servers = spans.filter(({ kind }) => kind === SpanKind.SERVER).map((span) => span.spanContext().spanId);
    const counts = servers.map((id) => seen.filter((one) => one === id).length).sort();
    expect(counts).toEqual([2, 2, 3]);
    expect(seen.length).toBe(7);
  });

  it('runs within it with an invoker, too', async () => {
    const transport = memoryTransport();
    const seen: unknown[] = [];
    const active = () => trace.getActiveSpan()?.spanContext().spanId;
    const echo = defineProtocol({
      results: { Done: result<string>() },
      commands: { Echo: command<string>().returns('Done') },
    });
    const server = await serve(
      echo,
      null,
      {
        async Echo(text) {
          await sleep(1);
          seen.push(active());
          return text;
        },
      },
      {
        transport,
        telemetry,
        async invoker(_command, _context, next) {
          seen.push(active());
          return await next();
        },
      },
    );
    onEnd(() => server.close());
    const sender = await createSender(echo, { address: server.address, transport });
    onEnd(() => sender.close());
    exporter.reset();
    await sender.send(echo.Echo('a'));
    const [span] = await ended(1);
    expect(span?.name).toBe('Echo');
    expect(seen).toEqual([span?.spanContext().spanId, span?.spanContext().spanId]);
  });

  it('hands the trace and its baggage on to what it sends', async () => {
    const last = await traced();
    const transport = memoryTransport();
    let baggage: string | undefined;
    const middle = await serve(
      shop,
      null,
      {
        Echo(text) {
          baggage = propagation.getActiveBaggage()?.getEntry('tenant')?.value;
          return last.sender.send(shop.Echo(text));
        },
        Fail: () => '',
        Checked: () => '',
        async *Rows() {},
        Wait: () => '',
      },
      { transport, telemetry },
    );
    onEnd(() => middle.close());
    const first = await createSender(shop, { address: middle.address, transport, telemetry });
    onEnd(() => first.close());
    exporter.reset();
    const within = propagation.setBaggage(ROOT_CONTEXT, propagation.createBaggage({ tenant: { value: 'acme' } }));
    await context.with(within, () => first.send(shop.Echo('a')));
    const spans = await ended(4);
    expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(1);
    // Each one but the first has another one for its parent.
    const ids = spans.map((span) => span.spanContext().spanId);
    const parents = spans.map((span) => span.parentSpanContext?.spanId).filter((id) => id !== undefined);
    expect(parents.length).toBe(3);
    for (const parent of parents) expect(ids).toContain(parent);
    expect(baggage).toBe('acme');
  });
});

it('a Command that the server does not have is of a method that nobody knows', async () => {
  const older = defineProtocol({
    name: 'shop',
    results: { Done: result<string>() },
    commands: { Echo: command<string>().returns('Done') },
  });
  const newer = defineProtocol({
    name: 'shop',
    results: { Done: result<string>() },
    commands: { Echo: command<string>().returns('Done'), New: command<string>().returns('Done') },
  });
  const transport = memoryTransport();
  // To a server without the wire extension such a Command goes out.
  const server = await serve(older, null, { Echo: (text) => text }, { transport, telemetry, goClients: true });
  onEnd(() => server.close());
  const sender = await createSender(newer, { address: server.address, transport });
  onEnd(() => sender.close());
  exporter.reset();
  await sender.send(newer.New('a')).catch(() => {});
  const [span] = await ended(1);
  expect(span).toMatchObject({ name: 'cmd-stream', kind: SpanKind.SERVER });
  expect(span?.attributes).toMatchObject({
    'rpc.method': '_OTHER',
    'rpc.method_original': '1',
    'error.type': 'command-invalid',
  });
});

it('metadata that is too long for a trace goes out without it', async () => {
  const { sender } = await traced();
  const metadata = { most: 'x'.repeat(7_980) };
  expect(await sender.send(shop.Echo('a'), { metadata })).toBe('a');
  const spans = await ended(2);
  expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(2);
});

describe('a trace in the Command itself', () => {
  const orders = defineProtocol({
    name: 'orders',
    results: { Done: result<string>() },
    commands: {
      Place: command<{ item: string; trace?: Record<string, string> }>().returns('Done'),
      Ask: command<string>().returns('Done'),
    },
  });
  const inTheCommand = openTelemetry({
    tracerProvider: provider,
    inject: (command, carrier) =>
      command.name === 'Place'
        ? orders.Place({ ...(command.payload as { item: string }), trace: { ...carrier } })
        : undefined,
    extract: ({ payload }) => (payload as { trace?: Record<string, string> }).trace,
  });

  it('joins both ends where no metadata goes along', async () => {
    const transport = memoryTransport();
    const taken: unknown[] = [];
    const server = await serve(
      orders,
      null,
      {
        Place(payload) {
          taken.push(payload);
          return 'placed';
        },
        Ask: (text) => text,
      },
      { transport, telemetry: inTheCommand, goClients: true },
    );
    onEnd(() => server.close());
    const sender = await createSender(orders, { address: server.address, transport, telemetry: inTheCommand });
    onEnd(() => sender.close());
    exporter.reset();
    const order = orders.Place({ item: 'tea' });
    expect(await sender.send(order)).toBe('placed');
    expect(await sender.send(orders.Ask('a'))).toBe('a');
    const spans = await ended(4);
    const traces = (name: string) =>
      new Set(spans.filter((span) => span.name === name).map((span) => span.spanContext().traceId));
    expect([traces('orders/Place').size, traces('orders/Ask').size]).toEqual([1, 2]);
    expect(taken).toEqual([{ item: 'tea', trace: { traceparent: expect.stringMatching(/^00-/) } }]);
    // What the caller has made stays as it is.
    expect(order.payload).toEqual({ item: 'tea' });
  });

  it('of another type is refused, with a warning', async () => {
    expectWarning("the Command of a span for 'Echo' must be another 'Echo'");
    const { sender } = await traced({
      sender: { telemetry: openTelemetry({ tracerProvider: provider, inject: () => orders.Ask('b') }) },
    });
    expect(await sender.send(shop.Echo('a'))).toBe('a');
  });

  const fail = () => {
    throw new Error('own mistake');
  };
  it('that cannot be written or read changes nothing, and has its spans all the same', async () => {
    expectWarning("'inject' of openTelemetry() failed");
    expectWarning("'extract' of openTelemetry() failed");
    for (const each of [fail, async () => fail()]) {
      const failing = openTelemetry({ tracerProvider: provider, inject: each as never, extract: each as never });
      const { sender } = await traced({
        sender: { telemetry: failing },
        server: { telemetry: failing, goClients: true },
      });
      expect(await sender.send(shop.Echo('a'))).toBe('a');
      expect(described(await ended(2))).toEqual(['CLIENT shop/Echo OK UNSET -', 'SERVER shop/Echo OK UNSET -']);
    }
  });

  it('that holds what is no text is none', async () => {
    const odd = openTelemetry({
      tracerProvider: provider,
      extract: () => ({ traceparent: 5, tracestate: [1], baggage: { a: 1 } }) as never,
    });
    const { sender } = await traced({ server: { telemetry: odd, goClients: true } });
    expect(await sender.send(shop.Echo('a'))).toBe('a');
    expect(described(await ended(2))).toEqual(['CLIENT shop/Echo OK UNSET -', 'SERVER shop/Echo OK UNSET -']);
  });
});

it.each([
  [{ tracerProvider: {} }, /option 'tracerProvider' must be an object with getTracer\(\)/],
  [{ errors: 1 }, /option 'errors' must be true or false/],
  [{ inject: {} }, /option 'inject' must be a function/],
  [{ extract: 'a' }, /option 'extract' must be a function/],
  [{ exporter: {} }, /openTelemetry\(\) has no option 'exporter'/],
])('openTelemetry() refuses %j', (options, message) => {
  expect(() => openTelemetry(options as never)).toThrow(message);
});
