import type { Attributes, HistogramValue, MetricFamily, Point } from './family.ts';
import type { Metrics } from './metrics.ts';

/** Units of OpenTelemetry, as Prometheus appends them to names; what stands in braces is no unit. */
const UNITS: Readonly<Record<string, string>> = { s: '_seconds', By: '_bytes' };

/**
 * All metrics as Prometheus reads them; to be served as `text/plain; version=0.0.4`. Names follow OpenTelemetry's rules for
 * Prometheus: https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics
 *
 * @example
 * ```ts
 * createServer((_, response) => response.setHeader('content-type', 'text/plain; version=0.0.4').end(metricsText(metrics)));
 * ```
 */
export function metricsText(metrics: Pick<Metrics, 'collect'>): string {
  return metrics.collect().map(familyText).join('');
}

function familyText(family: MetricFamily): string {
  const name = nameOf(family);
  const lines = [`# HELP ${name} ${family.description}`, `# TYPE ${name} ${family.kind}`];
  if (family.kind === 'histogram') lines.push(...family.points.flatMap((point) => histogramLines(name, point)));
  else lines.push(...family.points.map(({ attributes, value }) => `${name}${labels(attributes)} ${value}`));
  return `${lines.join('\n')}\n`;
}

function nameOf({ name, unit, kind }: MetricFamily): string {
  return `${name.replaceAll('.', '_')}${UNITS[unit] ?? ''}${kind === 'counter' ? '_total' : ''}`;
}

function histogramLines(name: string, { attributes, value }: Point<HistogramValue>): string[] {
  let below = 0;
  const buckets = value.counts.map((count, index) => {
    below += count;
    const bound = value.bounds[index] ?? '+Inf';
    return `${name}_bucket${labels({ ...attributes, le: String(bound) })} ${below}`;
  });
  const all = labels(attributes);
  return [...buckets, `${name}_sum${all} ${value.sum}`, `${name}_count${all} ${value.count}`];
}

function labels(attributes: Attributes): string {
  const pairs = Object.entries(attributes).map(
    ([name, value]) => `${name.replaceAll('.', '_')}="${escaped(String(value))}"`,
  );
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
