import type { CmdStreamError } from '../../base/errors/cmd-stream-error.ts';
import { callback } from '../../base/options/check.ts';
import { count, duration, type OptionTable, part, type Resolved, resolveOptions } from '../../base/options/table.ts';
import type { SentCommand } from '../../protocol/sent-command.ts';

/**
 * State of a circuit breaker: `closed` lets all Commands through, `open` none, `half-open` a few, to try
 * the service.
 */
export type CircuitBreakerState = 'closed' | 'open' | 'half-open';

/**
 * Says whether the error that ended a send counts as a failure of the service. Must answer at once.
 *
 * @param error - what its caller gets, except `cancelled`: that says nothing about the service.
 * @param sent - the Command; `seq` is 0 where it never left.
 */
export type CountsAsFailure = (error: CmdStreamError, sent: SentCommand) => boolean;

/**
 * Options of a circuit breaker.
 *
 * A callback may ask the breaker anything and change it (`state`, `reset()`, a send through it), and runs in the async
 * context in which the breaker was made. One that throws, or returns a promise that rejects, changes nothing for the
 * breaker; the process gets a warning.
 */
export interface CircuitBreakerOptions {
  /** How many of the last outcomes are looked at while closed. Default 10, at most 1,000,000. */
  readonly windowSize?: number | undefined;
  /**
   * The share of failures in the window, above 0 and up to 1, at which the breaker opens. The window starts full of
   * successes, so that a few early failures do not open it. Default 0.5.
   */
  readonly failureRate?: number | undefined;
  /**
   * How long the breaker stays open before it tries the service again, in milliseconds; also how long a trial that has not
   * been answered keeps others from trying in its place. It does not keep a process from ending. Default 1000.
   */
  readonly openDurationMs?: number | undefined;
  /**
   * How many trials must succeed in half-open for the breaker to close; one that fails opens it again. Also the bound
   * of trials under way at a time. Default 3.
   */
  readonly successThreshold?: number | undefined;
  /**
   * Which errors count as failures. Where it says `false` of a `command-failed`, that is a success: the service has answered;
   * other errors count for nothing then. Default: those by which the service is at fault, a `command-failed` among them
   * unless it is a `CommandFailure` of the caller's making: `not-found`, `permission-denied`, `conflict`.
   */
  readonly countsAsFailure?: CountsAsFailure | undefined;
  /** Called after each change of state, with the new state and the one before. */
  readonly onStateChange?: ((state: CircuitBreakerState, previous: CircuitBreakerState) => void) | undefined;
  /** Called for each success that counts, with the state in which it was counted. */
  readonly onSuccess?: ((state: CircuitBreakerState) => void) | undefined;
  /** Called for each failure that counts, with the state in which it was counted. */
  readonly onFailure?: ((state: CircuitBreakerState) => void) | undefined;
}

const TABLE = {
  windowSize: count(10, { max: 1_000_000 }),
  failureRate: part(0.5),
  openDurationMs: duration(1_000),
  successThreshold: count(3),
  countsAsFailure: callback<CountsAsFailure>,
  onStateChange: callback<NonNullable<CircuitBreakerOptions['onStateChange']>>,
  onSuccess: callback<NonNullable<CircuitBreakerOptions['onSuccess']>>,
  onFailure: callback<NonNullable<CircuitBreakerOptions['onFailure']>>,
} satisfies OptionTable<CircuitBreakerOptions>;

/** Complete {@link CircuitBreakerOptions}. */
export interface ResolvedCircuitBreakerOptions extends Resolved<typeof TABLE> {}

/**
 * Completes the options of a circuit breaker.
 *
 * @param within - the option that they are part of, for messages; none where they stand for themselves.
 * @throws CmdStreamError `invalid-argument`, naming the option, what it accepts and what it got.
 */
export function resolveCircuitBreakerOptions(
  options: CircuitBreakerOptions = {},
  within?: string,
): ResolvedCircuitBreakerOptions {
  const where = within === undefined ? 'the options of the circuit breaker' : `option '${within}'`;
  return resolveOptions(where, options, TABLE, within);
}
