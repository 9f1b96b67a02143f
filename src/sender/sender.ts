import { CmdStreamError, tellSubject } from '../base/errors/cmd-stream-error.ts';
import { invalidOption } from '../base/options/check.ts';
import type { DrainOptions } from '../base/options/drain-options.ts';
import type { ProcessHold } from '../base/process-hold.ts';
import { type Command, isCommand } from '../protocol/command.ts';
import { entryOf } from '../protocol/entry-of.ts';
import type {
  AnyProtocol,
  CommandNameOf,
  CommandOf,
  ProtocolTables,
  SingleCommandOf,
  ValueOf,
} from '../protocol/protocol.ts';
import { NO_METADATA } from '../wire/extension/metadata.ts';
import type { CircuitBreaker } from './breaker/circuit-breaker.ts';
import { consume } from './consume.ts';
import { ClientGroup } from './group/client-group.ts';
import type { Group } from './group/group.ts';
import type { GroupStatus } from './group/status.ts';
import type { RequestContext } from './request/request.ts';
import { ResultQueue } from './request/result-queue.ts';
import { SingleRequest } from './request/single-request.ts';
import { StreamRequest } from './request/stream-request.ts';
import type { ResolvedSenderOptions } from './resolve-options.ts';
import {
  type Deadline,
  type MultiSendOptions,
  NO_DEADLINE,
  resolveSendOptions,
  type SendOptions,
  type SendTerms,
} from './send-options.ts';
import type { SendPath } from './send-path.ts';
import { type StatusEvent, StatusStream, subscribeToStatus } from './status.ts';

/** The Results of one Command, one by one. Leaving the loop early (or `return()`) cancels the request. */
export type ResultStream<Value> = AsyncIterableIterator<Value, undefined, undefined> & AsyncDisposable;

/**
 * Takes the Results of one Command, one by one; the next comes when a returned promise has resolved. One that throws (or
 * rejects) ends the request: its send fails with `consumer-failed`. A deadline bounds the wait for Results, not the time
 * that the handler takes for them.
 */
export type ResultHandler<Value> = (value: Value) => unknown;

/** Parts of a sender. */
export interface SenderParts {
  readonly group: Group;
  readonly tables: ProtocolTables<unknown, unknown>;
  readonly options: ResolvedSenderOptions;
  readonly requests: RequestContext;
  readonly path: SendPath;
  readonly breaker: CircuitBreaker | undefined;
  readonly hold: ProcessHold;
}

/**
 * Sends the Commands of a protocol through a group of clients. Made by {@link createSender}.
 *
 * Every send settles exactly once, at the latest at its deadline: with its Result (or Results), or with one
 * `CmdStreamError`. A Command is never sent twice. No method throws where it returns a promise or a stream: the promise
 * rejects, the stream throws when its first Result is asked for, also for arguments that are not acceptable.
 */
export class Sender<P extends AnyProtocol> implements AsyncDisposable {
  /** The clients underneath; public for those who build a sender of their own. */
  readonly group: ClientGroup;
  readonly #group: Group;
  readonly #parts: SenderParts;
  readonly #singleTerms: SendTerms;
  readonly #multiTerms: SendTerms;

