import type { Attributes } from '../attributes.ts';

export type { Attributes } from '../attributes.ts';

/** How often values fell into each bucket, and their sum. */
export interface HistogramValue {
  /** The upper bounds of the buckets, each included; one more bucket is above the last. */
  readonly bounds: readonly number[];
  /** How many values fell into each bucket: one more than there are bounds. */
  readonly counts: readonly number[];
  readonly sum: number;
  readonly count: number;
}

/** One value of a family. */
export interface Point<Value = number> {
  readonly attributes: Attributes;
  readonly value: Value;
}

/** All values of one name at one moment. */
export type MetricFamily = {
  /** Its name, as in OpenTelemetry: `rpc.client.call.duration`. */
  readonly name: string;
  readonly description: string;
  /** Its unit by UCUM: `s`, `By`, `{call}`. */
  readonly unit: string;
} & (
  | { readonly kind: 'counter' | 'gauge'; readonly points: readonly Point[] }
  | { readonly kind: 'histogram'; readonly points: readonly Point<HistogramValue>[] }
);
