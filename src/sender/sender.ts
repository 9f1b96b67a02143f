import type { CircuitBreaker } from '../breaker/circuit-breaker.ts';
import { CmdStreamError } from '../errors/cmd-stream-error.ts';
import type { Group } from '../group/group.ts';
import type { GroupStatus } from '../group/status.ts';
import type { HooksFactory } from '../hooks/hooks.ts';
import { refusalOf } from '../hooks/refusal.ts';
import { durationMs, show } from '../options/check.ts';
import { Command } from '../protocol/command.ts';
import type { AnyProtocol, CommandEntry, CommandsOf, ProtocolTables } from '../protocol/protocol.ts';
import { deadlineToTimeoutMs } from '../request/deadline.ts';
import type { Request, RequestContext } from '../request/request.ts';
import { SingleRequest } from '../request/single-request.ts';
import { StreamRequest } from '../request/stream-request.ts';
import { consume } from './consume.ts';
import type { ResolvedSenderOptions } from './options.ts';
import { type MultiSendOptions, resolveResultsCount, type SendOptions } from './send-options.ts';
import { type StatusEvent, StatusStream } from './status.ts';
import { dispatch, WaitingLine } from './waiting-line.ts';

/** The Results of one Command, one by one. Leaving the loop early (or `return()`) cancels the request. */
export type ResultStream<Value> = AsyncIterableIterator<Value, undefined, undefined> & AsyncDisposable;

/** Takes the Results of one Command, one by one; the next comes when a returned promise has resolved. */
export type ResultHandler<Value> = (value: Value) => void | Promise<void>;

/** What a sender is made of. */
export interface SenderParts {
  readonly group: Group;
  readonly tables: ProtocolTables<unknown, unknown>;
  readonly options: ResolvedSenderOptions;
  readonly requests: RequestContext;
  readonly hooks: HooksFactory | undefined;
  readonly breaker: CircuitBreaker | undefined;
}

type NameOf<P extends AnyProtocol> = keyof CommandsOf<P> & string;

/**
 * Sends the Commands of a protocol through a group of clients. Made by {@link createSender}.
 *
 * Every send settles exactly once, at the latest at its deadline: with its Result (or Results), or with one
 * `CmdStreamError`. A Command is never sent twice.
 */
export class Sender<P extends AnyProtocol> implements AsyncDisposable {
  /** The clients underneath; public for those who build a sender of their own. */
  readonly group: Group;
  readonly #parts: SenderParts;
  readonly #line: WaitingLine;
  /** Requests whose `beforeSend` hook is still thinking. */
  readonly #prepared = new Set<Request>();

  /** @internal */
  constructor(parts: SenderParts) {
    this.group = parts.group;
    this.#parts = parts;
    this.#line = new WaitingLine(parts.group);
  }

  /**
   * Sends a Command and resolves with its Result; a Command with several Result types resolves with `{ type, value }`.
   * Its deadline is `options.timeoutMs` from now, by default the sender's `timeoutMs`.
   *
   * @throws CmdStreamError (as a rejection) `timeout`, `cancelled`, `unavailable`, `overloaded`, `circuit-open`,
   * `connection-lost`, `command-failed`, `command-invalid`, `result-invalid`, `encode-failed`, `refused`, `closed`.
   */
  send<Value>(command: Command<NameOf<P>, Value>, options?: SendOptions): Promise<Value> {
    return this.#single(command, Number.POSITIVE_INFINITY, options);
  }

  /** As `send`, with an absolute deadline: milliseconds since the epoch, or a Date. The earlier deadline counts. */
  sendWithDeadline<Value>(
    command: Command<NameOf<P>, Value>,
    deadline: number | Date,
    options?: SendOptions,
  ): Promise<Value> {
    return this.#single(command, deadlineToTimeoutMs(deadline, this.#parts.options.clock), options);
  }

