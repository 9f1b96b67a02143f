import { isAmbientKept, runWithin } from '../base/ambient.ts';
import { runOutside } from '../base/async-context.ts';
import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import { describeError } from '../base/errors/describe-error.ts';
import { isThenable } from '../base/thenable.ts';
import { isBadPayload } from '../protocol/codec/codec.ts';
import type { Schema } from '../protocol/definitions.ts';
import type { ErrorResult } from '../protocol/reserved.ts';
import { type Validation, validate } from '../protocol/validate.ts';
import { CommandWatch, type WatchedCommand } from './command-watch.ts';
import { answerOf, errorResult, type HandlerAnswer, isMeant, isOfAbort } from './handler-error.ts';
import type { HandlerContext, Invoker } from './handlers.ts';
import { Invocation } from './invocation.ts';
import { sendOneByOne } from './one-by-one.ts';
import { resultsOf } from './outcome.ts';
import { NOT_TAKEN, whenRoomFor } from './room.ts';
import { SendingCommand } from './sending-command.ts';
import type { AbandonedCommand, SettledCommand } from './service.ts';

/**
 * One Command from its arrival to its last Result, and at the same time the `context` of its handler and the `proxy` in it:
 * one object for each Command. Whatever the handler does, nothing is thrown out of here.
 */
