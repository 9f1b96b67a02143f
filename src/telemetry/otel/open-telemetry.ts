import {
  type Attributes,
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';
import { pathLines } from '../../base/errors/error-path.ts';
import { callback, flag, objectWith, optionNames } from '../../base/options/check.ts';
import { isThenable } from '../../base/thenable.ts';
import { VERSION } from '../../base/version.ts';
import { processWarnings } from '../../base/warnings.ts';
import type { Command } from '../../protocol/command.ts';
import { methodOf, OTHER_METHOD, peerAttributes, serverAttributes } from '../attributes.ts';
import type {
  ArrivedCommand,
  CommandSpan,
  Outcome,
  SenderTelemetry,
  SendSpan,
  ServerTelemetry,
  Telemetry,
  WatchedProtocol,
  WatchedSend,
  WatchedSender,
  WatchedServer,
} from '../telemetry.ts';
import { metadataGetter, metadataSetter } from './carrier.ts';

/** Options of {@link openTelemetry}. */
export interface OpenTelemetryOptions {
  /** Where spans go. Default: the provider that is registered globally, also where that is done later. */
  readonly tracerProvider?: TracerProvider | undefined;
  /**
   * Whether spans that failed carry the message of the error, which may hold what a handler has put into it. Their code is
   * there in any case. Default `false`.
   */
  readonly errors?: boolean | undefined;
  /**
   * Writes the context into the Command itself, for servers that take no metadata, such as those of cmd-stream-go: gets the Command
   * and what the propagator has written (`{ traceparent: '00-...' }`), and returns the Command to be sent in its place. The context goes as
   * metadata as well. Default: as metadata alone.
   *
   * @example
   * ```ts
   * inject: (command, carrier) => command.name === 'Add' ? calc.Add({ ...command.payload, trace: carrier }) : undefined
   * ```
   */
  readonly inject?: ((command: Command, carrier: Readonly<Record<string, string>>) => Command | undefined) | undefined;
  /**
   * Reads the context out of a Command whose client sends no metadata, such as one of cmd-stream-go: gets its name and its payload,
   * as it has come and not checked, and returns what its propagator has written. What came as metadata counts first. Default: from
   * metadata alone.
   */
  readonly extract?:
    | ((command: { readonly name: string; readonly payload: unknown }) => Readonly<Record<string, string>> | undefined)
    | undefined;
}

/**
 * Traces for the option `telemetry` of `createSender` and `serve`: a CLIENT span for each send, over all of its stream; a SERVER span for
 * each Command, from its arrival on, within which its handler runs. Names and attributes follow the semantic conventions for
 * RPC (1.45): https://opentelemetry.io/docs/specs/semconv/rpc. The context goes along as metadata (`traceparent`, `tracestate`,
 * `baggage`, or what the registered propagator writes), to servers that have the wire extension. Payloads are in no span.
 *
 * @example
 * ```ts
 * const sender = await createSender(calc, { address: 'localhost:9000', telemetry: openTelemetry() });
 * ```
 * @throws CmdStreamError `invalid-argument` for options that are not acceptable.
 */
export function openTelemetry(options: OpenTelemetryOptions = {}): Telemetry {
  optionNames('the options of openTelemetry()', options, ['tracerProvider', 'errors', 'inject', 'extract']);
  const provider = objectWith('tracerProvider', options.tracerProvider, ['getTracer']) ?? trace.getTracerProvider();
  const tracing: Tracing = {
    tracer: provider.getTracer('cmd-stream', VERSION),
    tellsMessages: flag('errors', options.errors, false),
    inject: callback('inject', options.inject),
    extract: callback('extract', options.extract),
  };
  return {
    ofSender: (sender) => new SenderTracing(tracing, sender),
    ofServer: (server) => new ServerTracing(tracing, server),
  };
}

interface Tracing {
  readonly tracer: Tracer;
  /** Whether the messages of errors are told. */
  readonly tellsMessages: boolean;
  readonly inject: OpenTelemetryOptions['inject'];
  readonly extract: OpenTelemetryOptions['extract'];
}

/** The attributes that spans of one protocol begin with, by the name of the Command: samplers see them. */
class Beginnings {
  /** Where the server is, once that is known. */
  address: string | undefined;
  readonly #protocol: WatchedProtocol;
  readonly #all = new Map<string, Attributes>();

  constructor(protocol: WatchedProtocol) {
    this.#protocol = protocol;
  }

  of(command: string): Attributes {
    let found = this.#all.get(command);
    if (found === undefined) {
      found = { ...this.#common, 'rpc.method': methodOf(this.#protocol.name, command) };
      if (this.address !== undefined) this.#all.set(command, found);
    }
    return found;
  }

  get #common(): Attributes {
    const { address } = this;
    return { 'rpc.system.name': 'cmd-stream', ...(address !== undefined && serverAttributes(address)) };
  }

  ofOther(type: number): Attributes {
    return { ...this.#common, 'rpc.method': OTHER_METHOD, 'rpc.method_original': String(type) };
  }
}

// ---- senders

class SenderTracing implements SenderTelemetry {
  readonly #tracing: Tracing;
  readonly #beginnings: Beginnings;

  constructor(tracing: Tracing, { protocol, addresses }: WatchedSender) {
    this.#tracing = tracing;
    this.#beginnings = new Beginnings(protocol);
    this.#beginnings.address = addresses[0];
  }

  sendStarted({ command }: WatchedSend): SendSpan {
    const attributes = this.#beginnings.of(command.name);
    const active = context.active();
    const name = attributes['rpc.method'] as string;
    const span = this.#tracing.tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, active);
    return new TracedSend(span, trace.setSpan(active, span), command, this.#tracing);
  }
}

class TracedSend implements SendSpan {
  readonly metadata: Record<string, string> = {};
  readonly command: Command | undefined;
  readonly #span: Span;
  readonly #tellsMessages: boolean;

  constructor(span: Span, within: Context, command: Command, { tellsMessages, inject }: Tracing) {
    this.#span = span;
    this.#tellsMessages = tellsMessages;
    propagation.inject(within, this.metadata, metadataSetter);
    if (inject !== undefined) this.command = calledUser('inject', () => inject(command, this.metadata));
  }

  ended({ address }: WatchedSend, outcome: Outcome): void {
    const span = this.#span;
    if (span.isRecording()) {
      if (address !== undefined) span.setAttributes(peerAttributes(address));
      end(span, outcome, outcome !== 'success', this.#tellsMessages);
      const path = outcome === 'success' ? undefined : outcome.path;
      if (path !== undefined) span.addEvent('cmd_stream.path', { 'cmd_stream.path': pathLines(path) });
    }
    span.end();
  }
}

// ---- servers

/** So much later than it has arrived a Command is begun without having waited (milliseconds). */
const AT_ONCE_MS = 2;

class ServerTracing implements ServerTelemetry {
  readonly #tracing: Tracing;
  readonly #server: WatchedServer;
  readonly #beginnings: Beginnings;

  constructor(tracing: Tracing, server: WatchedServer) {
    this.#tracing = tracing;
    this.#server = server;
    this.#beginnings = new Beginnings(server.protocol);
  }

  commandStarted(command: ArrivedCommand, payload: unknown): CommandSpan {
    const { command: name } = command;
    const parent = propagation.extract(ROOT_CONTEXT, this.#carrierOf(command, payload), metadataGetter);
    this.#beginnings.address ??= this.#server.address;
    const attributes = name === undefined ? this.#beginnings.ofOther(command.type) : this.#beginnings.of(name);
    const span = this.#tracing.tracer.startSpan(
      // A name of few values: https://opentelemetry.io/docs/specs/semconv/rpc/rpc-spans/#span-name
      name === undefined ? 'cmd-stream' : (attributes['rpc.method'] as string),
      {
        kind: SpanKind.SERVER,
        attributes,
        ...this.#startOf(command),
      },
      parent,
    );
    if (span.isRecording()) span.setAttributes(peerAttributes(command.remoteAddress));
    return new TracedCommand(span, trace.setSpan(parent, span), this.#tracing.tellsMessages);
  }

  #carrierOf({ command: name, metadata }: ArrivedCommand, payload: unknown): Readonly<Record<string, string>> {
    const { extract } = this.#tracing;
    if (extract === undefined || name === undefined || payload === undefined) return metadata;
    for (const _ in metadata) return metadata;
    return calledUser('extract', () => extract({ name, payload })) ?? metadata;
  }

  /** When it arrived, where it has waited since; the SDK's own clock is finer. */
  #startOf({ receivedAt }: ArrivedCommand): { readonly startTime?: number } {
    return this.#server.nowMs() - receivedAt > AT_ONCE_MS ? { startTime: receivedAt } : {};
  }
}

class TracedCommand implements CommandSpan {
  readonly #span: Span;
  readonly #within: Context;
  readonly #tellsMessages: boolean;

  constructor(span: Span, within: Context, tellsMessages: boolean) {
    this.#span = span;
    this.#within = within;
    this.#tellsMessages = tellsMessages;
  }

  run<Value>(call: () => Value): Value {
    return context.with(this.#within, call);
  }

  ended(outcome: Outcome): void {
    // All else is the caller's doing, or the network's: https://opentelemetry.io/docs/specs/semconv/rpc/rpc-spans/#server-span
    const isOwnFailure = outcome !== 'success' && outcome.code === 'command-failed';
    if (this.#span.isRecording()) end(this.#span, outcome, isOwnFailure, this.#tellsMessages);
    this.#span.end();
  }
}

/** What a function of the user's returns; where it fails the span does without. */
function calledUser<Returned>(name: string, call: () => Returned | undefined): Returned | undefined {
  const what = `'${name}' of openTelemetry()`;
  try {
    const returned = call();
    if (!isThenable(returned)) return returned;
    processWarnings.watchPromise(what, returned);
    throw new TypeError('it must answer at once; got a promise');
  } catch (error) {
    processWarnings.userCodeFailed(what, error);
    return undefined;
  }
}

function end(span: Span, outcome: Outcome, isFailure: boolean, tellsMessages: boolean): void {
  if (outcome === 'success') {
    span.setAttribute('rpc.status_code', 'OK');
    return;
  }
  const { code, message } = outcome;
  span.setAttributes({ 'rpc.status_code': code, 'error.type': code });
  if (isFailure)
    span.setStatus(tellsMessages ? { code: SpanStatusCode.ERROR, message } : { code: SpanStatusCode.ERROR });
}
