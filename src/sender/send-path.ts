import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import type { Warnings } from '../base/warnings.ts';
import { copyMetadata, type Metadata, NO_METADATA } from '../wire/extension/metadata.ts';
import type { MessageEncoder } from '../wire/message-encoder.ts';
import type { Group } from './group/group.ts';
import type { DispatchRefusal } from './group/refusal.ts';
import { askHooks } from './hooks/ask-hooks.ts';
import type { HooksFactory } from './hooks/hooks.ts';
import { HooksMaker } from './hooks/hooks-maker.ts';
import { refusalOf } from './hooks/refusal.ts';
import { notSentError } from './request/endings.ts';
import type { Request } from './request/request.ts';
import type { ResolvedSenderOptions } from './resolve-options.ts';
import type { SendTerms } from './send-options.ts';
import { WaitingBounds, WaitingRequests } from './waiting-requests.ts';

/** The way of a request from the call to the group: its signal and deadline, its hooks, and the line where it must wait. */
export class SendPath {
  readonly #group: Group;
  readonly #encoder: MessageEncoder;
  readonly #hooks: HooksMaker | undefined;
  readonly #options: ResolvedSenderOptions;
  readonly #warnings: Warnings;
  readonly #bounds: WaitingBounds;
  /** Requests that wait for a ready client or for room, first come, first served; no getter of a payload is called then. */
  readonly #line: WaitingRequests;
  /** The first of the line while the group has it. It may be on its way already: who fails the line leaves it alone. */
  #leaving: Request | undefined;
  /** Requests whose `beforeSend` hook is still thinking, and those whose turn comes after the dispatch of another. */
  readonly #prepared: WaitingRequests;
  readonly #held: Request[] = [];
  /** How many times those that wait have been served because there was room. */
  #served = 0;