export class RunningCommand
  extends SendingCommand
  implements HandlerContext<unknown, unknown>, AbandonedCommand, SettledCommand, WatchedCommand
{
  /** How many bytes of memory are counted for it. */
  heldBytes = 0;
  /** When its time is over (monotonic milliseconds, whole); `undefined`: never. */
  dueMs: number | undefined = undefined;

  /** The watch for those who want to know how it ends; none where there is neither `onCommandDone` nor an invoker. */
  #watch: CommandWatch | undefined;

  get type(): number {
    return this.route.type;
  }

  // ---- before the handler

  /** Checks the payload and runs the handler; at once unless the schema takes its time. */
  start(payload: unknown): void {
    const { options, watchers } = this.port.service;
    if (watchers.isWatching || options.invoker !== undefined || options.onCommandDone !== undefined) {
      this.#watch = new CommandWatch(this.port, this, isBadPayload(payload) ? undefined : payload);
    }
    if (isBadPayload(payload)) this.#refuse('command-invalid', `not readable: ${payload.reason}`);
    else if (this.route.schema === undefined) this.#run(payload);
    else this.#check(this.route.schema, payload);
    // Most are answered by now, and need not be told that nobody waits any more.
    if (this.#watch !== undefined && !this.answered) this.port.watch(this);
  }

  #check(schema: Schema, payload: unknown): void {
    try {
      const validation = validate(schema, payload);
      if (isThenable(validation)) void this.#checkLater(validation);
      else this.#runChecked(validation);
    } catch (error) {
      this.fail(error);
    }
  }

  async #checkLater(validation: PromiseLike<Validation>): Promise<void> {
    try {
      this.#runChecked(await validation);
    } catch (error) {
      this.fail(error);
    }
  }

  #runChecked(validation: Validation): void {
    if (this.closed) {
      this.#endIfStopped();
      return;
    }
    if (validation.refusal !== undefined) this.#refuse('command-invalid', validation.refusal);
    else this.#run(validation.value);
  }

  #run(payload: unknown): void {
    if (isAmbientKept() || this.#watch?.isSpanned) this.#within(() => this.#execute(payload));
    else this.#execute(payload);
  }

  /** Calls what is to run in the contexts of this Command: that of its span, and that of what is sent within it. */
  #within(call: () => void): void {
    const watch = this.#watch;
    const spanned = watch?.isSpanned ? () => watch.runWithin(call) : call;
    if (isAmbientKept()) runWithin(this, spanned);
    else spanned();
  }

  #execute(payload: unknown): void {
    const { handler, self } = this.route;
    const { invoker } = this.port.service.options;
    try {
      if (invoker === undefined) this.#take(handler.call(self, payload, this));
      // The receiver is what the invoker was typed with; types end where handlers are looked up by number.
      else this.#invoke(invoker as Invoker<unknown>, payload);
    } catch (error) {
      this.fail(error);
    }
  }

  #invoke(invoker: Invoker<unknown>, payload: unknown): void {
    const { handler, self, name } = this.route;
    const invocation = new Invocation({
      name,
      context: this,
      watch: this.#watch as CommandWatch,
      isLeftToProxy: (outcome) => this.#isLeftToProxy(outcome),
      call: (given) => handler.call(self, given, this),
      pace: this.port.service.pace,
      stream: (results) => this.#sendOneByOne(results),
      take: (outcome) => this.#take(outcome),
      fail: (error) => this.fail(error),
      failWithoutLast: () => this.failWithoutLast(),
    });
    runOutside(() => this.#within(() => invocation.start(invoker, payload)));
  }

  // ---- what the handler gives

  #take(outcome: unknown): void {
    if ((typeof outcome !== 'object' && typeof outcome !== 'function') || outcome === null) {
      this.#takeResult(outcome);
    } else if (isThenable(outcome)) {
      void this.#takeLater(outcome);
    } else if (this.#isLeftToProxy(outcome)) {
      this.#endIfStopped();
    } else {
      const results = resultsOf(outcome);
      if (results === undefined) this.#takeResult(outcome);
      else this.#sendOneByOne(results).catch((error: unknown) => this.fail(error));
    }
  }

  async #sendOneByOne(results: Iterator<unknown> | AsyncIterator<unknown>): Promise<void> {
    try {
      await sendOneByOne(this, this.port, results);
    } finally {
      this.#endIfStopped();
    }
  }

  async #takeLater(outcome: PromiseLike<unknown>): Promise<void> {
    try {
      this.#take(await outcome);
    } catch (error) {
      this.fail(error);
    }
  }

  /** Whether a handler that gave this answers by the proxy, perhaps later: it gave the proxy, or nothing having asked for it. */
  #isLeftToProxy(outcome: unknown): boolean {
    return this.isProxied && (outcome === undefined || outcome === this.proxy);
  }

  #takeResult(result: unknown): void {
    if (this.stopped !== undefined) this.#endIfStopped();
    if (this.answered || this.#isLeftToProxy(result)) return;
    const { order } = this.port;
    if (this.port.isFull || order.isEncoding || order.isWaiting) this.#takeInTurn(result);
    else this.#giveOnly(result);
  }

  /** Apart: where closures are made, they cost something although none is. */
  #takeInTurn(result: unknown): void {
    if (!this.port.isFull) this.port.order.wait(() => this.#giveOnly(result));
    else if (!whenRoomFor(this.port, result, () => this.#takeResult(result))) this.dropResult();
  }

  #giveOnly(result: unknown): void {
    if (this.give(result) && !this.isProxied) this.failWithoutLast();
  }

  protected override sent(last: boolean): void {
    if (this.#watch !== undefined) this.#watch.results++;
    if (last) this.#succeed();
  }

  // ---- the end

  /** The connection is gone, or to be closed: nobody waits for Results any more. */
  abandoned(reason: CmdStreamError): void {
    if (!this.answered) this.#watch?.abandoned(reason);
  }

  /**
   * Nobody waits for its Results any more, for `reason`: its signal fires, and nothing more is sent. It is in flight until
   * its handler is through; one that answers by the proxy is taken to be.
   */
  stop(reason: CmdStreamError): void {
    if (this.closed) return;
    this.#watch?.abandoned(reason);
    this.stopFor(reason);
    if (this.isProxied) this.#endIfStopped();
  }

  /** The handler is through, or cannot be seen to be. */
  #endIfStopped(): void {
    if (this.stopped === undefined || this.answered) return;
    this.settle();
    this.port.ended(this);
  }

  override dropResult(): void {
    this.fail(new CmdStreamError('overloaded', NOT_TAKEN, { mayHaveExecuted: true }));
  }

  override failWithoutLast(): void {
    this.#endIfStopped();
    if (!this.closed) this.fail(new CmdStreamError('command-failed', 'the handler ended without its last Result'));
  }

  protected override fail(error: unknown): void {
    // What a handler throws because its signal fired is no failure of the handler.
    if (this.madeSignal?.aborted && isOfAbort(error, this.madeSignal.reason)) {
      this.#endIfStopped();
      return;
    }
    // An invoker that hands on what the Command has failed by already says nothing new.
    if (this.#watch?.isFailedBy(error)) {
      this.#endIfStopped();
      return;
    }
    const { command, seq } = this;
    const { info, service } = this.port;
    const answer = answerOf(error, command, service.options);
    if (!isMeant(answer)) service.options.onHandlerError(error, { ...info, command, seq, errorId: answer.errorId });
    this.#refuse(answer.code, answer.message, error, answer);
  }

  #refuse(code: ErrorResult['code'], message: string, cause?: unknown, answer?: HandlerAnswer): void {
    if (this.closed) {
      this.#endIfStopped();
      return;
    }
    const { order } = this.port;
    if (order.isEncoding) {
      order.wait(() => this.#refuse(code, message, cause, answer));
      return;
    }
    this.settle();
    this.port.sendError(this.seq, errorResult(code, message, answer?.failure));
    this.port.settled(this);
    if (order.isWaiting) order.release();
    this.#watch?.refused(code, cause === undefined ? message : describeError(cause), cause, answer?.outcome);
  }

  #succeed(): void {
    this.settle();
    this.port.succeeded(this);
    this.#watch?.succeeded();
  }
}
