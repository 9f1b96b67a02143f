import { systemClock } from '../../base/clock.ts';
import { VERSION } from '../../base/version.ts';
import type { Attributes, HistogramValue, MetricFamily } from './family.ts';
import type { Metrics } from './metrics.ts';

// The numbers by which the SDK tells data apart: `DataPointType`, `AggregationTemporality`, `ValueType` of
// @opentelemetry/sdk-metrics and @opentelemetry/api, the same in its lines 1, 2 and 3.
const HISTOGRAM = 0;
const GAUGE = 2;
const SUM = 3;
const CUMULATIVE = 1;
const DOUBLE = 1;

/** Seconds and nanoseconds since the epoch. */
type HrTime = [number, number];

/**
 * Metrics as a `MetricProducer` of the OpenTelemetry SDK, for the option `metricProducers` of its readers (2.x and 3.x).
 *
 * @example
 * ```ts
 * const reader = new PeriodicExportingMetricReader({ exporter, metricProducers: [metricProducer(metrics)] });
 * ```
 */
export function metricProducer(metrics: Metrics): MetricProducer {
  const startTime = hrTime(metrics.sinceMs);
  return {
    collect: async () => {
      const endTime = hrTime(systemClock.now());
      return {
        // Readers take that of their own provider.
        resourceMetrics: {
          resource: NO_RESOURCE,
          scopeMetrics: [
            {
              scope: { name: 'cmd-stream', version: VERSION },
              metrics: metrics.collect().map((family) => metricData(family, startTime, endTime)),
            },
          ],
        },
        errors: [],
      };
    },
  };
}

/** What the SDK's readers ask for metrics: its `MetricProducer`, without its types. */
export interface MetricProducer {
  collect(): Promise<{ resourceMetrics: ProducedMetrics; errors: unknown[] }>;
}

/** What a {@link MetricProducer} gives: `ResourceMetrics` of the SDK. */
export interface ProducedMetrics {
  resource: ProducedResource;
  scopeMetrics: { scope: { name: string; version: string }; metrics: ProducedMetric[] }[];
}

/** A resource that says nothing; readers take that of their own provider. */
export interface ProducedResource {
  readonly attributes: Record<string, never>;
  merge<Other>(other: Other | null): Other & ProducedResource;
  getRawAttributes(): [];
}

/** One metric: `MetricData` of the SDK. */
export type ProducedMetric = {
  readonly descriptor: {
    readonly name: string;
    readonly description: string;
    readonly unit: string;
    readonly valueType: 1;
  };
  readonly aggregationTemporality: 1;
} & (
  | { readonly dataPointType: 3; readonly isMonotonic: boolean; readonly dataPoints: ProducedPoint<number>[] }
  | { readonly dataPointType: 2; readonly dataPoints: ProducedPoint<number>[] }
  | { readonly dataPointType: 0; readonly dataPoints: ProducedPoint<ProducedHistogram>[] }
);

/** One value of a metric: `DataPoint` of the SDK. */
export interface ProducedPoint<Value> {
  readonly startTime: [number, number];
  readonly endTime: [number, number];
  readonly attributes: Record<string, string | number | boolean>;
  readonly value: Value;
}

/** The value of a histogram: `Histogram` of the SDK. */
export interface ProducedHistogram {
  buckets: { boundaries: number[]; counts: number[] };
  sum: number;
  count: number;
}

const NO_RESOURCE: ProducedResource = Object.freeze({
  attributes: {},
  merge: <Other>(other: Other | null) => (other ?? NO_RESOURCE) as Other & ProducedResource,
  getRawAttributes: (): [] => [],
});

function metricData(family: MetricFamily, startTime: HrTime, endTime: HrTime): ProducedMetric {
  const { name, description, unit } = family;
  const common = {
    descriptor: { name, description, unit, valueType: DOUBLE },
    aggregationTemporality: CUMULATIVE,
  } as const;
  const at = <Value>(attributes: Attributes, value: Value) => ({ startTime, endTime, attributes, value });
  if (family.kind === 'histogram') {
    const dataPoints = family.points.map(({ attributes, value }) => at(attributes, histogram(value)));
    return { ...common, dataPointType: HISTOGRAM, dataPoints };
  }
  const dataPoints = family.points.map(({ attributes, value }) => at(attributes, value));
  if (family.kind === 'gauge') return { ...common, dataPointType: GAUGE, dataPoints };
  return { ...common, dataPointType: SUM, isMonotonic: true, dataPoints };
}

function histogram({ bounds, counts, sum, count }: HistogramValue): ProducedHistogram {
  return { buckets: { boundaries: [...bounds], counts: [...counts] }, sum, count };
}

function hrTime(ms: number): HrTime {
  return [Math.floor(ms / 1_000), (ms % 1_000) * 1_000_000];
}
