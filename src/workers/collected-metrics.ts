import type { HistogramValue, MetricFamily, Point } from '../telemetry/metrics/family.ts';

/** Metrics of all workers at one moment, summed: for `metricsText`. */
export interface CollectedMetrics {
  collect(): readonly MetricFamily[];
}

/** Sums metrics of several processes: values of the same name and attributes become one. */
export function summed(all: readonly MetricFamily[]): readonly MetricFamily[] {
  const families = new Map<string, { readonly family: MetricFamily; readonly points: Map<string, Point<unknown>> }>();
  for (const family of all) {
    const { points } = families.get(family.name) ?? { points: new Map<string, Point<unknown>>() };
    families.set(family.name, { family, points });
    for (const point of family.points as readonly Point<number | HistogramValue>[]) {
      const key = JSON.stringify(Object.entries(point.attributes).sort());
      const before = points.get(key)?.value as number | HistogramValue | undefined;
      points.set(key, before === undefined ? point : { ...point, value: sum(before, point.value) });
    }
  }
  return [...families.values()].map(
    ({ family, points }) => ({ ...family, points: [...points.values()] }) as MetricFamily,
  );
}

/** What is left of the metrics of a process that is gone: what was counted, not how things stood. */
export function lasting(families: readonly MetricFamily[]): readonly MetricFamily[] {
  return families.filter(({ kind }) => kind !== 'gauge');
}

function sum<Value extends number | HistogramValue>(one: Value, other: Value): number | HistogramValue {
  if (typeof one === 'number' || typeof other === 'number') return Number(one) + Number(other);
  // Other buckets cannot be added to these; one file makes one kind of them.
  if (one.bounds.length !== other.bounds.length) return one.count >= other.count ? one : other;
  return {
    bounds: one.bounds,
    counts: one.counts.map((count, index) => count + (other.counts[index] ?? 0)),
    sum: one.sum + other.sum,
    count: one.count + other.count,
  };
}
