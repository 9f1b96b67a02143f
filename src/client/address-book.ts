import { CmdStreamError, describeError } from '../errors/cmd-stream-error.ts';
import { show } from '../options/check.ts';
import { runOutside } from '../system/async-context.ts';
import { type Clock, judgeLater } from '../system/clock.ts';
import { type Warn, warnOfFailure } from '../system/warn.ts';
import { QuestionPace } from './question-pace.ts';

/** Finds out where the service is: gives an address like `10.0.0.7:9000`, or several of them. */
export type AddressResolver = () => string | readonly string[] | Promise<string | readonly string[]>;

/** What an {@link AddressBook} needs. */
export interface AddressBookOptions {
  readonly source: readonly string[] | AddressResolver;
  /** How often a resolver is asked although nothing failed; Infinity: never. */
  readonly refreshMs: number;
  /** A resolver that has not answered after so long has failed. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly warn: Warn;
  /** The addresses are others than before. */
  readonly changed: () => void;
  /** Throws for an address that cannot be one. */
  readonly check: (address: string) => void;
}

/** Where the clients of a group may connect to: a fixed list, or what a resolver says. */
export class AddressBook {
  readonly #options: AddressBookOptions;
  /** Who is asked; nobody, where the list is fixed or no more questions are to be put. */
  #resolver: AddressResolver | undefined;
  #addresses: readonly string[] = [];
  /** Where in the list each address stands. */
  #places = new Map<string, number>();
  /** The address that each client uses, or tries next. */
  readonly #chosen = new Map<number, string>();
  /** Of each address, how many clients use it or try it next. */
  readonly #users = new Map<string, number>();
  readonly #pace = new QuestionPace();
  /** The question that is being asked; one at a time. */
  #asking: Promise<void> | undefined;
  #refusal: unknown;
  /** When the next question is asked by itself; Infinity: not at all. */
  #nextQuestionMs = Number.POSITIVE_INFINITY;
  /** Ends the wait for the answer to the question that is being asked, or for the next question. */
  #cancelTimer: (() => void) | undefined;

  constructor(options: AddressBookOptions) {
    const { source } = options;
    this.#options = options;
    this.#resolver = typeof source === 'function' ? source : undefined;
    if (typeof source !== 'function') this.#setAddresses(source);
  }

  /** How many addresses are known. */
  get size(): number {
    return this.#addresses.length;
  }

  /** Whether `address` is one to use. While none is known nothing is wrong with any. */
  includes(address: string): boolean {
    return this.#addresses.length === 0 || this.#places.has(address);
  }

  /** The address that `client` will begin with, where that is known before anybody is asked. */
  firstOf(client: number): string | undefined {
    return this.#addresses[client % this.#addresses.length];
  }

  /**
   * The address that `client` is to connect to: the one that it had, unless it has given that up or it is gone, else
   * one that the fewest clients have. Asks the resolver first where nothing is known yet.
   */
  async pick(client: number, signal: AbortSignal): Promise<string> {
    if (this.#addresses.length === 0) {
      this.refresh();
      await this.#asking;
      signal.throwIfAborted();
    }
    const chosen = this.#chosen.get(client);
    const address = chosen !== undefined && this.#places.has(chosen) ? chosen : this.#leastChosen(client);
    if (address === undefined) {
      const message = `the address resolver gave no address: ${describeError(this.#refusal)}`;
      throw new CmdStreamError('connect-failed', message, { cause: this.#refusal });
    }
    this.#choose(client, address);
    return address;
  }

  /** The address of `client` is of no use just now: it is to go on to the next; and perhaps there are others by now. */
  giveUp(client: number): void {
    const at = this.#places.get(this.#chosen.get(client) ?? '');
    const next = at === undefined ? undefined : this.#addresses[(at + 1) % this.#addresses.length];
    if (next !== undefined) this.#choose(client, next);
    this.refresh();
  }

  /**
   * Asks the resolver, unless it is being asked, and again after the interval. Whoever has a reason may ask for this: it
   * is done at once, or after a pause where it was done just now.
   */
  refresh(): void {
    if (this.#resolver === undefined || this.#asking !== undefined) return;
    const nowMs = this.#options.clock.monotonicMs();
    const waitMs = this.#pace.waitMs(nowMs);
    if (waitMs > 0) {
      this.#askIn(waitMs, true);
      return;
    }
    this.#pace.asked(nowMs);
    this.#askNow(this.#resolver);
  }

  /** No more questions; what is still answered changes nothing. */
  stop(): void {
    this.#resolver = undefined;
    this.#stopTimer();
  }

  #setAddresses(addresses: readonly string[]): void {
    this.#addresses = [...new Set(addresses)];
    this.#places = new Map(this.#addresses.map((address, place) => [address, place]));
  }

  #choose(client: number, address: string): void {
    const before = this.#chosen.get(client);
    if (before === address) return;
    if (before !== undefined) this.#users.set(before, this.#usersOf(before) - 1);
    if (before !== undefined && this.#usersOf(before) === 0) this.#users.delete(before);
    this.#chosen.set(client, address);
    this.#users.set(address, this.#usersOf(address) + 1);
  }

  #usersOf(address: string): number {
    return this.#users.get(address) ?? 0;
  }

  /** What `client` itself had is gone. Each client begins at another place, so that they spread. */
  #leastChosen(client: number): string | undefined {
    const { length } = this.#addresses;
    let best: string | undefined;
    let fewest = Number.POSITIVE_INFINITY;
    for (let step = 0; step < length && fewest > 0; step++) {
      const address = this.#addresses[(client + step) % length] as string;
      const count = this.#usersOf(address);
      if (count < fewest) [best, fewest] = [address, count];
    }
    return best;
  }

