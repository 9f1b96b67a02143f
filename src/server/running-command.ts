import { runOutside } from '../base/async-context.ts';
import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import { describeError, isAbortError } from '../base/errors/describe-error.ts';
import { isThenable } from '../base/thenable.ts';
import { isBadPayload } from '../protocol/codec/codec.ts';
import type { Schema } from '../protocol/definitions.ts';
import { isLastOne } from '../protocol/last-one.ts';
import type { ErrorResult } from '../protocol/reserved.ts';
import { type Validation, validate } from '../protocol/validate.ts';
import { CommandProxy, type ProxiedCommand } from './command-proxy.ts';
import { CommandWatch } from './command-watch.ts';
import { answerOf, errorResult, type HandlerAnswer, isMeant } from './handler-error.ts';
import type { HandlerContext, Invoker, ResultProxy } from './handlers.ts';
import { Invocation } from './invocation.ts';
import { resultsOf } from './outcome.ts';
import { NOT_AWAITED, NOT_TAKEN, roomFor, whenRoomFor } from './room.ts';
import { type Route, resultEntryOf } from './route.ts';
import type { AbandonedCommand, ResultPort, SettledCommand } from './service.ts';

/**
 * One Command from its arrival to its last Result, and at the same time the `context` of its handler: one object for
 * each Command. Whatever the handler does, nothing is thrown out of here.
 */
