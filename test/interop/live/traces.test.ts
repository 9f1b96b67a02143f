import { context, propagation } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { type Codec, command, createSender, defineProtocol, json, msgpack, result, serve } from 'cmd-stream';
import { openTelemetry, type TraceCmd, traceCmd, traceCmds } from 'cmd-stream/otel';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithGo, GoTraced } from '../support/go-peers.ts';

// One trace through both languages: Go's TraceCmd carries the context, and so do Commands of that form here.

const greeter = defineProtocol({
  name: 'greeter',
  results: { Greeting: result<string>() },
  commands: { Greet: command<TraceCmd<{ Name: string }>>().returns('Greeting') },
});

const exporter = new InMemorySpanExporter();
const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
const telemetry = openTelemetry({ tracerProvider, ...traceCmds });

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
});
afterAll(() => {
  context.disable();
  propagation.disable();
});

async function onlySpan(): Promise<ReadableSpan> {
  await expect.poll(() => exporter.getFinishedSpans().length).toBe(1);
  const [span] = exporter.getFinishedSpans();
  exporter.reset();
  return span!;
}

const codecs: readonly (readonly ['json' | 'msgpack', Codec])[] = [
  ['json', json()],
  ['msgpack', msgpack()],
];

describeWithGo('a trace', () => {
  it.each(codecs)('that begins here is gone on with by a Go server: %s', async (name, codec) => {
    await using server = await GoTraced.serve(name);
    await using sender = await createSender(greeter, { address: server.address, codec, telemetry });
    expect(await sender.send(greeter.Greet(traceCmd({ Name: 'Ada' })))).toBe('Hello, Ada');
    const ours = (await onlySpan()).spanContext();
    await server.line((line) => line.includes('"span"'));
    expect(server.events).toMatchObject([
      { span: 'Invoke Greet (trace)', kind: 'server', trace: ours.traceId, parent: ours.spanId },
    ]);
  });

  it.each(codecs)('that begins at a Go client is gone on with here: %s', async (name, codec) => {
    const handlers = { Greet: ({ Cmd }: TraceCmd<{ Name: string }>) => `Hello, ${Cmd.Name}` };
    await using server = await serve(greeter, undefined, handlers, { codec, goClients: true, telemetry });
    await using client = GoTraced.send(server.address, name, 'Grace');
    expect(await client.ended, client.stderr).toBe(0);
    const ours = await onlySpan();
    const [theirs, answer] = client.events;
    expect(theirs).toMatchObject({ span: 'Send Greet (trace)', kind: 'client', trace: ours.spanContext().traceId });
    expect(ours.parentSpanContext?.spanId).toBe(theirs?.id);
    expect(answer).toEqual({ result: 'Hello, Grace' });
  });

  it('begins anew where a Command comes without a carrier', async () => {
    const handlers = { Greet: ({ Cmd }: TraceCmd<{ Name: string }>) => Cmd.Name };
    await using server = await serve(greeter, undefined, handlers, { codec: json(), goClients: true, telemetry });
    await using sender = await createSender(greeter, { address: server.address, codec: json() });
    for (const MapCarrier of [
      undefined,
      null,
      {},
      { traceparent: 5 },
      { traceparent: 'no' },
      5,
      'text',
      [],
    ] as never[]) {
      await sender.send(greeter.Greet({ MapCarrier, Cmd: { Name: 'x' } }));
      expect((await onlySpan()).parentSpanContext).toBeUndefined();
    }
    expect(
      await sender.send(
        greeter.Greet({ MapCarrier: { TraceParent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01` }, Cmd: { Name: 'x' } }),
      ),
    ).toBe('x');
    expect((await onlySpan()).spanContext().traceId).toBe('1'.repeat(32));
  });

  it('leaves Commands of other forms as they are', async () => {
    const plain = defineProtocol({
      results: { Same: result<unknown>() },
      commands: { Echo: command<unknown>().returns('Same') },
    });
    await using server = await serve(plain, undefined, { Echo: (value) => value as never }, { codec: json() });
    await using sender = await createSender(plain, { address: server.address, codec: json(), telemetry });
    for (const value of [{ a: 1 }, null, 5, 'text', [1], { MapCarrier: { b: 'c' } }]) {
      expect(await sender.send(plain.Echo(value))).toEqual(value);
      await onlySpan();
    }
  });
});