  /** @param hooks - those of the options, and of the circuit breaker. */
  constructor(
    group: Group,
    encoder: MessageEncoder,
    hooks: HooksFactory | undefined,
    options: ResolvedSenderOptions,
    warnings: Warnings,
  ) {
    this.#group = group;
    this.#encoder = encoder;
    this.#hooks = hooks === undefined ? undefined : new HooksMaker(hooks);
    this.#options = options;
    this.#warnings = warnings;
    this.#bounds = new WaitingBounds(options.maxWaiting, options.maxWaitingBytes);
    this.#line = new WaitingRequests(this.#bounds);
    this.#prepared = new WaitingRequests(this.#bounds);
    group.onRoom(() => this.#serve());
    group.hope.onGone(() => this.#failImpatient());
    // It may come to its end by itself: whoever waits for it must hear of that.
    group.onClosed(() => this.failWaiting());
  }

  /** How many requests wait to be sent. */
  get waiting(): number {
    return this.#line.length + this.#prepared.length;
  }

  /** Sends a request, or has it wait; one that cannot be sent fails. */
  start(request: Request, terms: SendTerms): void {
    const { metadata, timeoutMs } = terms;
    const { isWatched } = request;
    const isTimed = timeoutMs !== Number.POSITIVE_INFINITY;
    const isNoted = isTimed || this.#hooks !== undefined || isWatched || terms.resultsCount !== 1;
    const sinceMs = isNoted ? this.#options.clock.monotonicMs() : 0;
    if (isNoted) request.called(sinceMs);
    if (isWatched) this.#startWatched(request, terms, sinceMs);
    else this.#start(request, terms, sinceMs, metadata);
  }

  #startWatched(request: Request, terms: SendTerms, sinceMs: number): void {
    const metadata = request.begin(sinceMs, terms.metadata);
    if (request.isSpanned) request.startWithin(() => this.#start(request, terms, sinceMs, metadata));
    else this.#start(request, terms, sinceMs, metadata);
  }

  #start(request: Request, terms: SendTerms, sinceMs: number, metadata: Metadata): void {
    const { signal, timeoutMs } = terms;
    const hooks = this.#hooks;
    const isTimed = timeoutMs !== Number.POSITIVE_INFINITY;
    request.patient = terms.waitForReady;
    if (signal !== undefined && !request.cancelBy(signal)) return;
    if (timeoutMs <= 0) {
      request.expired(-timeoutMs);
      return;
    }
    const deadlineMs = sinceMs + timeoutMs;
    const isUsual = timeoutMs === this.#options.timeoutMs;
    if (!isUsual || metadata !== NO_METADATA) {
      request.head = isUsual ? { deadlineMs: undefined, metadata } : { deadlineMs, leftMs: timeoutMs, metadata };
    }
    if (hooks === undefined) this.#send(request);
    else this.#askHooks(request, terms, hooks, sinceMs);
    // It waits: what is left of its time once it leaves is told then.
    if (request.seq === 0 && !request.settled) request.head = { deadlineMs, metadata: copyMetadata(metadata) };
    // Only now, since nothing of it may stay where nothing is under way: no timer of a closed sender's.
    if (isTimed && !request.settled) request.setDeadline(timeoutMs, sinceMs);
  }

  /** Sends a request anew that a server has turned away unexecuted: to another client, now or once one is ready. */
  resend(request: Request): void {
    const deadlineMs = request.deadlineBucket?.dueMs ?? Number.POSITIVE_INFINITY;
    request.head = { deadlineMs, metadata: request.head?.metadata ?? NO_METADATA };
    this.#send(request);
  }

  /** Fails all that wait: the group takes no more Commands. */
  failWaiting(): void {
    for (const request of [...this.#line.all(), ...this.#prepared.all()]) {
      if (request !== this.#leaving) request.failed(this.#group.refusalError(request.command.name, 'unavailable'));
    }
  }

  // ---- the hooks

  #askHooks(request: Request, terms: SendTerms, maker: HooksMaker, sinceMs: number): void {
    let thinking: Promise<unknown> | undefined;
    try {
      thinking = askHooks(maker, request, terms, sinceMs, this.#options.clock, this.#warnings);
    } catch (error) {
      this.#refuse(request, error);
      return;
    }
    if (request.settled) return;
    if (thinking === undefined) this.#send(request);
    else this.#awaitHooks(request, thinking);
  }

  /** The value that is sent is that of the call, however long the hooks think. */
  #awaitHooks(request: Request, thinking: Promise<unknown>): void {
    thinking.then(
      () => {
        const encoded = this.#prepared.take(request);
        if (encoded !== undefined) this.#send(request, encoded);
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
  #prepare(request: Request, encoded = this.#encode(request)): boolean {
    if (encoded === undefined) return false;
    // What encoding it has sent may have taken its place.
    if (!this.#group.isClosing) return this.#wait(this.#prepared, request, encoded);
    request.failed(this.#refusal(request, 'unavailable'));
    return false;
  }

  // ---- the group

  /**
   * Gives a request to the group, now or once it takes it.
   * @param encoded - the bytes that it has been encoded into, where it has waited.
   */
  #send(request: Request, encoded?: Uint8Array): void {
    // A hook may have cancelled it, or have closed the sender.
    if (request.settled) return;
    const served = this.#served;
    let refusal: DispatchRefusal | undefined;
    // Whoever waits already comes first.
    if (this.#leaving !== undefined || this.#line.length > 0) {
      if (this.#isDispatching) {
        this.#hold(request, encoded);
        return;
      }
      refusal = this.#serveLine();
    }
    refusal ??= this.#give(request, encoded);
    if (refusal !== undefined) this.#waitOrFail(request, encoded, refusal);
    if (this.#held.length > 0) this.#sendHeld();
    // Of room that came about meanwhile was told before it stood in the line.
    if (this.#served !== served && this.#line.length > 0) this.#serve();
  }

  /** One that cannot be sent at all fails. Returns why it could not be sent just now. */
  #give(request: Request, encoded: Uint8Array | undefined): DispatchRefusal | undefined {
    try {
      return this.#group.dispatch(request, encoded);
    } catch (error) {
      request.failed(notSentError(request.command.name, error));
      return undefined;
    }
  }

  #waitOrFail(request: Request, encoded: Uint8Array | undefined, refusal: DispatchRefusal): void {
    const error = this.#refusal(request, refusal);
    if (!this.#mayWait(request, refusal)) {
      request.failed(error);
      return;
    }
    // Whoever waits for room waits for the connection as well.
    if (refusal === 'overloaded') request.patient = true;
    if (encoded === undefined) {
      const now = this.#encode(request, error);
      // Encoding calls code of the user's: there may be room now, or no sender any more.
      if (now !== undefined) this.#send(request, now);
    } else if (this.#wait(this.#line, request, encoded, error)) {
      request.waitsBecause(() => this.#group.whyWaiting());
    }
  }

  /** Whether it is worth waiting: a client is about to be ready, or the caller wants it so. */
  #mayWait(request: Request, refusal: DispatchRefusal): boolean {
    if (this.#group.isClosing) return false;
    if (refusal === 'unavailable') return request.patient || this.#group.hope.isThere;
    return this.#options.whenFull === 'wait';
  }

  // ---- what waits

  /** There is room, or a client: those that wait are served, then what was sent while they were. */
  #serve(): void {
    if (this.#isDispatching) return;
    this.#served++;
    if (this.#line.length > 0) this.#serveLine();
    if (this.#held.length > 0) this.#sendHeld();
  }

  /** A strategy and an observer may send meanwhile: the line is served by one at a time. */
  get #isDispatching(): boolean {
    return this.#leaving !== undefined || this.#group.isDispatching;
  }

  /** Sends what can be sent, in order. Returns why the first of those that are left could not be. */
  #serveLine(): DispatchRefusal | undefined {
    try {
      for (const [request, encoded] of this.#line) {
        this.#leaving = request;
        const refusal = this.#give(request, encoded);
        if (refusal !== undefined && !request.settled) {
          if (!this.#group.isClosing) return refusal;
          // It was left alone when those that waited were failed.
          request.failed(this.#group.refusalError(request.command.name, refusal));
        }
        this.#line.take(request);
      }
      return undefined;
    } finally {
      this.#leaving = undefined;
    }
  }

  #hold(request: Request, encoded: Uint8Array | undefined): void {
    if (!this.#prepare(request, encoded)) return;
    this.#held.push(request);
    if (this.#group.isDispatching) this.#group.tellRoomAfterDispatch();
  }

  #sendHeld(): void {
    while (!this.#isDispatching) {
      const request = this.#held.shift();
      if (request === undefined) return;
      const encoded = this.#prepared.take(request);
      if (encoded !== undefined) this.#send(request, encoded);
    }
  }

  /** Fails those that waited for a client that is not to be ready after all. */
  #failImpatient(): void {
    for (const request of this.#line.all()) {
      if (!request.patient && request !== this.#leaving) request.failed(this.#refusal(request, 'unavailable'));
    }
  }

  /** The bytes of the request's Command; `undefined` where it has no place to wait, or encoding it has ended the request. */
  #encode(request: Request, cause?: CmdStreamError): Uint8Array | undefined {
    if (request.settled || !this.#findPlace(request, 0, cause)) return undefined;
    const { type, payload, name } = request.command;
    try {
      const encoded = this.#encoder.encode(type, payload);
      return request.settled ? undefined : encoded;
    } catch (error) {
      request.failed(notSentError(name, error));
      return undefined;
    }
  }

  /** Has a request wait; one for which there is no place fails. Returns whether it waits. */
  #wait(requests: WaitingRequests, request: Request, encoded: Uint8Array, cause?: CmdStreamError): boolean {
    const isWaiting = this.#findPlace(request, encoded.length, cause);
    if (isWaiting) requests.add(request, encoded);
    return isWaiting;
  }

  /** Returns whether so many bytes may wait; else the request fails. */
  #findPlace(request: Request, bytes: number, cause: CmdStreamError | undefined): boolean {
    const why = this.#bounds.whyFull(bytes);
    if (why === undefined) return true;
    request.failed(new CmdStreamError('overloaded', `${request.command.name} was not sent: ${why}`, { cause }));
    return false;
  }

  #refusal(request: Request, refusal: DispatchRefusal): CmdStreamError {
    // Why it is not sent any more says less than why it was sent in vain.
    if (request.turnedAway !== undefined && refusal === 'unavailable') return request.turnedAway;
    return this.#group.refusalError(request.command.name, refusal);
  }
}
