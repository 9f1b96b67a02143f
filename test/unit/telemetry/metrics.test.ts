import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { CmdStreamError } from 'cmd-stream';
import { createMetrics, metricProducer, metricsText } from 'cmd-stream/metrics';
import { describe, expect, test } from 'vitest';
import type { SenderTelemetry } from '../../../src/telemetry/telemetry.ts';

const FIGURES = { clients: ['ready'], pending: 2, waiting: 0, bufferedBytes: 7, circuitBreaker: 'open' };

/** Metrics that a sender has told of some sends. */
function told(options?: Parameters<typeof createMetrics>[0]) {
  const metrics = createMetrics(options);
  const sender = metrics.ofSender?.({
    name: undefined,
    protocol: { name: 'calc', commands: ['Add'] },
    addresses: [],
    now: () => FIGURES,
  });
  const ended = (address: string | undefined, outcome: 'success' | CmdStreamError, durationMs: number) =>
    sender?.sendEnded?.(
      { address } as Parameters<NonNullable<SenderTelemetry['sendEnded']>>[0],
      'Add',
      outcome,
      durationMs,
    );
  return { metrics, sender, ended };
}

describe('durations', () => {
  test('fall into the bucket whose upper bound they do not exceed', () => {
    const { metrics, ended } = told({ buckets: [0.001, 0.01] });
    for (const durationMs of [0, 1, 1.001, 10, 10.5, 1e9]) ended('a:1', 'success', durationMs);
    const [family] = metrics.collect();
    expect(family).toMatchObject({
      name: 'rpc.client.call.duration',
      unit: 's',
      kind: 'histogram',
      points: [
        {
          attributes: {
            'rpc.system.name': 'cmd-stream',
            'rpc.method': 'calc/Add',
            'rpc.status_code': 'OK',
            'server.address': 'a',
            'server.port': 1,
          },
          value: { bounds: [0.001, 0.01], counts: [2, 2, 2], count: 6 },
        },
      ],
    });
    expect(family?.points[0]?.attributes).not.toHaveProperty('error.type');
  });

  test.each([
    ['standard', 14, 0.005],
    ['fast', 20, 0.00005],
  ] as const)('have the bounds that %s stands for', (buckets, count, first) => {
    const { metrics, ended } = told({ buckets });
    ended(undefined, 'success', 1);
    const { bounds } = (metrics.collect()[0]?.points[0]?.value ?? { bounds: [] }) as {
      readonly bounds: readonly number[];
    };
    expect([bounds.length, bounds[0], bounds.at(-1)]).toEqual([count, first, 10]);
    expect(bounds).toEqual([...bounds].sort((a, b) => a - b));
  });

  test.each([[[]], [[2, 1]], [[0]], [[Number.NaN]], ['slow'], [1], [null], [['a']]])(
    'refuse %j as buckets',
    (buckets) => {
      const refused = () => createMetrics({ buckets } as never);
      if (Array.isArray(buckets) && buckets.length === 0) expect(refused).not.toThrow();
      else expect(refused).toThrow(/option 'buckets' must be 'standard', 'fast' or up to 200 ascending numbers/);
    },
  );

  test('of other methods, servers and outcomes are series of their own, whatever the order', () => {
    const { metrics, ended } = told();
    const timeout = new CmdStreamError('timeout', 'late');
    for (let round = 0; round < 3; round++) {
      ended('a:1', 'success', 1);
      ended('[::1]:2', 'success', 1);
      ended('a:1', timeout, 1);
      ended(undefined, timeout, 1);
    }
    const points = metrics.collect()[0]?.points ?? [];
    const series = points.map(({ attributes, value }) => [
      attributes['server.address'],
      attributes['server.port'],
      attributes['rpc.status_code'],
      attributes['error.type'],
      (value as { count: number }).count,
    ]);
    expect(series).toEqual([
      ['a', 1, 'OK', undefined, 3],
      ['::1', 2, 'OK', undefined, 3],
      ['a', 1, 'timeout', 'timeout', 3],
      [undefined, undefined, 'timeout', 'timeout', 3],
    ]);
  });

  test('of more servers than anybody can look at share one series', () => {
    const { metrics, ended } = told();
    for (let n = 0; n < 5_000; n++) ended(`host-${n}:1`, 'success', 1);
    const points = metrics.collect()[0]?.points ?? [];
    expect(points.length).toBe(2_001);
    expect(points.at(-1)).toMatchObject({ attributes: { 'otel.metric.overflow': true }, value: { count: 3_000 } });
  });
});

