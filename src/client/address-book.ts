import { CmdStreamError, describeError } from '../errors/cmd-stream-error.ts';
import { show } from '../options/check.ts';
import type { Clock, TimerHandle } from '../system/clock.ts';
import type { Warn } from '../system/warn.ts';

/** Finds out where the service is: resolves with addresses like `10.0.0.7:9000`. */
export type AddressResolver = () => readonly string[] | Promise<readonly string[]>;

/** What an {@link AddressBook} needs. */
export interface AddressBookOptions {
  readonly source: readonly string[] | AddressResolver;
  /** How often a resolver is asked although nothing failed; Infinity: never. */
  readonly refreshMs: number;
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
  #addresses: readonly string[];
  /** The question that is being asked; one at a time. */
  #asking: Promise<void> | undefined;
  #refusal: unknown;
  #timer: TimerHandle;

  constructor(options: AddressBookOptions) {
    this.#options = options;
    this.#addresses = typeof options.source === 'function' ? [] : options.source;
  }

  /** Whether `address` is one to use. While none is known nothing is wrong with any. */
  includes(address: string): boolean {
    return this.#addresses.length === 0 || this.#addresses.includes(address);
  }

  /** The address at `turn`, round and round; asks the resolver first where nothing is known yet. */
  async pick(turn: number, signal: AbortSignal): Promise<string> {
    if (this.#addresses.length === 0) {
      this.refresh();
      await this.#asking;
      signal.throwIfAborted();
    }
    const address = this.#addresses[turn % this.#addresses.length];
    if (address !== undefined) return address;
    const reason = describeError(this.#refusal);
    throw new CmdStreamError('connect-failed', `the address resolver gave no address: ${reason}`, {
      cause: this.#refusal,
    });
  }

  /** Asks the resolver, unless it is being asked, and again after the interval. */
  refresh(): void {
    const { source } = this.#options;
    if (typeof source !== 'function' || this.#asking !== undefined) return;
    this.#stopTimer();
    this.#asking = this.#ask(source).finally(() => {
      this.#asking = undefined;
      this.#startTimer();
    });
  }

  /** No more questions. */
  stop(): void {
    this.#stopTimer();
    this.#startTimer = () => undefined;
  }

  async #ask(resolver: AddressResolver): Promise<void> {
    const { check, changed, warn } = this.#options;
    try {
      const answer = await resolver();
      if (!Array.isArray(answer) || answer.length === 0) {
        throw new CmdStreamError('invalid-argument', `it must give at least one address; got ${show(answer)}`);
      }
      for (const address of answer) check(address);
      const before = this.#addresses;
      this.#addresses = [...new Set<string>(answer)];
      this.#refusal = undefined;
      if (before.length > 0 && before.join() !== this.#addresses.join()) changed();
    } catch (error) {
      this.#refusal = error;
      warn(`cmd-stream: the address resolver failed: ${describeError(error)}; the known addresses stay in use`);
    }
  }

  #startTimer = (): void => {
    const { clock, refreshMs } = this.#options;
    if (Number.isFinite(refreshMs)) this.#timer = clock.setTimeout(() => this.refresh(), refreshMs);
  };

  #stopTimer(): void {
    this.#options.clock.clearTimeout(this.#timer);
  }
}