  /**
   * Sends a Command that is answered by several Results. Returns them as an async iterator, in order and without gaps;
   * it ends when the last one was seen, and throws when that will not come.
   */
  sendMulti<Value>(command: Command<NameOf<P>, Value>, options?: MultiSendOptions): ResultStream<Value>;
  /** The same with a handler for each Result; resolves when the last one was handled. */
  sendMulti<Value>(
    command: Command<NameOf<P>, Value>,
    handler: ResultHandler<Value>,
    options?: MultiSendOptions,
  ): Promise<void>;
  sendMulti<Value>(
    command: Command<NameOf<P>, Value>,
    first?: ResultHandler<Value> | MultiSendOptions,
    second?: MultiSendOptions,
  ): ResultStream<Value> | Promise<void> {
    return this.#multi(command, Number.POSITIVE_INFINITY, first, second);
  }

  /** As `sendMulti`, with an absolute deadline over all Results. The earlier deadline counts. */
  sendMultiWithDeadline<Value>(
    command: Command<NameOf<P>, Value>,
    deadline: number | Date,
    options?: MultiSendOptions,
  ): ResultStream<Value>;
  sendMultiWithDeadline<Value>(
    command: Command<NameOf<P>, Value>,
    deadline: number | Date,
    handler: ResultHandler<Value>,
    options?: MultiSendOptions,
  ): Promise<void>;
  sendMultiWithDeadline<Value>(
    command: Command<NameOf<P>, Value>,
    deadline: number | Date,
    first?: ResultHandler<Value> | MultiSendOptions,
    second?: MultiSendOptions,
  ): ResultStream<Value> | Promise<void> {
    return this.#multi(command, deadlineToTimeoutMs(deadline, this.#parts.options.clock), first, second);
  }

  /** What the group and its clients are doing now. */
  get status(): GroupStatus {
    return this.group.status;
  }

  /** The circuit breaker in front of the sends, where there is one. */
  get circuitBreaker(): CircuitBreaker | undefined {
    return this.#parts.breaker;
  }

  /**
   * Each change of the group, of its clients and of the circuit breaker from now on; ends when the sender is closed. A
   * reader who does not keep up misses the oldest changes.
   */
  statusChanges(): StatusStream {
    return new StatusStream((listener, ended) => {
      const unsubscribe = this.subscribe(listener);
      void this.done.then(ended);
      return unsubscribe;
    });
  }

  /** Calls `listener` with each change; returns the function that ends it. */
  subscribe(listener: (event: StatusEvent) => void): () => void {
    const ends = [this.group.onChange(listener)];
    const { breaker } = this.#parts;
    if (breaker !== undefined) ends.push(breaker.subscribe((state) => listener({ type: 'circuit-breaker', state })));
    return () => {
      for (const end of ends) end();
    };
  }

  /** Resolves when the sender is closed and nothing of it is left: no timer, no socket, no pending send. */
  get done(): Promise<void> {
    return this.group.done;
  }

  /** Closes at once: what is under way fails with `closed`. Resolves when nothing is left. Any number of times. */
  close(): Promise<void> {
    const done = this.group.close();
    this.#failWaiting();
    return done;
  }

  /**
   * Takes no more Commands, lets what has been sent come to its end, and closes; after `drainTimeoutMs` at the latest.
   * Sends that wait and have not been sent fail with `closed`.
   */
  drain(): Promise<void> {
    return this.closeAndWait();
  }