  /** @internal */
  constructor(parts: SenderParts) {
    const { timeoutMs, multiTimeoutMs, waitForReady, whenSlow } = parts.options;
    this.#group = parts.group;
    this.group = new ClientGroup(parts, (options) => this.drain(options));
    this.#parts = parts;
    // Hooks get to see them.
    const metadata = NO_METADATA;
    const shared = { signal: undefined, waitForReady, whenSlow, metadata };
    this.#singleTerms = Object.freeze({ ...shared, timeoutMs, resultsCount: 1 });
    this.#multiTerms = Object.freeze({
      ...shared,
      timeoutMs: multiTimeoutMs,
      resultsCount: Number.POSITIVE_INFINITY,
    });
  }

  /**
   * Sends a Command and resolves with its Result; a Command with several Result types resolves with `{ type, value }`.
   * Its deadline is `options.timeoutMs` from now, by default the sender's `timeoutMs`.
   *
   * @throws CmdStreamError (as a rejection) `timeout`, `cancelled`, `unavailable`, `overloaded`, `circuit-open`,
   * `connection-lost`, `command-failed`, `command-invalid`, `result-invalid`, `encode-failed`, `frame-too-large`,
   * `refused`, `closed`, `invalid-argument`.
   */
  send<Name extends CommandNameOf<P>>(
    command: SingleCommandOf<P, Name>,
    options?: SendOptions,
  ): Promise<ValueOf<P, Name>> {
    return this.#single(command, NO_DEADLINE, options);
  }

  /** As `send`, with an absolute deadline: milliseconds since the epoch, or a Date. The earlier deadline counts. */
  sendWithDeadline<Name extends CommandNameOf<P>>(
    command: SingleCommandOf<P, Name>,
    deadline: number | Date,
    options?: SendOptions,
  ): Promise<ValueOf<P, Name>> {
    return this.#single(command, deadline, options);
  }

  /**
   * Sends a Command that is answered by several Results. Returns them as an async iterator, in order and without gaps;
   * it ends when the last one was seen, and throws when that will not come.
   */
  sendMulti<Name extends CommandNameOf<P>>(
    command: CommandOf<P, Name>,
    options?: MultiSendOptions,
  ): ResultStream<ValueOf<P, Name>>;
  /** The same with a handler for each Result; resolves when the last one was handled. */
  sendMulti<Name extends CommandNameOf<P>>(
    command: CommandOf<P, Name>,
    handler: ResultHandler<ValueOf<P, Name>>,
    options?: MultiSendOptions,
  ): Promise<void>;
  sendMulti<Name extends CommandNameOf<P>>(
    command: CommandOf<P, Name>,
    first?: ResultHandler<ValueOf<P, Name>> | MultiSendOptions,
    second?: MultiSendOptions,
  ): ResultStream<ValueOf<P, Name>> | Promise<void> {
    return this.#multi(command, NO_DEADLINE, first, second);
  }

  /** As `sendMulti`, with an absolute deadline over all Results. The earlier deadline counts. */
  sendMultiWithDeadline<Name extends CommandNameOf<P>>(
    command: CommandOf<P, Name>,
    deadline: number | Date,
    options?: MultiSendOptions,
  ): ResultStream<ValueOf<P, Name>>;
  sendMultiWithDeadline<Name extends CommandNameOf<P>>(
    command: CommandOf<P, Name>,
    deadline: number | Date,
    handler: ResultHandler<ValueOf<P, Name>>,
    options?: MultiSendOptions,
  ): Promise<void>;
  sendMultiWithDeadline<Name extends CommandNameOf<P>>(
    command: CommandOf<P, Name>,
    deadline: number | Date,
    first?: ResultHandler<ValueOf<P, Name>> | MultiSendOptions,
    second?: MultiSendOptions,
  ): ResultStream<ValueOf<P, Name>> | Promise<void> {
    return this.#multi(command, deadline, first, second);
  }

  /** Status of the group and its clients now. */
  get status(): GroupStatus {
    return this.#group.status;
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
    return new StatusStream(this.status, (listener) => this.subscribe(listener), this.#parts.requests.refusals);
  }

  /**
   * Calls `listener` with each change, in the async context of this call, until the sender is closed and it has been told
   * so; returns the function that ends it sooner. A listener that throws disturbs nothing; the process gets a warning.
   */
  subscribe(listener: (event: StatusEvent) => void): () => void {
    if (typeof listener !== 'function') throw invalidOption('listener', 'a function', listener);
    return subscribeToStatus(this.#group, this.#parts.breaker, listener);
  }

  /**
   * Lets the process end although the sender is open: none of its sockets and timers keeps it, those that come later
   * included, as with `unref()` of Node's. Sends that are under way do not either: a process that has nothing else to wait
   * for ends in the middle of them. Returns the sender.
   */
  unref(): this {
    this.#parts.hold.unref();
    return this;
  }

  /** Takes {@link Sender.unref} back: the process goes on until the sender is closed, as at first. Returns the sender. */
  ref(): this {
    this.#parts.hold.ref();
    return this;
  }

  /** Resolves when the sender is closed and nothing of it is left: no timer, no socket, no pending send. */
  get done(): Promise<void> {
    return this.#group.done;
  }

  /** Closes at once: what is under way fails with `closed`. Resolves when nothing is left. Any number of times. */
  close(): Promise<void> {
    return this.#group.close();
  }

  /**
   * Takes no more Commands, lets what has been sent come to its end, and closes; after `timeoutMs` at the latest, by default
   * the sender's `drainTimeoutMs`, and with 0 at once. The earliest limit of several calls counts. Sends that wait and have
   * not been sent fail with `closed`. Not to be awaited in a loop over a stream of this sender: it waits for that one as well,
   * until it cuts it off. Rejects with CmdStreamError `invalid-argument`.
   */
  drain(options?: DrainOptions): Promise<void> {
    const { path, options: own } = this.#parts;
    const done = this.#group.drain(options, own.drainTimeoutMs);
    if (this.#group.isClosing) path.failWaiting();
    return done;
  }

  /** The name that sender-go has for {@link Sender.drain}. */
  closeAndWait(timeoutMs?: number): Promise<void> {
    return this.drain({ timeoutMs });
  }

  /** `await using`: drains. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.drain();
  }

  // ---- the four sends

  #single<Value>(command: Command<string, Value>, deadline: Deadline, options?: SendOptions): Promise<Value> {
    const { path, requests, options: own } = this.#parts;
    try {
      const entry = entryOf(this.#parts.tables, command);
      const terms = resolveSendOptions('single', options, deadline, this.#singleTerms, own);
      const request = new SingleRequest(command, entry, requests);
      path.start(request, terms);
      return request.promise as Promise<Value>;
    } catch (error) {
      return this.#rejected(this.#failureOf(command, error));
    }
  }

  #multi<Value>(
    command: Command<string, Value>,
    deadline: Deadline,
    first?: ResultHandler<Value> | MultiSendOptions,
    second?: MultiSendOptions,
  ): ResultStream<Value> | Promise<void> {
    const { path, requests, options: own } = this.#parts;
    const handler = typeof first === 'function' ? first : undefined;
    try {
      if (handler === undefined && second !== undefined) throw invalidOption('handler', 'a function', first);
      const entry = entryOf(this.#parts.tables, command);
      const options = typeof first === 'function' ? second : first;
      const terms = resolveSendOptions('multi', options, deadline, this.#multiTerms, own);
      const request = new StreamRequest(command, entry, requests, terms.resultsCount, terms.whenSlow);
      path.start(request, terms);
      return handler === undefined ? streamOf(request.results) : consume(request, handler);
    } catch (error) {
      const failure = this.#failureOf(command, error);
      const awaitsPromise = handler !== undefined || second !== undefined;
      return awaitsPromise ? this.#rejected(failure) : streamOf(this.#failedStream(failure));
    }
  }

  /** Error of a send that fails before there is a request. */
  #failureOf(command: unknown, error: unknown): CmdStreamError {
    const failure = CmdStreamError.from(error);
    const { watchers } = this.#parts.requests;
    if (!isCommand(command)) {
      watchers?.sendRefused(undefined, failure);
      return failure;
    }
    const isOwn = command.protocol === this.#parts.tables;
    watchers?.sendRefused(isOwn ? command.name : undefined, failure);
    return tellSubject(failure, { command: command.name });
  }

  /** For arguments that are not acceptable, before there is a request. */
  #rejected(failure: CmdStreamError): Promise<never> {
    const pause = this.#parts.requests.refusals.next();
    return pause === undefined ? Promise.reject(failure) : pause.then(() => Promise.reject(failure));
  }

  #failedStream(failure: CmdStreamError): ResultQueue {
    const { refusals } = this.#parts.requests;
    const pause = refusals.next();
    if (pause === undefined) return ResultQueue.failed(failure, refusals);
    const results = ResultQueue.empty(refusals);
    pause.then(() => results.end(failure));
    return results;
  }
}

/** Which Results a Command has, its type says. */
function streamOf<Value>(queue: ResultQueue): ResultStream<Value> {
  return queue as ResultStream<unknown> as ResultStream<Value>;
}
