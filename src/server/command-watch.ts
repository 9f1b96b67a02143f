import {
  CmdStreamError,
  type CmdStreamErrorCode,
  type CmdStreamErrorDetails,
} from '../base/errors/cmd-stream-error.ts';
import type { ErrorResult } from '../protocol/reserved.ts';
import type { CommandDoneInfo, CommandOutcome } from './callback-infos.ts';
import type { ResolvedServerOptions } from './options.ts';
import type { ResultPort } from './service.ts';

/** Tells `onCommandDone`, where there is one, of a Command that is not executed. */
export function tellNotExecuted(
  { service, info, arrivedMs }: ResultPort,
  seq: number,
  type: number,
  code: CmdStreamErrorCode,
  message: string,
): void {
  const { options, routes } = service;
  if (options.onCommandDone === undefined) return;
  tellDone(
    options,
    { ...info, command: routes[type]?.name, type, seq },
    new CmdStreamError(code, message),
    0,
    arrivedMs,
  );
}

function tellDone(
  { onCommandDone, clock }: ResolvedServerOptions,
  info: CommandDoneInfo,
  outcome: CommandOutcome,
  results: number,
  arrivedMs: number,
): void {
  onCommandDone?.(info, outcome, results, Math.max(0, clock.monotonicMs() - arrivedMs));
}

/**
 * Record of a Command, kept only where someone wants to know how it ends: `onCommandDone`, an invoker. It ends once,
 * whatever happens afterwards.
 */
export class CommandWatch {
  /** Results that were sent. */
  results = 0;
  /** How the Command ended; `undefined` until then. */
  outcome: CommandOutcome | undefined;
  /** Cause of its failure: what was thrown, or why nobody waits for it any more. */
  failure: unknown;

  readonly #options: ResolvedServerOptions;
  readonly #info: CommandDoneInfo;
  readonly #arrivedMs: number;
  #tellOver: (() => void) | undefined;

  /** @param arrivedMs - when the Command arrived (monotonic milliseconds). */
  constructor(options: ResolvedServerOptions, info: CommandDoneInfo, arrivedMs: number) {
    this.#options = options;
    this.#info = info;
    this.#arrivedMs = arrivedMs;
  }

  /** Calls back when the Command is over; at once where it is. */
  whenOver(tellOver: () => void): void {
    if (this.outcome === undefined) this.#tellOver = tellOver;
    else tellOver();
  }

  /** The last Result was sent. */
  succeeded(): void {
    this.#over('success', undefined);
  }

  /** The Command was answered by an error; `details` are those of what was thrown. */
  refused(code: ErrorResult['code'], message: string, failure: unknown, details?: CmdStreamErrorDetails): void {
    if (this.outcome !== undefined) return;
    const outcome = new CmdStreamError(code, message, { ...details, cause: failure });
    this.#over(outcome, failure ?? outcome);
  }

  /** Nobody waits for it any more. */
  abandoned(reason: CmdStreamError): void {
    this.#over(abandonment(reason), reason);
  }

  /** Whether this is what it has failed by. */
  isFailedBy(error: unknown): boolean {
    return this.outcome !== undefined && this.outcome !== 'success' && error === this.failure;
  }

  #over(outcome: CommandOutcome, failure: unknown): void {
    if (this.outcome !== undefined) return;
    this.outcome = outcome;
    this.failure = failure;
    this.#tellOver?.();
    tellDone(this.#options, this.#info, outcome, this.results, this.#arrivedMs);
  }
}

/** Why nobody waits for it any more, where that is about the Command itself or its connection. */
const OF_ITS_OWN: ReadonlySet<CmdStreamErrorCode> = new Set(['connection-lost', 'closed', 'cancelled', 'timeout']);

/** Why nobody waits for a Command any more, as its outcome: a neighbour's failure is none of its own. */
function abandonment(reason: CmdStreamError): CmdStreamError {
  if (OF_ITS_OWN.has(reason.code)) return reason;
  return new CmdStreamError('connection-lost', reason.message, { cause: reason, mayHaveExecuted: true });
}
