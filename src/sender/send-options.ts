import { wholeNumber } from '../options/check.ts';

/** Options of a single send. */
export interface SendOptions {
  /** Cancels the request: it fails with `cancelled`, and a Result that comes later is nobody's. */
  readonly signal?: AbortSignal | undefined;
  /** The deadline, from the call on, in milliseconds; Infinity: none. Default: the sender's. */
  readonly timeoutMs?: number | undefined;
  /** Whether to wait, within the deadline, for a client to become ready. Default: the sender's. */
  readonly waitForReady?: boolean | undefined;
}

/** Options of a send with several Results. */
export interface MultiSendOptions extends SendOptions {
  /** How many Results to take at most: the stream ends with success after so many. Default: until the last one. */
  readonly resultsCount?: number | undefined;
}

/** Checks `resultsCount`. */
export function resolveResultsCount(options: MultiSendOptions | undefined): number {
  return wholeNumber('resultsCount', options?.resultsCount, Number.POSITIVE_INFINITY);
}