  #askNow(resolver: AddressResolver): void {
    this.#stopTimer();
    // Whose send it is that found a connection lost is nothing to the resolver.
    this.#asking = runOutside(() => this.#ask(resolver));
  }

  async #ask(resolver: AddressResolver): Promise<void> {
    const { check, changed, clock, warn } = this.#options;
    try {
      const given = await this.#answerOf(resolver);
      const answer = typeof given === 'string' ? [given] : given;
      if (!Array.isArray(answer) || answer.length === 0) {
        throw new CmdStreamError('invalid-argument', `it must give at least one address; got ${show(answer)}`);
      }
      for (const address of answer) check(address);
      if (this.#resolver === undefined) return;
      const before = this.#addresses;
      this.#setAddresses(answer);
      this.#refusal = undefined;
      this.#pace.answered();
      if (before.length > 0 && before.join() !== this.#addresses.join()) changed();
    } catch (error) {
      if (this.#resolver === undefined) return;
      this.#refusal = error;
      this.#pace.failed();
      const left = this.#addresses.length === 0 ? 'no address is known' : 'the known addresses stay in use';
      warnOfFailure(warn, 'the address resolver', clock.monotonicMs(), () => `: ${describeError(error)}; ${left}`);
    } finally {
      this.#asking = undefined;
      this.#askIn(this.#options.refreshMs, false);
    }
  }

  /** What the resolver says, if it does so in time: a question that is never answered must not be the last one. */
  #answerOf(resolver: AddressResolver): Promise<string | readonly string[]> {
    const { clock, timeoutMs } = this.#options;
    return new Promise<string | readonly string[]>((resolve, reject) => {
      const refusal = `it did not answer within ${timeoutMs} ms (option 'handshakeTimeoutMs')`;
      const giveUp = () => reject(new CmdStreamError('handshake-timeout', refusal));
      this.#cancelTimer = judgeLater(clock, giveUp, timeoutMs);
      Promise.resolve().then(resolver).then(resolve, reject);
    }).finally(() => this.#stopTimer());
  }

  /** @param isPaced - whether somebody had a reason to ask: otherwise it is the interval's turn, which has none. */
  #askIn(delayMs: number, isPaced: boolean): void {
    const { clock } = this.#options;
    const atMs = clock.monotonicMs() + delayMs;
    if (this.#resolver === undefined || atMs >= this.#nextQuestionMs) return;
    this.#stopTimer();
    this.#nextQuestionMs = atMs;
    const ask = () => {
      this.#nextQuestionMs = Number.POSITIVE_INFINITY;
      if (isPaced) this.refresh();
      else if (this.#resolver !== undefined) this.#askNow(this.#resolver);
    };
    const handle = clock.setTimeout(ask, delayMs);
    this.#cancelTimer = () => clock.clearTimeout(handle);
  }

  #stopTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#nextQuestionMs = Number.POSITIVE_INFINITY;
  }
}