  /** As `drain`, with a limit of its own: closes after `timeoutMs` at the latest. */
  closeAndWait(timeoutMs?: number): Promise<void> {
    const done = this.group.drain(durationMs('timeoutMs', timeoutMs, this.#parts.options.drainTimeoutMs));
    this.#failWaiting();
    return done;
  }

  /** `await using`: drains. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.drain();
  }

  // ---- the way of a send

  #single<Value>(command: Command<NameOf<P>, Value>, untilMs: number, options?: SendOptions): Promise<Value> {
    const request = new SingleRequest(command, this.#entryOf(command), this.#parts.requests);
    this.#start(request, untilMs, this.#parts.options.timeoutMs, options);
    return request.promise as Promise<Value>;
  }

  #multi<Value>(
    command: Command<NameOf<P>, Value>,
    untilMs: number,
    first?: ResultHandler<Value> | MultiSendOptions,
    second?: MultiSendOptions,
  ): ResultStream<Value> | Promise<void> {
    const handler = typeof first === 'function' ? first : undefined;
    const options = typeof first === 'function' ? second : first;
    const expected = resolveResultsCount(options);
    const request = new StreamRequest(command, this.#entryOf(command), this.#parts.requests, expected);
    this.#start(request, untilMs, this.#parts.options.multiTimeoutMs, options);
    const stream = request as ResultStream<unknown> as ResultStream<Value>;
    return handler === undefined ? stream : consume(command.name, stream, handler);
  }

  #entryOf(command: Command): CommandEntry {
    const { tables } = this.#parts;
    const entry = command instanceof Command ? tables.commandEntries[command.type] : undefined;
    if (entry !== undefined && command.protocol === tables) return entry;
    throw new CmdStreamError('invalid-argument', `send takes a Command of the sender's protocol; got ${show(command)}`);
  }

  #start(request: Request, untilMs: number, defaultMs: number, options: SendOptions | undefined): void {
    const { signal, timeoutMs } = options ?? {};
    if (timeoutMs !== undefined) durationMs('timeoutMs', timeoutMs, 0, { minMs: 0, infinite: true });
    if (signal !== undefined) {
      if (signal.aborted) {
        request.cancelled(signal.reason);
        return;
      }
      request.cancelBy(signal);
    }
    const left = Math.min(untilMs, timeoutMs ?? (untilMs === Number.POSITIVE_INFINITY ? defaultMs : untilMs));
    if (left <= 0) {
      request.deadlineReached();
      return;
    }
    if (left !== Number.POSITIVE_INFINITY) request.setTimeout(left);
    const waits = options?.waitForReady ?? this.#parts.options.waitForReady;
    if (this.#parts.hooks === undefined) this.#dispatch(request, waits);
    else this.#askHooks(request, waits, this.#parts.hooks);
  }

  #askHooks(request: Request, waits: boolean, factory: HooksFactory): void {
    const { command } = request;
    try {
      const hooks = factory();
      request.watchedBy(hooks);
      const thinking = hooks.beforeSend?.(command);
      if (thinking === undefined) this.#dispatch(request, waits);
      else this.#awaitHooks(request, waits, thinking);
    } catch (error) {
      this.#refuse(request, error);
    }
  }

  #awaitHooks(request: Request, waits: boolean, thinking: Promise<void>): void {
    this.#prepared.add(request);
    request.whenSettled((settled) => this.#prepared.delete(settled));
    thinking.then(
      () => this.#prepared.delete(request) && this.#dispatch(request, waits),
      (error) => this.#prepared.has(request) && this.#refuse(request, error),
    );
  }

  /** A hook refused: it hears no more of the request. */
  #refuse(request: Request, error: unknown): void {
    request.watchedBy(undefined);
    request.failed(refusalOf(request.command, error));
  }

  #dispatch(request: Request, waits: boolean): void {
    const refusal = dispatch(this.group, request);
    if (refusal === undefined) return;
    const { whenFull, maxWaiting } = this.#parts.options;
    const error = this.group.refusalError(request.command.name, refusal);
    const mayWait = error.code === 'unavailable' ? waits : error.code === 'overloaded' && whenFull === 'wait';
    if (!mayWait) request.failed(error);
    else if (this.#line.length < maxWaiting) this.#line.add(request);
    else {
      const message = `${request.command.name} was not sent: ${maxWaiting} sends are waiting (option 'maxWaiting')`;
      request.failed(new CmdStreamError('overloaded', message, { cause: error }));
    }
  }

  #failWaiting(): void {
    this.#line.failAll('unavailable');
    for (const request of [...this.#prepared]) {
      request.failed(this.group.refusalError(request.command.name, 'unavailable'));
    }
  }
}
