import type { Clock } from '../base/clock.ts';
import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import { invalidOption } from '../base/options/check.ts';
import { isThenable } from '../base/thenable.ts';
import type { Warnings } from '../base/warnings.ts';
import type { MessageEncoder } from '../wire/message-encoder.ts';
import type { Group } from './group/group.ts';
import type { DispatchRefusal } from './group/refusal.ts';
import { hooksOfCaller } from './hooks/caller-hooks.ts';
import type { HooksFactory } from './hooks/hooks.ts';
import { HooksMaker } from './hooks/hooks-maker.ts';
import { refusalOf } from './hooks/refusal.ts';
import type { Request } from './request/request.ts';
import type { SendTerms } from './send-options.ts';
import { dispatch, notSent, WaitingLine } from './waiting-line.ts';
import { WaitingRequests } from './waiting-requests.ts';

/** Stations of a {@link SendPath}. */
export interface SendPathOptions {
  readonly group: Group;
  readonly hooks: HooksFactory | undefined;
  readonly clock: Clock;
  readonly encoder: MessageEncoder;
  readonly warnings: Warnings;
  readonly whenFull: 'fail' | 'wait';
  /** How many requests may wait on the way, for their hooks or for the group, */
  readonly maxWaiting: number;
  /** and in how many bytes. */
  readonly maxWaitingBytes: number;
}

/** The way of a request from the call to a client: its signal and deadline, its hooks, and the line where it must wait. */
export class SendPath {
  readonly #options: SendPathOptions;
  readonly #group: Group;
  readonly #hooks: HooksMaker | undefined;
  readonly #line: WaitingLine;
  /** Requests whose `beforeSend` hook is still thinking, and those whose turn comes after the dispatch of another. */
  readonly #prepared = new WaitingRequests();
  readonly #held: Request[] = [];
  /** How many times those that wait have been served because there was room. */
  #served = 0;

  constructor(options: SendPathOptions) {
    this.#options = options;
    this.#group = options.group;
    this.#hooks = options.hooks === undefined ? undefined : new HooksMaker(options.hooks);
    this.#line = new WaitingLine(options.group);
    options.group.onRoom(() => this.#serve());
    options.group.hope.onGone(() => this.#line.failImpatient((request) => this.#refusal(request, 'unavailable')));
  }

  /** Sends a request, or has it wait; one that cannot be sent fails. */
  start(request: Request, terms: SendTerms): void {
    const { signal, timeoutMs } = terms;
    request.patient = terms.waitForReady;
    if (signal !== undefined && !this.#heed(request, signal)) return;
    if (timeoutMs <= 0) {
      request.expired(-timeoutMs);
      return;
    }
    const { clock } = this.#options;
    const hooks = this.#hooks;
    const sinceMs = timeoutMs === Number.POSITIVE_INFINITY && hooks === undefined ? 0 : clock.monotonicMs();
    if (hooks === undefined) this.#dispatch(request);
    else this.#askHooks(request, terms, hooks, sinceMs);
    // Only now, since nothing of it may stay where nothing is under way: no timer of a closed sender's.
    if (timeoutMs !== Number.POSITIVE_INFINITY && !request.settled) request.setDeadline(timeoutMs, sinceMs);
  }

  /** Sends a request anew that a server has turned away unexecuted: to another client, now or once one is ready. */
  resend(request: Request): void {
    this.#dispatch(request);
  }

  /** Fails all that wait: the group takes no more Commands. */
  failWaiting(): void {
    this.#line.failAll('unavailable');
    this.#prepared.failAll((name) => this.#group.refusalError(name, 'unavailable'));
  }

  // ---- the signal

  /** Lets the signal cancel the request. Returns whether the request goes on. */
  #heed(request: Request, signal: AbortSignal): boolean {
    try {
      if (signal.aborted !== true) {
        request.cancelBy(signal);
        return !request.settled;
      }
      request.cancelled(signal.reason);
    } catch (error) {
      // Something that looks like a signal, and is none.
      const message = `${invalidOption('signal', 'an AbortSignal', signal).message}, which threw`;
      request.failed(new CmdStreamError('invalid-argument', message, { cause: error }));
    }
    return false;
  }

  // ---- the hooks

  #askHooks(request: Request, terms: SendTerms, maker: HooksMaker, sinceMs: number): void {
    const { clock, warnings } = this.#options;
    let answer: unknown;
    let isWaiting: boolean;
    try {
      const hooks = maker.make(request.command, terms, clock, sinceMs);
      request.watchedBy(hooksOfCaller(hooks, sinceMs, clock, warnings));
      answer = hooks.beforeSend?.(request.command);
      isWaiting = isThenable(answer);
      if (isWaiting) answer = promiseOf(answer);
    } catch (error) {
      this.#refuse(request, error);
      return;
    }
    if (isWaiting) this.#awaitHooks(request, answer as Promise<unknown>);
    else this.#dispatch(request);
  }

  /** The value that is sent is that of the call, however long the hooks think. */
  #awaitHooks(request: Request, thinking: Promise<unknown>): void {
    thinking.then(
      () => {
        const encoded = this.#prepared.take(request);
        if (encoded !== undefined) this.#dispatch(request, encoded);
      },
      (error) => this.#prepared.take(request) !== undefined && this.#refuse(request, error),
    );
    this.#prepare(request);
  }

  /** A hook refused: it hears no more of the request. */
  #refuse(request: Request, error: unknown): void {
    request.watchedBy(undefined);
    // What refuses because the sender is closing (its own circuit breaker is stopped by then) is not the reason.
    const { isClosing } = this.#group;
    request.failed(isClosing ? this.#refusal(request, 'unavailable') : refusalOf(request.command, error));
  }

