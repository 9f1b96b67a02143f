import type { Clock } from '../../base/clock.ts';
import type { CmdStreamError } from '../../base/errors/cmd-stream-error.ts';
import type { Command } from '../../protocol/command.ts';
import type { SentCommand } from '../../protocol/sent-command.ts';

export type { SentCommand } from '../../protocol/sent-command.ts';

/** A Result, as hooks see it. */
export interface ReceivedResult {
  /** 1 for the first Result of its Command, 2 for the second, ... */
  readonly seq: number;
  /** The name of its type in the protocol. */
  readonly type: string;
  /** The value. */
  readonly value: unknown;
  /** Its bytes on the wire. */
  readonly size: number;
  /** Whether the request has succeeded with it: no Result follows. */
  readonly last: boolean;
}

/** How a send ended: `'success'` with its last Result, otherwise the error that its caller gets. */
export type SendOutcome = 'success' | CmdStreamError;

/** The options of a send, complete: what its caller gave, and the sender's own for the rest. */
export interface ResolvedSendOptions {
  /** The time that it has from the call on, in milliseconds; also where it was given as a deadline. Infinity: no end. */
  readonly timeoutMs: number;
  /** Signal by which its caller may cancel it. */
  readonly signal: AbortSignal | undefined;
  /** Whether it waits for a client to become ready. */
  readonly waitForReady: boolean;
  /** How many Results it takes at most: 1 for a `send`; Infinity for a `sendMulti` that did not say. */
  readonly resultsCount: number;
}

/**
 * Callbacks on events of one send, for metrics, tracing, policies. Each send gets hooks of its own from a {@link HooksFactory},
 * so they may keep state. The order is `beforeSend`, then `onResult` for each Result; a send that does not end with its
 * last Result ends with exactly one of `onError`, `onTimeout`, `onCancel`; and `onEnd` comes last, whatever the outcome.
 *
 * The rule for whoever takes something in `beforeSend` and has to give it back (a trial of a circuit breaker, a gauge, a
 * span): **hooks that were asked by `beforeSend` and did not refuse learn how the send ended, exactly once; hooks that
 * refused, or were never asked, learn nothing.** So
 * - when composed hooks are asked one after the other and a later one refuses, the earlier ones get `onError` with the
 *   very error that the caller gets (`sent.seq` is 0: nothing was sent);
 * - when the caller cancels or the deadline passes before anything is sent, hooks that were asked get `onCancel` or
 *   `onTimeout`, at once, even while a promise of their own `beforeSend` is pending: what that promise settles to then
 *   is ignored, and a `beforeSend` that waits before it takes something must look whether the send is still on;
 * - a send that is over before its hooks were asked (its signal had fired already) does not concern them.
 *
 * A function of a plain object whose name is nearly that of a hook (`beforSend`) refuses the send with `invalid-argument`.
 * All of them run in the async context of their send's caller: an `AsyncLocalStorage` holds what it held there.
 * A hook that throws (other than `beforeSend`) changes nothing for the send; the process gets a warning.
 */
export interface Hooks {
  /**
   * Before anything is sent. Throw (or reject) to refuse: nothing is sent, and no other method of these hooks is called.
   * The send fails with `refused` and your error as `cause`; a `CmdStreamError` that says by its code that this side
   * chose not to send (`refused`, `circuit-open`, `overloaded`, `invalid-argument`) is what the send fails with itself.
   * A returned promise is awaited; the deadline goes on meanwhile.
   */
  beforeSend?(command: Command): void | Promise<void>;
  /** A Result arrived and was handed to the caller. */
  onResult?(sent: SentCommand, result: ReceivedResult): void;
  /** The send failed: it could not be sent, its connection was lost, its handler failed, ... */
  onError?(sent: SentCommand, error: CmdStreamError): void;
  /** The deadline passed. */
  onTimeout?(sent: SentCommand, error: CmdStreamError): void;
  /** The caller cancelled: by its `AbortSignal`, or by leaving the stream. */
  onCancel?(sent: SentCommand, error: CmdStreamError): void;
  /**
   * The send has ended, one way or the other, and the hook for that has been called: the one hook for metrics. Called
   * exactly once for each send whose hooks were asked and did not refuse.
   *
   * @param outcome - `'success'`, or the error that the caller gets.
   * @param durationMs - from the call of the send to its end, on a clock that nobody sets. For a stream, the end is the
   * arrival of its last Result, however long its caller takes for them.
   */
  onEnd?(sent: SentCommand, outcome: SendOutcome, durationMs: number): void;
}

/**
 * Makes the hooks of one send, from its Command and its options. Called once for each send, in the async context of its
 * caller; one that throws refuses the send, as `beforeSend` does.
 */
export type HooksFactory = (command: Command, options: ResolvedSendOptions) => Hooks;

/**
 * @internal What the library's own factories get beside, for the duration that `onEnd` is told where nobody but them can:
 * the clock, and the time by it (monotonic milliseconds) at which the send was called.
 */
export type ClockedHooksFactory = (
  command: Command,
  options: ResolvedSendOptions,
  clock?: Clock,
  sinceMs?: number,
) => Hooks;

/** @internal Marks hooks that do not care in whose async context they run, and have no `onEnd`. */
export const RUNS_ANYWHERE = Symbol('runs anywhere');

/** @internal What hooks that stand for others say by it: whether any of those hears of the end. */
export const HEARS_END = Symbol('hears of the end');
