// For everyone who wants to see sends and Commands as metrics.

export type { Attributes, HistogramValue, MetricFamily, Point } from './telemetry/metrics/family.ts';
export type { Buckets } from './telemetry/metrics/histogram.ts';
export { createMetrics, type Metrics, type MetricsOptions } from './telemetry/metrics/metrics.ts';
export {
  type MetricProducer,
  metricProducer,
  type ProducedHistogram,
  type ProducedMetric,
  type ProducedMetrics,
  type ProducedPoint,
  type ProducedResource,
} from './telemetry/metrics/producer.ts';
export { metricsText } from './telemetry/metrics/prometheus.ts';