  /** Has a request wait outside of the line. Returns whether it does. */
  #prepare(request: Request, given?: Uint8Array): boolean {
    const encoded = given ?? this.#encode(request);
    if (encoded === undefined) return false;
    if (this.#group.isClosing) request.failed(this.#refusal(request, 'unavailable'));
    // What encoding it has sent may have taken its place.
    else if (this.#hasPlaceFor(request) && this.#hasBytesFor(request, encoded)) {
      this.#prepared.add(request, encoded);
      return true;
    }
    return false;
  }

  // ---- the dispatch

  /** @param encoded - the bytes that it has been encoded into, where it has waited. */
  #dispatch(request: Request, encoded?: Uint8Array): void {
    // A hook may have cancelled it, or have closed the sender.
    if (request.settled) return;
    const served = this.#served;
    let refusal: DispatchRefusal | undefined;
    // Whoever waits already comes first.
    if (this.#line.isServing || this.#line.length > 0) {
      if (this.#isDispatching) {
        this.#hold(request, encoded);
        return;
      }
      refusal = this.#line.serve();
    }
    refusal ??= dispatch(this.#group, request, encoded);
    if (refusal !== undefined) this.#waitOrFail(request, encoded, refusal);
    if (this.#held.length > 0) this.#dispatchHeld();
    // Of room that came about meanwhile was told before it stood in the line.
    if (this.#served !== served && this.#line.length > 0) this.#serve();
  }

  #waitOrFail(request: Request, encoded: Uint8Array | undefined, refusal: DispatchRefusal): void {
    const error = this.#refusal(request, refusal);
    if (!this.#mayWait(request, refusal)) request.failed(error);
    else if (encoded === undefined) {
      const now = this.#encode(request, error);
      // Encoding calls code of the user's: there may be room now, or no sender any more.
      if (now !== undefined) this.#dispatch(request, now);
    } else if (this.#hasPlaceFor(request, error) && this.#hasBytesFor(request, encoded, error)) {
      this.#line.add(request, encoded);
    }
  }

  /** Whether it is worth waiting: a client is about to be ready, or the caller wants it so. */
  #mayWait(request: Request, refusal: DispatchRefusal): boolean {
    if (this.#group.isClosing) return false;
    if (refusal === 'unavailable') return request.patient || this.#group.hope.isThere;
    // Whoever waits for room waits for the connection as well.
    request.patient ||= this.#options.whenFull === 'wait';
    return this.#options.whenFull === 'wait';
  }

  /** There is room, or a client: those that wait are served, then what was sent while they were. */
  #serve(): void {
    if (this.#isDispatching) return;
    this.#served++;
    if (this.#line.length > 0) this.#line.serve();
    if (this.#held.length > 0) this.#dispatchHeld();
  }

  get #isDispatching(): boolean {
    return this.#line.isServing || this.#group.isDispatching;
  }

  #hold(request: Request, encoded: Uint8Array | undefined): void {
    if (!this.#prepare(request, encoded)) return;
    this.#held.push(request);
    if (this.#group.isDispatching) this.#group.tellRoomAfterDispatch();
  }

  #dispatchHeld(): void {
    while (!this.#isDispatching) {
      const request = this.#held.shift();
      if (request === undefined) return;
      const encoded = this.#prepared.take(request);
      if (encoded !== undefined) this.#dispatch(request, encoded);
    }
  }

  // ---- what waits

  /**
   * The bytes of the request's Command, for which there is a place to wait. `undefined` where the request has come to its
   * end, by that or by what encoding it calls.
   */
  #encode(request: Request, cause?: CmdStreamError): Uint8Array | undefined {
    if (request.settled || !this.#hasPlaceFor(request, cause)) return undefined;
    const { type, payload, name } = request.command;
    try {
      const encoded = this.#options.encoder.encode(type, payload);
      return request.settled ? undefined : encoded;
    } catch (error) {
      request.failed(notSent(name, error));
      return undefined;
    }
  }

  /** Whether one more may wait; fails the request where none may. */
  #hasPlaceFor(request: Request, cause?: CmdStreamError): boolean {
    const { maxWaiting } = this.#options;
    if (this.#line.length + this.#prepared.length < maxWaiting) return true;
    this.#overload(request, `${maxWaiting} sends are waiting (option 'maxWaiting')`, cause);
    return false;
  }

  /** Whether so many bytes more may wait; fails the request where they may not. */
  #hasBytesFor(request: Request, { length }: Uint8Array, cause?: CmdStreamError): boolean {
    const { maxWaitingBytes } = this.#options;
    const bytes = this.#line.bytes + this.#prepared.bytes;
    if (bytes + length <= maxWaitingBytes) return true;
    const what = `its ${length} bytes, with ${bytes} that are waiting, are over ${maxWaitingBytes}`;
    this.#overload(request, `${what} (option 'maxWaitingBytes')`, cause);
    return false;
  }

  #overload(request: Request, what: string, cause: CmdStreamError | undefined): void {
    const message = `${request.command.name} was not sent: ${what}`;
    request.failed(new CmdStreamError('overloaded', message, { cause }));
  }

  #refusal(request: Request, refusal: DispatchRefusal): CmdStreamError {
    // Why it is not sent any more says less than why it was sent in vain.
    if (request.turnedAway !== undefined && refusal === 'unavailable') return request.turnedAway;
    return this.#group.refusalError(request.command.name, refusal);
  }
}

/** Whatever calls back while it is asked does so to a promise; not Promise.resolve, which gives back what is one. */
function promiseOf(answer: unknown): Promise<unknown> {
  return new Promise((resolve) => resolve(answer));
}
