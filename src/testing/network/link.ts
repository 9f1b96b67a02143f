import { invalidOption } from '../../base/options/check.ts';
import { count, duration, type OptionTable, resolveOptions } from '../../base/options/table.ts';

/** Properties of a path through a simulated network, in one direction. Durations in milliseconds, sizes in bytes. */
export interface LinkOptions {
  /** How long a byte takes at least. Default 1. */
  readonly latencyMs?: number | undefined;
  /** A piece takes up to so much longer; order is kept all the same. Default 1. */
  readonly jitterMs?: number | undefined;
  /** How fast bytes leave, for each connection; Infinity: at once. Default Infinity. */
  readonly bytesPerSecond?: number | undefined;
  /** The longest piece that arrives in one. Default 65,536. */
  readonly maxPieceBytes?: number | undefined;
  /** How often, from 0 to 1, a piece is cut at a place that the seed chooses, its parts being late apart. Default 0. */
  readonly sliceRate?: number | undefined;
  /** How often, from 0 to 1, a piece waits up to `coalesceMs`, so that later ones join it. Default 0. */
  readonly coalesceRate?: number | undefined;
  /** See `coalesceRate`. Default 40, as Nagle's algorithm waits for a delayed acknowledgement. */
  readonly coalesceMs?: number | undefined;
}

/** {@link LinkOptions}, complete. */
export type ResolvedLink = { readonly [Name in keyof LinkOptions]-?: NonNullable<LinkOptions[Name]> };

/** A path that nothing was said about. */
export const DEFAULT_LINK: ResolvedLink = Object.freeze({
  latencyMs: 1,
  jitterMs: 1,
  bytesPerSecond: Number.POSITIVE_INFINITY,
  maxPieceBytes: 65_536,
  sliceRate: 0,
  coalesceRate: 0,
  coalesceMs: 40,
});

/**
 * Completes and checks the options of a path.
 * @param fallback - what counts for those that are left out.
 * @throws CmdStreamError `invalid-argument`.
 */
export function resolveLink(options: LinkOptions, fallback: ResolvedLink = DEFAULT_LINK): ResolvedLink {
  const table = {
    latencyMs: duration(fallback.latencyMs, { minMs: 0 }),
    jitterMs: duration(fallback.jitterMs, { minMs: 0 }),
    bytesPerSecond: (field, value = fallback.bytesPerSecond) => {
      if (typeof value === 'number' && value > 0) return value;
      throw invalidOption(field, 'a number above 0, or Infinity', value);
    },
    maxPieceBytes: count(fallback.maxPieceBytes),
    sliceRate: (field, value) => rate(field, value, fallback.sliceRate),
    coalesceRate: (field, value) => rate(field, value, fallback.coalesceRate),
    coalesceMs: duration(fallback.coalesceMs, { minMs: 0 }),
  } satisfies OptionTable<LinkOptions>;
  return resolveOptions('link', options, table, 'link');
}

function rate(field: string, value: unknown, fallback: number): number {
  if (value === undefined) return fallback;
  if (typeof value === 'number' && value >= 0 && value <= 1) return value;
  throw invalidOption(field, 'a number from 0 to 1', value);
}
