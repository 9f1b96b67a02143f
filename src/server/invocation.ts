import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import type { RefusalPace } from '../base/refusal-pace.ts';
import { isThenable } from '../base/thenable.ts';
import type { CommandWatch } from './command-watch.ts';
import type { HandlerContext, Invoker } from './handlers.ts';
import { resultsOf } from './outcome.ts';

/** Command of an {@link Invocation}, as far as that needs it. */
export interface InvokedCommandRun {
  /** The name of the Command. */
  readonly name: string;
  readonly context: HandlerContext<unknown, unknown>;
  readonly watch: CommandWatch;
  /** Whether anybody has asked for `context.proxy`. */
  usesProxy(): boolean;
  /** At which `next()` refuses. */
  readonly pace: RefusalPace;
  /** Calls the handler. */
  call(payload: unknown): unknown;
  /** Sends all Results; rejects with what they fail by. */
  stream(results: Iterator<unknown> | AsyncIterator<unknown>): Promise<void>;
  /** Answers by what the invoker gave; may throw what is wrong with it. */
  take(outcome: unknown): void;
  /** Answers by an error. */
  fail(error: unknown): void;
  /** Answers by an error where there was no last Result. */
  failWithoutLast(): void;
}

/** State of the handler: not called; not known yet; one Result (or its failure); Results sent one by one. */
type Execution = 'none' | 'open' | 'single' | 'streaming' | 'streamed';

/**
 * The one run of an invoker around the execution of a Command. Everything that the handler does, its later Results among
 * it, begins within `next()`, and so goes on in the async context that the invoker has made for it.
 */
export class Invocation {
  readonly #run: InvokedCommandRun;
  #payload: unknown;
  #execution: Execution = 'none';
  /** Whether the invoker is through, so that nobody is left to be told of a failure. */
  #returned = false;
  /** Whether the invoker was through before anything was known of the handler, and gave nothing. */
  #leftOpen = false;

  constructor(run: InvokedCommandRun) {
    this.#run = run;
  }

  /** Calls the invoker. */
  start(invoker: Invoker<unknown>, payload: unknown): void {
    this.#payload = payload;
    const { name, context } = this.#run;
    try {
      const outcome = invoker({ name, payload }, context, this.#next);
      if (isThenable(outcome)) void this.#await(outcome);
      else this.#take(outcome);
    } catch (error) {
      this.#fail(error);
    }
  }

  async #await(outcome: PromiseLike<unknown>): Promise<void> {
    try {
      this.#take(await outcome);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The invoker has returned: what it gave counts, unless the Results were sent one by one. */
  #take(outcome: unknown): void {
    this.#returned = true;
    if (this.#execution === 'streaming') return;
    if (this.#execution === 'streamed') this.#run.failWithoutLast();
    else if (this.#execution === 'open' && outcome === undefined) this.#leftOpen = true;
    else this.#run.take(outcome);
  }

  #fail(error: unknown): void {
    this.#returned = true;
    this.#run.fail(error);
  }

  // ---- next()

  readonly #next = (...other: [payload?: unknown]): unknown => {
    const refusal = this.#refusal();
    if (refusal !== undefined) return watched(this.#refused(refusal));
    this.#execution = 'open';
    try {
      return this.#outcomeOf(this.#run.call(other.length === 0 ? this.#payload : other[0]));
    } catch (error) {
      this.#execution = 'single';
      throw error;
    }
  };

  /** Why the handler is not called, if it is not. */
  #refusal(): unknown {
    const { name, watch } = this.#run;
    const refusal = (message: string) => new CmdStreamError('invalid-argument', message);
    if (this.#execution !== 'none') {
      return refusal(`next() was called again for the Command '${name}': its handler is executed once`);
    }
    if (this.#returned) return refusal(`next() was called when the invoker had answered the Command '${name}' already`);
    return watch.outcome === undefined ? undefined : watch.failure;
  }

  async #refused(refusal: unknown): Promise<never> {
    await this.#run.pace.next();
    throw refusal;
  }

  /** Return value of `next()` for what the handler gave. */
  #outcomeOf(outcome: unknown): unknown {
    if (isThenable(outcome)) return watched(this.#later(outcome));
    const results = typeof outcome === 'object' && outcome !== null ? resultsOf(outcome) : undefined;
    if (results !== undefined) return watched(this.#stream(this.#run.stream(results)));
    if (outcome === undefined && this.#run.usesProxy()) return watched(this.#stream(this.#over()));
    this.#execution = 'single';
    return outcome;
  }

  async #later(outcome: PromiseLike<unknown>): Promise<unknown> {
    let given: unknown;
    try {
      given = this.#outcomeOf(await outcome);
    } catch (error) {
      this.#execution = 'single';
      this.#tellFailure(error);
      throw error;
    }
    if (this.#leftOpen && (this.#execution as Execution) === 'single') this.#run.take(undefined);
    return given;
  }

  /** Waits for the end of the Results; resolves to their number. */
  async #stream(end: Promise<void>): Promise<number> {
    this.#execution = 'streaming';
    const { watch } = this.#run;
    try {
      await end;
    } catch (error) {
      this.#tellFailure(error);
      throw error;
    } finally {
      this.#execution = 'streamed';
    }
    if (watch.outcome !== 'success') throw watch.failure;
    return watch.results;
  }

  /** The end of a Command that is answered by its proxy. */
  #over(): Promise<void> {
    return new Promise((resolve) => this.#run.watch.whenOver(resolve));
  }

  /** An invoker that is through cannot answer for the handler any more. */
  #tellFailure(error: unknown): void {
    if (this.#returned) this.#run.fail(error);
  }
}

/** A promise whose rejection need not be watched by an invoker. */
function watched<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
