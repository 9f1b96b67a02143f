import { CmdStreamError } from '../errors/cmd-stream-error.ts';
import type { DispatchRefusal, Group } from '../group/group.ts';
import { hooksOfCaller } from '../hooks/caller-hooks.ts';
import type { ClockedHooksFactory } from '../hooks/hooks.ts';
import { noopHooks } from '../hooks/noop-hooks.ts';
import { refusalOf } from '../hooks/refusal.ts';
import type { Request } from '../request/request.ts';
import type { Clock } from '../system/clock.ts';
import { isThenable, type Warn } from '../system/warn.ts';
import type { SendTerms } from './send-options.ts';
import { dispatch, WaitingLine } from './waiting-line.ts';

/** What a {@link SendPath} leads through. */
export interface SendPathOptions {
  readonly group: Group;
  readonly hooks: ClockedHooksFactory | undefined;
  readonly clock: Clock;
  readonly warn: Warn;
  readonly whenFull: 'fail' | 'wait';
  /** How many requests may wait on the way, for their hooks or for the group. */
  readonly maxWaiting: number;
}

/** The way of a request from the call to a client: its signal and deadline, its hooks, and the line where it must wait. */
export class SendPath {
  readonly #options: SendPathOptions;
  readonly #group: Group;
  readonly #line: WaitingLine;
  /** Requests whose `beforeSend` hook is still thinking. */
  readonly #prepared = new Set<Request>();
  readonly #leavePrepared = (request: Request) => this.#prepared.delete(request);

  constructor(options: SendPathOptions) {
    this.#options = options;
    this.#group = options.group;
    this.#line = new WaitingLine(options.group);
  }

  /** Sends a request, or has it wait; one that cannot be sent fails. */
  start(request: Request, terms: SendTerms): void {
    const { signal, timeoutMs } = terms;
    if (signal?.aborted === true) {
      request.cancelled(signal.reason);
      return;
    }
    if (timeoutMs <= 0) {
      request.expired(-timeoutMs);
      return;
    }
    if (signal !== undefined) request.cancelBy(signal);
    const { clock, hooks } = this.#options;
    const sinceMs = timeoutMs === Number.POSITIVE_INFINITY && hooks === undefined ? 0 : clock.monotonicMs();
    if (hooks === undefined) this.#dispatch(request, terms);
    else this.#askHooks(request, terms, hooks, sinceMs);
    // Only now, since nothing of it may stay where nothing is under way: no timer of a closed sender's.
    if (timeoutMs !== Number.POSITIVE_INFINITY && !request.settled) request.setDeadline(timeoutMs, sinceMs);
  }

  /** Fails all that wait: the group takes no more Commands. */
  failWaiting(): void {
    this.#line.failAll('unavailable');
    for (const request of [...this.#prepared]) request.failed(this.#refusal(request, 'unavailable'));
  }

  #askHooks(request: Request, terms: SendTerms, factory: ClockedHooksFactory, sinceMs: number): void {
    const { clock, warn } = this.#options;
    let answer: unknown;
    try {
      const hooks = factory(request.command, terms, clock) ?? noopHooks();
      request.watchedBy(hooksOfCaller(hooks, sinceMs, clock, warn));
      answer = hooks.beforeSend?.(request.command);
    } catch (error) {
      this.#refuse(request, error);
      return;
    }
    if (isThenable(answer)) this.#awaitHooks(request, terms, answer);
    else this.#dispatch(request, terms);
  }

  #awaitHooks(request: Request, terms: SendTerms, thinking: PromiseLike<unknown>): void {
    thinking.then(
      () => this.#prepared.delete(request) && this.#dispatch(request, terms),
      (error) => this.#prepared.delete(request) && this.#refuse(request, error),
    );
    if (request.settled) return;
    if (this.#isClosing) request.failed(this.#refusal(request, 'unavailable'));
    else if (this.#mayWait(request)) {
      this.#prepared.add(request);
      request.whenSettled(this.#leavePrepared);
    }
  }

  /** A hook refused: it hears no more of the request. */
  #refuse(request: Request, error: unknown): void {
    request.watchedBy(undefined);
    // What refuses because the sender is closing (its own circuit breaker is stopped by then) is not the reason.
    request.failed(this.#isClosing ? this.#refusal(request, 'unavailable') : refusalOf(request.command, error));
  }

  #dispatch(request: Request, terms: SendTerms): void {
    // A hook may have cancelled it, or have closed the sender.
    if (request.settled) return;
    // Whoever waits already comes first.
    const refusal = this.#line.serve() ?? dispatch(this.#group, request);
    if (refusal === undefined) return;
    const error = this.#refusal(request, refusal);
    const waits =
      error.code === 'unavailable'
        ? terms.waitForReady
        : error.code === 'overloaded' && this.#options.whenFull === 'wait';
    if (!waits) request.failed(error);
    else if (this.#mayWait(request, error)) this.#line.add(request);
  }

  /** Whether there is room for one more to wait; fails the request where there is not. */
  #mayWait(request: Request, cause?: CmdStreamError): boolean {
    const { maxWaiting } = this.#options;
    if (this.#line.length + this.#prepared.size < maxWaiting) return true;
    const message = `${request.command.name} was not sent: ${maxWaiting} sends are waiting (option 'maxWaiting')`;
    request.failed(new CmdStreamError('overloaded', message, { cause }));
    return false;
  }

  #refusal(request: Request, refusal: DispatchRefusal): CmdStreamError {
    return this.#group.refusalError(request.command.name, refusal);
  }

  get #isClosing(): boolean {
    const { state } = this.#group;
    return state === 'draining' || state === 'closing' || state === 'closed';
  }
}
