import { CmdStreamError, describeError } from '../errors/cmd-stream-error.ts';
import { show } from '../options/check.ts';
import { runOutside } from '../system/async-context.ts';
import { type Clock, judgeLater } from '../system/clock.ts';
import { type Warn, warnOfFailure } from '../system/warn.ts';
import { Places } from './places.ts';
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
  /** For so long an address is known to be down where a dial has failed. */
  readonly downMs: number;
  /** Decides which client is at home at which address: a whole number, another one for each sender. */
  readonly seed: number;
  readonly clock: Clock;
  readonly warn: Warn;
  /** Another service was found at an address, which it was not before. */
  readonly mismatched: (error: CmdStreamError) => void;
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
  readonly #places: Places;
  /** One for each client that is on its way home, beside a connection elsewhere. */
  readonly #ways = new Set<object>();
  readonly #pace = new QuestionPace();
  /** The question that is being asked; one at a time. */
  #asking: Promise<void> | undefined;
  #refusal: unknown;
  /** When the next question is asked by itself; Infinity: not at all. */
  #nextQuestionMs = Number.POSITIVE_INFINITY;
  /** Ends the wait for the answer to the question that is being asked, or for the next question. */
  #cancelTimer: (() => void) | undefined;

  constructor(options: AddressBookOptions) {
    const { source, seed, downMs, clock } = options;
    this.#options = options;
    this.#places = new Places({ seed, downMs, nowMs: () => clock.monotonicMs() });
    this.#resolver = typeof source === 'function' ? source : undefined;
    if (typeof source !== 'function') this.#places.replace(source);
  }

  /** How many addresses are known. */
  get size(): number {
    return this.#places.size;
  }

  /** Whether `address` is one to use. While none is known nothing is wrong with any. */
  includes(address: string): boolean {
    return this.size === 0 || this.#places.has(address);
  }

  /** The address that `client` is to use unless it is down, where that is known before anybody is asked. */
  homeOf(client: number): string | undefined {
    return this.#places.homeOf(client);
  }

  /**
   * The address that `client` is to connect to: its home, unless that is known to be down, else the one that it had, else
   * one that the fewest clients have. Asks the resolver first where nothing is known yet.
   *
   * @param tried - what it has tried since its last connection.
   */
  async pick(client: number, signal: AbortSignal, tried: ReadonlySet<string> = NOTHING): Promise<string> {
    if (this.size === 0) {
      this.refresh();
      await this.#asking;
      signal.throwIfAborted();
    }
    const address = this.#places.choose(client, tried);
    if (address !== undefined) return address;
    const message = `the address resolver gave no address: ${describeError(this.#refusal)}`;
    throw new CmdStreamError('connect-failed', message, { cause: this.#refusal });
  }

  /** `client` stays at this address: what it has tried beside it has come to nothing. */
  keep(client: number, address: string): void {
    this.#places.keep(client, address);
  }

  /** An address is of no use just now: known to be down for a while; and perhaps there are others by now. */
  giveUp(address: string, error?: unknown): void {
    const isOther = CmdStreamError.is(error) && error.code === 'server-info-mismatch';
    if (this.#places.failed(address, isOther) && isOther) this.#options.mismatched(error);
    this.refresh();
  }

  /** A connection to this address is lost: it had lived, or the address is as good as one where a dial fails. */
  lost(address: string, hadLived: boolean): void {
    if (hadLived) this.#places.lived(address);
    else this.#places.dropped(address);
    this.refresh();
  }

  /** Somebody is connected to this address: it is up. */
  reached(address: string): void {
    this.#places.reached(address);
  }

  /** Whether there is an address that is not known to be down. */
  get isOneUp(): boolean {
    return this.#places.isOneUp;
  }

  /** Whether every address is one of another service, as far as is known. */
  get areAllOther(): boolean {
    return this.#places.areAllOther;
  }

  /** Whether a client that is connected to `address` is at home elsewhere. */
  isAway(client: number, address: string): boolean {
    const home = this.homeOf(client);
    return home !== undefined && home !== address;
  }

  /** Whether `client` may try to go home: one at a time, and where home is not known to be down. */
  mayGoHome(client: number): boolean {
    return this.#ways.size === 0 && this.#places.isUp(this.homeOf(client) ?? '');
  }

  /** A client dials its home beside the connection that it has. Returns what says that this has come to an end. */
  goingHome(): () => void {
    const way = {};
    this.#ways.add(way);
    return () => void this.#ways.delete(way);
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
      const isFirst = this.size === 0;
      const areOthers = this.#places.replace(answer);
      this.#refusal = undefined;
      this.#pace.answered();
      if (areOthers && !isFirst) changed();
    } catch (error) {
      if (this.#resolver === undefined) return;
      this.#refusal = error;
      this.#pace.failed();
      const left = this.size === 0 ? 'no address is known' : 'the known addresses stay in use';
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

const NOTHING: ReadonlySet<string> = new Set();
