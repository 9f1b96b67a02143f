import { CmdStreamError, describeError } from '../errors/cmd-stream-error.ts';
import { show } from '../options/check.ts';
import type { Clock, TimerHandle } from '../system/clock.ts';
import type { Warn } from '../system/warn.ts';

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
  #addresses: readonly string[];
  /** The address that each client uses, or tries next. */
  readonly #chosen = new Map<number, string>();
  /** The question that is being asked; one at a time. */
  #asking: Promise<void> | undefined;
  #refusal: unknown;
  /** For the answer to the question that is being asked, or for the next question. */
  #timer: TimerHandle;

  constructor(options: AddressBookOptions) {
    const { source } = options;
    this.#options = options;
    this.#resolver = typeof source === 'function' ? source : undefined;
    this.#addresses = typeof source === 'function' ? [] : [...new Set(source)];
  }

  /** How many addresses are known. */
  get size(): number {
    return this.#addresses.length;
  }

  /** Whether `address` is one to use. While none is known nothing is wrong with any. */
  includes(address: string): boolean {
    return this.#addresses.length === 0 || this.#addresses.includes(address);
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
    const address = chosen !== undefined && this.#addresses.includes(chosen) ? chosen : this.#leastChosen(client);
    if (address === undefined) {
      const message = `the address resolver gave no address: ${describeError(this.#refusal)}`;
      throw new CmdStreamError('connect-failed', message, { cause: this.#refusal });
    }
    this.#chosen.set(client, address);
    return address;
  }

  /** The address of `client` is of no use just now: it is to go on to the next; and perhaps there are others by now. */
  giveUp(client: number): void {
    const at = this.#addresses.indexOf(this.#chosen.get(client) ?? '');
    const next = this.#addresses[(at + 1) % this.#addresses.length];
    if (at >= 0 && next !== undefined) this.#chosen.set(client, next);
    this.refresh();
  }

  /** Asks the resolver, unless it is being asked, and again after the interval. */
  refresh(): void {
    if (this.#resolver === undefined || this.#asking !== undefined) return;
    this.#stopTimer();
    this.#asking = this.#ask(this.#resolver).finally(() => {
      this.#asking = undefined;
      this.#startTimer();
    });
  }

  /** No more questions; what is still answered changes nothing. */
  stop(): void {
    this.#resolver = undefined;
    this.#stopTimer();
  }

  /** Each client begins at another place, so that they spread. */
  #leastChosen(client: number): string | undefined {
    const { length } = this.#addresses;
    const others = [...this.#chosen].filter(([other]) => other !== client);
    let best: string | undefined;
    let fewest = Number.POSITIVE_INFINITY;
    for (let step = 0; step < length; step++) {
      const address = this.#addresses[(client + step) % length];
      const count = others.filter(([, chosen]) => chosen === address).length;
      if (count < fewest) [best, fewest] = [address, count];
    }
    return best;
  }

  async #ask(resolver: AddressResolver): Promise<void> {
    const { check, changed, warn } = this.#options;
    try {
      const given = await this.#answerOf(resolver);
      const answer = typeof given === 'string' ? [given] : given;
      if (!Array.isArray(answer) || answer.length === 0) {
        throw new CmdStreamError('invalid-argument', `it must give at least one address; got ${show(answer)}`);
      }
      for (const address of answer) check(address);
      if (this.#resolver === undefined) return;
      const before = this.#addresses;
      this.#addresses = [...new Set<string>(answer)];
      this.#refusal = undefined;
      if (before.length > 0 && before.join() !== this.#addresses.join()) changed();
    } catch (error) {
      if (this.#resolver === undefined) return;
      this.#refusal = error;
      const left = this.#addresses.length === 0 ? 'no address is known' : 'the known addresses stay in use';
      warn(`cmd-stream: the address resolver failed: ${describeError(error)}; ${left}`);
    }
  }

  /** What the resolver says, if it does so in time: a question that is never answered must not be the last one. */
  #answerOf(resolver: AddressResolver): Promise<string | readonly string[]> {
    const { clock, timeoutMs } = this.#options;
    return new Promise<string | readonly string[]>((resolve, reject) => {
      const refusal = `it did not answer within ${timeoutMs} ms (option 'handshakeTimeoutMs')`;
      this.#timer = clock.setTimeout(() => reject(new CmdStreamError('handshake-timeout', refusal)), timeoutMs);
      Promise.resolve().then(resolver).then(resolve, reject);
    }).finally(() => this.#stopTimer());
  }

  #startTimer(): void {
    const { clock, refreshMs } = this.#options;
    if (this.#resolver === undefined || !Number.isFinite(refreshMs)) return;
    this.#timer = clock.setTimeout(() => this.refresh(), refreshMs);
  }

  #stopTimer(): void {
    this.#options.clock.clearTimeout(this.#timer);
  }
}
