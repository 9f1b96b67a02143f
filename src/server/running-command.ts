import { BadPayload } from '../codec/codec.ts';
import { CmdStreamError, describeError } from '../errors/cmd-stream-error.ts';
import type { Schema } from '../protocol/definitions.ts';
import { isLastOne } from '../protocol/last-one.ts';
import type { ErrorResult } from '../protocol/reserved.ts';
import { type Validation, validate } from '../protocol/validate.ts';
import { CommandProxy, type ProxiedCommand } from './command-proxy.ts';
import type { HandlerContext, Invoker, ResultProxy } from './handlers.ts';
import { isThenable, resultsOf } from './outcome.ts';
import { type Route, resultEntryOf } from './route.ts';
import type { ResultPort } from './service.ts';

/** A longer message of a handler's error is cut: an error Result is always sent, however much waits. */
const MAX_MESSAGE_LENGTH = 1024;

const NOT_AWAITED =
  'the client does not take its Results as fast as the handler gives them: the handler must await context.proxy.send()';

/**
 * One Command from its arrival to its last Result, and at the same time the `context` of its handler: one object for
 * each Command. Whatever the handler does, nothing is thrown out of here.
 */
export class RunningCommand implements HandlerContext<unknown, unknown>, ProxiedCommand {
  readonly seq: number;
  readonly receivedAt: number;

  readonly #port: ResultPort;
  readonly #route: Route;
  #proxy: ResultProxy<unknown> | undefined;
  #signal: AbortSignal | undefined;
  /** What its handler is to await before it sends by the proxy again; nothing where it has, or need not. */
  #pause: Promise<void> | undefined;
  /** Whether nothing more may be sent: the last Result was, or an error Result. */
  #answered = false;

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
    return this.#port.remoteAddress;
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
    const { schema } = this.#route;
    if (payload instanceof BadPayload) this.#refuse('command-invalid', `not readable: ${describeError(payload.error)}`);
    else if (schema === undefined) this.#run(payload);
    else this.#check(schema, payload);
  }

  #check(schema: Schema, payload: unknown): void {
    try {
      const validation = validate(schema, payload);
      if (!(validation instanceof Promise)) this.#runChecked(validation);
      else void validation.then(this.#runChecked.bind(this), this.#fail.bind(this));
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
      this.#take(invoker === undefined ? handler.call(self, payload, this) : this.#invoke(invoker, payload));
    } catch (error) {
      this.#fail(error);
    }
  }

  #invoke(invoker: Invoker<never>, payload: unknown): unknown {
    const { handler, self, name } = this.#route;
    // The receiver is what the invoker was typed with; types end where handlers are looked up by number.
    return (invoker as Invoker<unknown>)({ name, payload }, this, (...other) =>
      handler.call(self, other.length === 0 ? payload : other[0], this),
    );
  }

  // ---- what the handler gives

  #take(outcome: unknown): void {
    if (typeof outcome !== 'object' || outcome === null) {
      this.#takeResult(outcome);
    } else if (isThenable(outcome)) {
      void this.#takeLater(outcome);
    } else {
      const results = resultsOf(outcome);
      if (results === undefined) this.#takeResult(outcome);
      else void this.#takeResults(results);
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
    if (this.#port.isFull) this.#port.whenRoom(() => this.#takeResult(result));
    else if (this.#give(result) && this.#proxy === undefined) this.#failWithoutLast();
  }

  async #takeResults(results: Iterator<unknown> | AsyncIterator<unknown>): Promise<void> {
    const port = this.#port;
    try {
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
        while (port.isFull) await port.room();
        if (!this.#give(step.value)) break;
      }
      await results.return?.();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** A promise where a Result should wait that someone still wants. */
  #room(): Promise<void> | undefined {
    return this.isClosed ? undefined : this.#port.room();
  }

  giveByProxy(result: unknown): Promise<void> | undefined {
    if (!this.isClosed) {
      // What its neighbours have sent is not held against it.
      if (this.#pause !== undefined && this.#port.isOverfull) {
        this.#fail(new CmdStreamError('overloaded', NOT_AWAITED));
      } else this.#give(result);
    }
    // One for all that a handler sends meanwhile, should it not await: they may be many.
    this.#pause ??= this.#port.room()?.then(() => {
      this.#pause = undefined;
    });
    return this.#pause;
  }

  get isClosed(): boolean {
    return this.#answered || !this.#port.isOpen;
  }

  /** Sends a Result; returns whether more may follow. */
  #give(result: unknown): boolean {
    if (this.isClosed) return false;
    const { result: only } = this.#route;
    try {
      const entry = only ?? resultEntryOf(this.#route, result);
      const value = only === undefined ? (result as { value: unknown }).value : result;
      const last = isLastOne(entry, value);
      this.#port.send(this.seq, entry.type, value);
      if (!last) return true;
      this.#settle();
    } catch (error) {
      this.#fail(error);
    }
    return false;
  }

  // ---- the end

  #failWithoutLast(): void {
    if (!this.isClosed) this.#fail(new CmdStreamError('command-failed', 'the handler ended without its last Result'));
  }

  #fail(error: unknown): void {
    // What a handler throws because its signal fired is no failure of the handler.
    if (this.#signal?.aborted && (error === this.#signal.reason || isAbortError(error))) return;
    const { remoteAddress } = this;
    this.#port.service.options.onHandlerError(error, { command: this.command, remoteAddress, seq: this.seq });
    this.#refuse('command-failed', describeError(error));
  }

  #refuse(code: ErrorResult['code'], message: string): void {
    if (this.isClosed) return;
    this.#port.sendError(this.seq, { code, message: message.slice(0, MAX_MESSAGE_LENGTH) });
    this.#settle();
  }

  #settle(): void {
    this.#answered = true;
    this.#port.settled(this);
  }
}

function isAbortError(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
