import { systemClock } from '../../base/clock.ts';
import { countedEdges, EdgeCounts } from '../../base/edge-counts.ts';
import { fieldOf } from '../../base/errors/ask.ts';
import { optionNames } from '../../base/options/check.ts';
import { workerRoom } from '../../base/worker-room.ts';
import { nameAttribute } from '../attributes.ts';
import type {
  ClientChange,
  Outcome,
  SenderTelemetry,
  ServerTelemetry,
  Telemetry,
  WatchedSend,
  WatchedSender,
  WatchedServer,
} from '../telemetry.ts';
import { CallDurations } from './calls.ts';
import type { MetricFamily } from './family.ts';
import { type Figures, figureFamilies } from './figures.ts';
import { type Buckets, boundsOf } from './histogram.ts';
import { Counter, SeriesSet } from './series.ts';

/** Options of {@link createMetrics}. */
export interface MetricsOptions {
  /**
   * Bounds of the histograms of durations. `'standard'`: those of the semantic conventions, from 5 ms to 10 s. `'fast'`: beside them some from
   * 50 us to 2.5 ms, where most calls within a data centre are. Or up to 200 of your own, in seconds, ascending. Default
   * `'standard'`.
   */
  readonly buckets?: Buckets | undefined;
}

/**
 * Metrics of senders and servers: given to any number of them as `telemetry`. They are counted on the way of each Command, for about 0.2 us a
 * send, and read by `metricsText` (Prometheus) or `metricProducer` (the OpenTelemetry SDK).
 */
export interface Metrics extends Telemetry {
  /** When counting began: milliseconds since the Unix epoch. */
  readonly sinceMs: number;
  /** All that has been counted, and how things stand now. */
  collect(): readonly MetricFamily[];
}

/**
 * Makes metrics.
 *
 * @example
 * ```ts
 * const metrics = createMetrics({ buckets: 'fast' });
 * const sender = await createSender(calc, { address: 'localhost:9000', telemetry: metrics });
 * ```
 * @throws CmdStreamError `invalid-argument` for options that are not acceptable.
 */
export function createMetrics(options: MetricsOptions = {}): Metrics {
  optionNames('the options of createMetrics()', options, ['buckets']);
  const metrics = new AllMetrics(boundsOf('buckets', options.buckets));
  workerRoom()?.counted(metrics);
  return metrics;
}

class AllMetrics implements Metrics {
  readonly sinceMs = systemClock.now();
  readonly [countedEdges] = new EdgeCounts();
  readonly #clientCalls: CallDurations;
  readonly #serverCalls: CallDurations;
  readonly #attempts = new SeriesSet(() => new Counter());
  readonly #disconnections = new SeriesSet(() => new Counter());
  readonly #accepted = new SeriesSet(() => new Counter());
  readonly #refused = new SeriesSet(() => new Counter());
  readonly #lost = new SeriesSet(() => new Counter());
  readonly #senders = new Set<WatchedSender>();
  readonly #servers = new Set<WatchedServer>();

  constructor(bounds: readonly number[]) {
    this.#clientCalls = new CallDurations(bounds);
    this.#serverCalls = new CallDurations(bounds);
  }

  ofSender(sender: WatchedSender): SenderTelemetry {
    this.#senders.add(sender);
    const { name } = sender.protocol;
    const calls = this.#clientCalls.of(sender.name);
    return {
      sendEnded: (send: WatchedSend | undefined, command: string | undefined, outcome: Outcome, durationMs: number) =>
        calls.record(name, command, send?.address, outcome, durationMs),
      clientChanged: (what, _address, error) => this.#clientChanged(sender.name, what, error),
      closed: () => this.#senders.delete(sender),
    };
  }

  ofServer(server: WatchedServer): ServerTelemetry {
    this.#servers.add(server);
    const { name } = server.protocol;
    const calls = this.#serverCalls.of(server.name);
    return {
      commandEnded: (command, outcome, _results, durationMs) =>
        calls.record(name, command, undefined, outcome, durationMs),
      connectionChanged: (what, error) => {
        if (what === 'accepted') this.#acceptedBy(server).value++;
        else count(what === 'lost' ? this.#lost : this.#refused, server.name, 'error.type', error?.code ?? 'none');
      },
      closed: () => this.#servers.delete(server),
    };
  }

  #acceptedBy({ name }: WatchedServer): Counter {
    return this.#accepted.at(`|${name ?? ''}`, () => nameAttribute(name));
  }

  collect(): readonly MetricFamily[] {
    // One that nobody has come to shows as 0 and not as a gap.
    for (const server of this.#servers) this.#acceptedBy(server);
    const figures: Figures = {
      senders: [...this.#senders].map((sender) => ({ name: sender.name, ...sender.now() })),
      servers: [...this.#servers].map((server) => ({ name: server.name, ...server.now() })),
      attempts: this.#attempts.points(({ value }) => value),
      disconnections: this.#disconnections.points(({ value }) => value),
      accepted: this.#accepted.points(({ value }) => value),
      refused: this.#refused.points(({ value }) => value),
      lost: this.#lost.points(({ value }) => value),
      edges: this[countedEdges].walked,
    };
    return [
      {
        name: 'rpc.client.call.duration',
        description: 'How long calls took, from the call to the last Result or the error.',
        unit: 's',
        kind: 'histogram',
        points: this.#clientCalls.points,
      },
      {
        name: 'rpc.server.call.duration',
        description: 'How long Commands took at the server, from their arrival to their end.',
        unit: 's',
        kind: 'histogram',
        points: this.#serverCalls.points,
      },
      ...figureFamilies(figures),
    ].filter(({ points }) => points.length > 0) as MetricFamily[];
  }

  #clientChanged(name: string | undefined, what: ClientChange, error: Error | undefined): void {
    const code = fieldOf(error, 'code');
    const reason = typeof code === 'string' ? code : 'none';
    if (what === 'disconnected') count(this.#disconnections, name, 'error.type', reason);
    else count(this.#attempts, name, 'cmd_stream.outcome', what === 'connected' ? 'success' : reason);
  }
}

function count(series: SeriesSet<Counter>, name: string | undefined, attribute: string, value: string): void {
  series.at(`${value}|${name ?? ''}`, () => ({ [attribute]: value, ...nameAttribute(name) })).value++;
}
