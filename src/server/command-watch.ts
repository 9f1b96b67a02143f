import {
  CmdStreamError,
  type CmdStreamErrorCode,
  type CmdStreamErrorDetails,
} from '../base/errors/cmd-stream-error.ts';
import type { ErrorResult } from '../protocol/reserved.ts';
import type { ArrivedCommand, CommandSpan } from '../telemetry/telemetry.ts';
import type { ReceivedHead } from '../wire/extension/head.ts';
import type { CommandOutcome } from './callback-infos.ts';
import type { ResultPort } from './service.ts';

/** Tells those who want to know it of a Command that is not executed. */
export function tellNotExecuted(
  port: ResultPort,
  seq: number,
  type: number,
  head: ReceivedHead,
  code: CmdStreamErrorCode,
  message: string,
): void {
  const { options, watchers, routes } = port.service;
  if (options.onCommandDone === undefined && !watchers.isWatching) return;
  const command = { command: routes[type]?.name, type, seq };
  const { remoteAddress } = port.info;
  const receivedAt = options.clock.now();
  const span = watchers.commandStarted({ ...command, receivedAt, remoteAddress, metadata: head.decode() }, undefined);
  tellDone(port, command, new CmdStreamError(code, message), 0, span, port.arrivedMs);
}

function tellDone(
  { info, service }: ResultPort,
  { command, type, seq }: WatchedCommand,
  outcome: CommandOutcome,
  results: number,
  span: CommandSpan | undefined,
  arrivedMs: number,
): void {
  const { clock, onCommandDone } = service.options;
  service.watchers.commandEnded(command, outcome, results, span, arrivedMs);
  if (onCommandDone === undefined) return;
  const durationMs = Math.max(0, clock.monotonicMs() - arrivedMs);
  onCommandDone({ ...info, command, type, seq }, outcome, results, durationMs);
}

/** The Command that somebody wants to know the end of. */
export interface WatchedCommand {
  /** Its name; `undefined` where the protocol has none of its type. */
  readonly command: string | undefined;
  readonly type: number;
  readonly seq: number;
}

/**
 * Record of a Command, kept only where someone wants to know how it ends: `onCommandDone`, telemetry, an invoker. It ends
 * once, whatever happens afterwards.
 */
export class CommandWatch {
  /** Results that were sent. */
  results = 0;
  /** How the Command ended; `undefined` until then. */
  outcome: CommandOutcome | undefined;
  /** Cause of its failure: what was thrown, or why nobody waits for it any more. */
  failure: unknown;

  readonly #port: ResultPort;
  readonly #command: WatchedCommand;
  readonly #span: CommandSpan | undefined;
  readonly #arrivedMs: number;
  #tellOver: (() => void) | undefined;

  constructor(port: ResultPort, command: WatchedCommand & ArrivedCommand, payload: unknown) {
    this.#port = port;
    this.#command = command;
    this.#arrivedMs = port.arrivedMs;
    this.#span = port.service.watchers.commandStarted(command, payload);
  }

  /** Whether it has a span, within which its handler is to run. */
  get isSpanned(): boolean {
    return this.#span !== undefined;
  }

  /** Calls what must not throw, within the span; whatever that does, once. */
  runWithin(call: () => void): void {
    this.#port.service.watchers.runWithin(this.#span, call);
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
    tellDone(this.#port, this.#command, outcome, this.results, this.#span, this.#arrivedMs);
  }
}

/** Why nobody waits for it any more, where that is about the Command itself or its connection. */
const OF_ITS_OWN: ReadonlySet<CmdStreamErrorCode> = new Set(['connection-lost', 'closed', 'cancelled', 'timeout']);

/** Why nobody waits for a Command any more, as its outcome: a neighbour's failure is none of its own. */
function abandonment(reason: CmdStreamError): CmdStreamError {
  if (OF_ITS_OWN.has(reason.code)) return reason;
  return new CmdStreamError('connection-lost', reason.message, { cause: reason, mayHaveExecuted: true });
}
