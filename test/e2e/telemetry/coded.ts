import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import type { CmdStreamErrorCode, SenderOptions, ServerOptions } from 'cmd-stream';
import { createMetrics } from 'cmd-stream/metrics';
import { openTelemetry } from 'cmd-stream/otel';
import type { Stage } from '../client/stage.ts';
import { calls, values, watched } from './watched.ts';

/** What watches one end: its traces and its metrics, which no other end has. */
export class Watch {
  readonly #side: 'client' | 'server';
  readonly #exporter = new InMemorySpanExporter();
  readonly #metrics = createMetrics();
  /** For the option of the same name. */
  readonly telemetry = [
    openTelemetry({
      tracerProvider: new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(this.#exporter)] }),
    }),
    this.#metrics,
  ];

  constructor(side: 'client' | 'server') {
    this.#side = side;
  }

  /** How many Commands are being executed. */
  get inFlight(): number {
    return values(this.#metrics, 'cmd_stream.server.in_flight').all ?? 0;
  }

  /** What has been seen of a method so far; of all of them, where none is named. */
  seen(method?: string): Seen {
    const spans = this.#exporter.getFinishedSpans().filter(({ name }) => method === undefined || name === method);
    const rows = Object.entries(calls(this.#metrics, this.#side)).filter(
      ([row]) => method === undefined || row.startsWith(`${method} `),
    );
    return { spans: spans.map(described), rows: Object.fromEntries(rows) };
  }
}

/** What one end has told of sends or Commands. */
export interface Seen {
  /** Its spans: kind, name, `rpc.status_code`, status, `error.type`. */
  readonly spans: readonly string[];
  /** Its metrics: how often a method ended by a code. */
  readonly rows: Readonly<Record<string, number>>;
}

function described({ kind, name, attributes, status }: ReadableSpan): string {
  const { 'rpc.status_code': code, 'error.type': type = '-' } = attributes;
  return [SpanKind[kind], name, code, SpanStatusCode[status.code], type].join(' ');
}

/** What nobody has seen. */
export const NOTHING: Seen = { spans: [], rows: {} };

/** What an end has seen of one send or Command that ended by `code`: with a span, unless `status` is `no span`. */
export function ended(
  kind: 'CLIENT' | 'SERVER',
  method: string,
  code: CmdStreamErrorCode | 'OK',
  status: 'ERROR' | 'UNSET' | 'no span',
): Seen {
  const span = `${kind} ${method} ${code} ${status} ${code === 'OK' ? '-' : code}`;
  return { spans: status === 'no span' ? [] : [span], rows: { [`${method} ${code}`]: 1 } };
}

/** A sender and a server, each under a watch of its own, and whatever else is opened beside them. */
export class Scene implements AsyncDisposable {
  readonly client = new Watch('client');
  readonly server = new Watch('server');
  readonly stage: Stage;
  readonly #closes: (() => PromiseLike<unknown>)[] = [];

  constructor(stage: Stage) {
    this.stage = stage;
    stage.onEnd(() => this[Symbol.asyncDispose]());
  }

  /** Both, connected unless the options say otherwise. */
  async open(options: { sender?: Partial<SenderOptions>; server?: Partial<ServerOptions> } = {}) {
    const both = await watched({
      sender: { telemetry: this.client.telemetry, ...options.sender },
      server: { telemetry: this.server.telemetry, ...options.server },
    });
    this.onEnd(() => both[Symbol.asyncDispose]());
    return both;
  }

  /** Closes something else at the end. */
  onEnd(close: () => PromiseLike<unknown>): void {
    this.#closes.push(close);
  }

  /** Once all is closed nothing more can be seen. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const close of this.#closes.splice(0).reverse()) await close();
  }
}