describe('metricsText()', () => {
  test('writes what Prometheus reads', () => {
    const { metrics, sender, ended } = told({ buckets: [0.001] });
    ended('a:1', 'success', 0.5);
    ended('a:1', 'success', 2);
    sender?.clientChanged?.('connected', 'a:1', undefined);
    const lines = metricsText(metrics).split('\n');
    const labels =
      'rpc_system_name="cmd-stream",rpc_method="calc/Add",rpc_status_code="OK",server_address="a",server_port="1"';
    expect(lines).toEqual(
      expect.arrayContaining([
        '# TYPE rpc_client_call_duration_seconds histogram',
        `rpc_client_call_duration_seconds_bucket{${labels},le="0.001"} 1`,
        `rpc_client_call_duration_seconds_bucket{${labels},le="+Inf"} 2`,
        `rpc_client_call_duration_seconds_sum{${labels}} 0.0025`,
        `rpc_client_call_duration_seconds_count{${labels}} 2`,
        '# TYPE cmd_stream_client_connection_attempts_total counter',
        'cmd_stream_client_connection_attempts_total{cmd_stream_outcome="success"} 1',
        'cmd_stream_client_buffered_bytes 7',
        'cmd_stream_client_circuit_breakers{cmd_stream_state="open"} 1',
        'cmd_stream_client_circuit_breakers{cmd_stream_state="closed"} 0',
      ]),
    );
  });

  test('escapes what a name of a server may hold', () => {
    const { metrics, ended } = told();
    ended('a"\\\n:1', 'success', 1);
    expect(metricsText(metrics)).toContain('server_address="a\\"\\\\\\n"');
  });

  test('is empty where nothing is watched', () => {
    expect(metricsText(createMetrics())).toBe('');
  });
});

test('metricProducer() gives the readers of the SDK what they export', async () => {
  const { metrics, sender, ended } = told({ buckets: [0.001] });
  ended('a:1', 'success', 2);
  sender?.clientChanged?.('disconnected', 'a:1', new CmdStreamError('connection-lost', 'gone'));
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: 3_600_000,
    metricProducers: [metricProducer(metrics)],
  });
  const provider = new MeterProvider({ readers: [reader] });
  await provider.forceFlush();
  const [exported] = exporter.getMetrics();
  await provider.shutdown();
  const scope = exported?.scopeMetrics.find((each) => each.scope.name === 'cmd-stream');
  const byName = Object.fromEntries((scope?.metrics ?? []).map((metric) => [metric.descriptor.name, metric]));
  expect(byName['rpc.client.call.duration']).toMatchObject({
    descriptor: { unit: 's' },
    dataPointType: 0,
    dataPoints: [{ value: { count: 1, sum: 0.002, buckets: { boundaries: [0.001], counts: [0, 1] } } }],
  });
  expect(byName['cmd_stream.client.disconnections']).toMatchObject({
    dataPointType: 3,
    isMonotonic: true,
    dataPoints: [{ attributes: { 'error.type': 'connection-lost' }, value: 1 }],
  });
  expect(byName['cmd_stream.client.pending']).toMatchObject({ dataPointType: 2, dataPoints: [{ value: 2 }] });
  const [seconds = 0] = byName['rpc.client.call.duration']?.dataPoints[0]?.startTime ?? [];
  expect(Math.abs(seconds - metrics.sinceMs / 1_000)).toBeLessThan(2);
});