export class RunningCommand
  implements HandlerContext<unknown, unknown>, ProxiedCommand, AbandonedCommand, SettledCommand
{
  readonly seq: number;
  readonly receivedAt: number;
  /** How many bytes of memory are counted for it. */
  heldBytes = 0;

  readonly #port: ResultPort;
  readonly #route: Route;
  #proxy: ResultProxy<unknown> | undefined;
  #signal: AbortSignal | undefined;
  /** Promise that its handler is to await before it sends by the proxy again; nothing where it has, or need not. */
  #pause: Promise<void> | undefined;
  /** Whether nothing more may be sent: the last Result was, or an error Result. */
  #answered = false;
  /** Watch that hears how it ends; none where there is neither `onCommandDone` nor an invoker. */
  #watch: CommandWatch | undefined;

  constructor(port: ResultPort, route: Route, seq: number, receivedAt: number) {
    this.#port = port;
    this.#route = route;
    this.seq = seq;
    this.receivedAt = receivedAt;
  }

  // ---- what the handler sees

  get receiver(): unknown {
    return this.#port.service.receiver;
  }

  get command(): string {
    return this.#route.name;
  }

  get remoteAddress(): string {
    return this.#port.info.remoteAddress;
  }

  get peer(): HandlerContext<unknown>['peer'] {
    return this.#port.info.peer;
  }

  get connection(): HandlerContext<unknown>['connection'] {
    return this.#port.info.connection;
  }

  get signal(): AbortSignal {
    // A Command that is answered waits for nothing that could go away.
    this.#signal ??= this.#answered ? new AbortController().signal : this.#port.makeSignal(this);
    return this.#signal;
  }

  get proxy(): ResultProxy<unknown> {
    this.#proxy ??= new CommandProxy(this);
    return this.#proxy;
  }

  // ---- before the handler

  /** Checks the payload and runs the handler; at once unless the schema takes its time. */
  start(payload: unknown): void {
    const { invoker, onCommandDone } = this.#port.service.options;
    if (invoker !== undefined || onCommandDone !== undefined) this.#watch = this.#makeWatch();
    if (isBadPayload(payload)) this.#refuse('command-invalid', `not readable: ${payload.reason}`);
    else if (this.#route.schema === undefined) this.#run(payload);
    else this.#check(this.#route.schema, payload);
  }

  #makeWatch(): CommandWatch {
    const { service, info, arrivedMs } = this.#port;
    const { name, type } = this.#route;
    this.#port.watch(this);
    return new CommandWatch(service.options, { ...info, command: name, type, seq: this.seq }, arrivedMs);
  }

  #check(schema: Schema, payload: unknown): void {
    try {
      const validation = validate(schema, payload);
      if (isThenable(validation)) void this.#checkLater(validation);
      else this.#runChecked(validation);
    } catch (error) {
      this.#fail(error);
    }
  }

  async #checkLater(validation: PromiseLike<Validation>): Promise<void> {
    try {
      this.#runChecked(await validation);
    } catch (error) {
      this.#fail(error);
    }
  }

  #runChecked(validation: Validation): void {
    if (!this.#port.isOpen) return;
    if (validation.refusal !== undefined) this.#refuse('command-invalid', validation.refusal);
    else this.#run(validation.value);
  }

  #run(payload: unknown): void {
    const { handler, self } = this.#route;
    const { invoker } = this.#port.service.options;
    try {
      if (invoker === undefined) this.#take(handler.call(self, payload, this));
      // The receiver is what the invoker was typed with; types end where handlers are looked up by number.
      else this.#invoke(invoker as Invoker<unknown>, payload);
    } catch (error) {
      this.#fail(error);
    }
  }

  #invoke(invoker: Invoker<unknown>, payload: unknown): void {
    const { handler, self, name } = this.#route;
    const invocation = new Invocation({
      name,
      context: this,
      watch: this.#watch as CommandWatch,
      usesProxy: () => this.#proxy !== undefined,
      call: (given) => handler.call(self, given, this),
      pace: this.#port.service.pace,
      stream: (results) => this.#stream(results),
      take: (outcome) => this.#take(outcome),
      fail: (error) => this.#fail(error),
      failWithoutLast: () => this.#failWithoutLast(),
    });
    runOutside(() => invocation.start(invoker, payload));
  }

  // ---- what the handler gives

  #take(outcome: unknown): void {
    if ((typeof outcome !== 'object' && typeof outcome !== 'function') || outcome === null) {
      this.#takeResult(outcome);
    } else if (isThenable(outcome)) {
      void this.#takeLater(outcome);
    } else {
      const results = resultsOf(outcome);
      if (results === undefined) this.#takeResult(outcome);
      else this.#takeResults(results);
    }
  }

  async #takeLater(outcome: PromiseLike<unknown>): Promise<void> {
    try {
      this.#take(await outcome);
    } catch (error) {
      this.#fail(error);
    }
  }

  #takeResult(result: unknown): void {
    // Who asked for the proxy and returned nothing answers by it, perhaps later.
    if (this.#answered || (result === undefined && this.#proxy !== undefined)) return;
    const { order } = this.#port;
    if (this.#port.isFull || order.isEncoding || order.isWaiting) this.#takeInTurn(result);
    else this.#giveOnly(result);
  }

  /** Apart: where closures are made, they cost something although none is. */
  #takeInTurn(result: unknown): void {
    if (!this.#port.isFull) this.#port.order.wait(() => this.#giveOnly(result));
    else if (!whenRoomFor(this.#port, result, () => this.#takeResult(result))) this.#dropResult();
  }

  #giveOnly(result: unknown): void {
    if (this.#give(result) && this.#proxy === undefined) this.#failWithoutLast();
  }

  #takeResults(results: Iterator<unknown> | AsyncIterator<unknown>): void {
    this.#stream(results).catch((error: unknown) => this.#fail(error));
  }

  /** Sends the Results one by one; rejects with what they throw. */
  async #stream(results: Iterator<unknown> | AsyncIterator<unknown>): Promise<void> {
    const port = this.#port;
    for (;;) {
      // Nothing is asked of the generator while the client does not take what there is.
      for (let room = this.#room(); room !== undefined; room = this.#room()) await room;
      if (this.isClosed) break;
      const step = await results.next();
      if (step.done === true) {
        this.#failWithoutLast();
        return;
      }
      // Others may have filled the channel meanwhile: then what the generator gave waits here, not encoded.
      if (port.isFull && !(await roomFor(port, step.value))) {
        this.#dropResult();
        break;
      }
      if (!this.#give(step.value)) break;
    }
    await results.return?.();
  }

  #dropResult(): void {
    this.#fail(new CmdStreamError('overloaded', NOT_TAKEN, { mayHaveExecuted: true }));
  }

  /** A promise where a Result should wait that someone still wants. */
  #room(): Promise<void> | undefined {
    return this.isClosed ? undefined : this.#port.room();
  }

  giveByProxy(result: unknown): Promise<void> | undefined {
    const { order } = this.#port;
    // What its neighbours have sent is not held against it.
    const isOverfull = this.#pause !== undefined && this.#port.isOverfull;
    if (order.isEncoding || order.isWaiting) order.wait(() => this.#giveOrOverload(result, isOverfull));
    else this.#giveOrOverload(result, isOverfull);
    // One for all that a handler sends meanwhile, should it not await: they may be many.
    this.#pause ??= this.#port.room()?.then(() => {
      this.#pause = undefined;
    });
    return this.#pause;
  }

  #giveOrOverload(result: unknown, isOverfull: boolean): void {
    if (this.isClosed) return;
    if (isOverfull) this.#fail(new CmdStreamError('overloaded', NOT_AWAITED));
    else this.#give(result);
  }

  get isAnswered(): boolean {
    return this.#answered;
  }

  get isClosed(): boolean {
    return this.#answered || !this.#port.isOpen;
  }

  /** Sends a Result, and what encoding it made others send; returns whether more may follow. */
  #give(result: unknown): boolean {
    if (this.isClosed) return false;
    const { result: only } = this.#route;
    const { order } = this.#port;
    try {
      const entry = only ?? resultEntryOf(this.#route, result);
      const value = only === undefined ? (result as { value: unknown }).value : result;
      const last = isLastOne(entry, value);
      // The user's `lastOne` may have answered the Command itself.
      if (this.#answered) return false;
      this.#port.send(this.seq, entry.type, value);
      if (this.#watch !== undefined) this.#watch.results++;
      if (last) this.#succeed();
    } catch (error) {
      this.#fail(error);
    }
    if (order.isWaiting) order.release();
    return !this.#answered;
  }

  // ---- the end

  /** The connection is gone, or to be closed: nobody waits for Results any more. */
  abandoned(reason: CmdStreamError): void {
    if (!this.#answered) this.#watch?.abandoned(reason);
  }

  #failWithoutLast(): void {
    if (!this.isClosed) this.#fail(new CmdStreamError('command-failed', 'the handler ended without its last Result'));
  }

  #fail(error: unknown): void {
    // What a handler throws because its signal fired is no failure of the handler.
    if (this.#signal?.aborted && (error === this.#signal.reason || isAbortError(error))) return;
    // An invoker that hands on what the Command has failed by already says nothing new.
    if (this.#watch?.isFailedBy(error)) return;
    const { command, seq } = this;
    const { info, service } = this.#port;
    const answer = answerOf(error, command, service.options);
    if (!isMeant(answer)) service.options.onHandlerError(error, { ...info, command, seq, errorId: answer.errorId });
    this.#refuse('command-failed', answer.message, error, answer);
  }

  #refuse(code: ErrorResult['code'], message: string, cause?: unknown, answer?: HandlerAnswer): void {
    if (this.isClosed) return;
    const { order } = this.#port;
    if (order.isEncoding) {
      order.wait(() => this.#refuse(code, message, cause, answer));
      return;
    }
    this.#answered = true;
    this.#port.sendError(this.seq, errorResult(code, message, answer?.failure));
    this.#port.settled(this);
    if (order.isWaiting) order.release();
    this.#watch?.refused(code, cause === undefined ? message : describeError(cause), cause, answer?.outcome);
  }

  #succeed(): void {
    this.#answered = true;
    this.#port.settled(this);
    this.#watch?.succeeded();
  }
}
