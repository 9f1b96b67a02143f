import type { Clock } from '../base/clock.ts';
import { abortSignal, durationMs, flag, oneOf, optionNames, wholeNumber } from '../base/options/check.ts';
import { checkMetadata, type Metadata } from '../wire/extension/metadata.ts';
import { type CallContext, checkWithin, type Propagation } from './call-context.ts';
import type { WhenSlow } from './client/backlog.ts';
import { deadlineToTimeoutMs } from './request/deadline.ts';

/** Options of a single send. */
export interface SendOptions {
  /** Cancels the request: it fails with `cancelled`, and a Result that comes later is nobody's. */
  readonly signal?: AbortSignal | undefined;
  /**
   * The deadline, from the call on, in milliseconds; Infinity: none. Default: the sender's, for sends that bring no
   * absolute deadline either.
   */
  readonly timeoutMs?: number | undefined;
  /** Whether to wait, within the deadline, for a client to become ready. Default: the sender's. */
  readonly waitForReady?: boolean | undefined;
  /**
   * Texts that go along, for the handler's `context.metadata`: keys of a to z, 0 to 9, `.`, `_` and `-`, 8,000 bytes in all, with four for each key. A
   * server of cmd-stream-go, or an older one, does not get them. Default: none.
   */
  readonly metadata?: Readonly<Record<string, string | undefined>> | undefined;
  /**
   * The Command within whose handler this is called: its `context`. Of both deadlines the earlier counts, its signal cancels this
   * send as well, and what is to be handed on of its metadata (see `propagate` of `createSender`) goes along.
   */
  readonly within?: CallContext | undefined;
}

/** Options of a send with several Results. */
export interface MultiSendOptions extends SendOptions {
  /** How many Results to take at most: the stream ends with success after so many. Default: until the last one. */
  readonly resultsCount?: number | undefined;
  /**
   * Policy for the stream when its Results come faster than they are taken: the server waits, or the stream fails
   * with `result-overflow`. Default: the sender's.
   */
  readonly whenSlow?: 'pause' | 'fail' | undefined;
}

/** On what terms a Command is sent: its options, complete. */
export interface SendTerms {
  /** The time that it has from the call on; not above 0: none at all; Infinity: no end. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly waitForReady: boolean;
  /** Infinity: until the last one. */
  readonly resultsCount: number;
  readonly whenSlow: WhenSlow;
  /** Texts that go along. */
  readonly metadata: Metadata;
}

/** Placeholder of a send without an absolute deadline. */
export const NO_DEADLINE = Symbol('no deadline');

/** An absolute time: milliseconds since the epoch, or a Date. */
export type Deadline = number | Date | typeof NO_DEADLINE;

const SINGLE_NAMES: readonly (keyof SendOptions)[] = ['signal', 'timeoutMs', 'waitForReady', 'metadata', 'within'];
const MULTI_NAMES: readonly (keyof MultiSendOptions)[] = [...SINGLE_NAMES, 'resultsCount', 'whenSlow'];

/**
 * Completes the options of a send. Of `deadline` and `timeoutMs` the earlier counts.
 *
 * @param defaults - what holds for the sender; it is used as it is where the caller gives nothing.
 * @throws CmdStreamError `invalid-argument`.
 */
export function resolveSendOptions(
  kind: 'single' | 'multi',
  options: MultiSendOptions | undefined,
  deadline: Deadline,
  defaults: SendTerms,
  { clock, propagate }: { readonly clock: Clock; readonly propagate: Propagation },
): SendTerms {
  const ambient = propagate.ambient();
  if (options === undefined && deadline === NO_DEADLINE && ambient === undefined) return defaults;
  if (options !== undefined) {
    optionNames('the options of a send', options, kind === 'single' ? SINGLE_NAMES : MULTI_NAMES);
  }
  const { signal, timeoutMs, waitForReady, resultsCount, whenSlow, metadata } = options ?? {};
  const none = deadline === NO_DEADLINE ? defaults.timeoutMs : Number.POSITIVE_INFINITY;
  const givenMs = durationMs('timeoutMs', timeoutMs, none, { minMs: 0, infinite: true });
  const ownMs = deadline === NO_DEADLINE ? givenMs : Math.min(givenMs, deadlineToTimeoutMs(deadline, clock));
  const own = abortSignal('signal', signal);
  const texts = checkMetadata('metadata', metadata);
  const within = checkWithin('within', options?.within) ?? ambient;
  return {
    timeoutMs: within === undefined ? ownMs : Math.min(ownMs, within.deadline - clock.now()),
    signal: within === undefined ? own : bothSignals(own, within.signal),
    metadata: within === undefined ? texts : propagate.metadataOf(within, texts),
    waitForReady: flag('waitForReady', waitForReady, defaults.waitForReady),
    resultsCount: wholeNumber('resultsCount', resultsCount, defaults.resultsCount),
    whenSlow: oneOf('whenSlow', whenSlow, defaults.whenSlow, ['pause', 'fail']),
  };
}

function bothSignals(own: AbortSignal | undefined, within: AbortSignal): AbortSignal {
  return own === undefined ? within : AbortSignal.any([own, within]);
}
