import { durationMs, invalidOption, optionNames, wholeNumber } from '../../base/options/check.ts';

/** What a path through a simulated network is like, in one direction. Durations in milliseconds, sizes in bytes. */
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
  optionNames('link', options, Object.keys(DEFAULT_LINK));
  const { bytesPerSecond = fallback.bytesPerSecond } = options;
  if (typeof bytesPerSecond !== 'number' || !(bytesPerSecond > 0)) {
    throw invalidOption('link.bytesPerSecond', 'a number above 0, or Infinity', bytesPerSecond);
  }
  return Object.freeze({
    latencyMs: durationMs('link.latencyMs', options.latencyMs, fallback.latencyMs, { minMs: 0 }),
    jitterMs: durationMs('link.jitterMs', options.jitterMs, fallback.jitterMs, { minMs: 0 }),
    bytesPerSecond,
    maxPieceBytes: wholeNumber('link.maxPieceBytes', options.maxPieceBytes, fallback.maxPieceBytes),
    sliceRate: rate('link.sliceRate', options.sliceRate, fallback.sliceRate),
    coalesceRate: rate('link.coalesceRate', options.coalesceRate, fallback.coalesceRate),
    coalesceMs: durationMs('link.coalesceMs', options.coalesceMs, fallback.coalesceMs, { minMs: 0 }),
  });
}

function rate(field: string, value: unknown, fallback: number): number {
  if (value === undefined) return fallback;
  if (typeof value === 'number' && value >= 0 && value <= 1) return value;
  throw invalidOption(field, 'a number from 0 to 1', value);
}
