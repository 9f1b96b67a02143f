import type { CmdStreamError } from '../errors/cmd-stream-error.ts';
import type { Command } from '../protocol/command.ts';
import type { CommandEntry } from '../protocol/protocol.ts';
import { Request, type RequestContext } from './request.ts';

/** A caller that waits for the next Result. */
interface Taker {
  readonly resolve: (result: IteratorResult<unknown, undefined>) => void;
  readonly reject: (error: CmdStreamError) => void;
}

/** What the caller of a stream has after its last Result, until it asks for more. */
type Ending = { readonly error: CmdStreamError | undefined };

const END: IteratorResult<unknown, undefined> = { done: true, value: undefined };

/**
 * A send that is answered by several Results: an async iterator. Results that come faster than they are taken are
 * kept, up to `maxBufferedResults`. An error is thrown after the Results that came before it; leaving the loop early
 * cancels the request.
 */
export class StreamRequest extends Request implements AsyncIterableIterator<unknown, undefined, undefined> {
  readonly #expected: number;
  #kept: unknown[] = [];
  #firstKept = 0;
  #takers: Taker[] = [];
  #ending: Ending | undefined = undefined;

  /** @param expected - how many Results the caller wants at most. */
  constructor(command: Command, entry: CommandEntry, context: RequestContext, expected: number) {
    super(command, entry, context);
    this.#expected = expected;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    if (this.#firstKept < this.#kept.length) return Promise.resolve({ done: false, value: this.#shift() });
    const ending = this.#ending;
    if (ending === undefined) return new Promise((resolve, reject) => this.#takers.push({ resolve, reject }));
    if (ending.error === undefined) return Promise.resolve(END);
    // An error is thrown once; after it the iterator is at its end, as with a generator.
    this.#ending = { error: undefined };
    return Promise.reject(ending.error);
  }

  /** Leaves the stream: the request is cancelled, unless its last Result has come. */
  return(): Promise<IteratorResult<unknown, undefined>> {
    this.#kept = [];
    this.#firstKept = 0;
    this.cancelled('the caller left the stream');
    this.#ending = { error: undefined };
    return Promise.resolve(END);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.return().then(() => undefined);
  }

  override isFull(): boolean {
    return this.#kept.length - this.#firstKept >= this.context.maxBufferedResults;
  }

  protected override isLast(lastOne: boolean, count: number): boolean {
    return lastOne || count >= this.#expected;
  }

  protected override take(value: unknown): void {
    const taker = this.#takers.shift();
    if (taker === undefined) this.#kept.push(value);
    else taker.resolve({ done: false, value });
  }

  protected override complete(): void {
    this.#end(undefined);
  }

  protected override abort(error: CmdStreamError): void {
    this.#end(error);
  }

  #shift(): unknown {
    const value = this.#kept[this.#firstKept];
    this.#kept[this.#firstKept++] = undefined;
    if (this.#firstKept === this.#kept.length) {
      this.#kept = [];
      this.#firstKept = 0;
    }
    return value;
  }

  #end(error: CmdStreamError | undefined): void {
    const [first, ...others] = this.#takers;
    this.#takers = [];
    if (first !== undefined && error !== undefined) first.reject(error);
    else first?.resolve(END);
    for (const taker of others) taker.resolve(END);
    this.#ending = { error: first === undefined ? error : undefined };
  }
}
