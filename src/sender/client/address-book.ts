import { CmdStreamError, describeError } from '../../base/errors/cmd-stream-error.ts';
import { Places } from './places.ts';
import { type AddressResolver, Resolving, type ResolvingOptions } from './resolving.ts';

export type { AddressResolver } from './resolving.ts';

/** Parts of an {@link AddressBook}. */
export interface AddressBookOptions extends ResolvingOptions {
  readonly source: readonly string[] | AddressResolver;
  /** For so long an address is known to be down where a dial has failed. */
  readonly downMs: number;
  /** Decides which client is at home at which address: a whole number, another one for each sender. */
  readonly seed: number;
  /** Another service was found at an address, which it was not before. */
  readonly mismatched: (error: CmdStreamError) => void;
}

/** Where the clients of a group may connect to: a fixed list, or what a resolver says. */
export class AddressBook {
  readonly #options: AddressBookOptions;
  readonly #places: Places;
  readonly #resolving: Resolving;
  /** One for each client that is on its way home, beside a connection elsewhere. */
  readonly #ways = new Set<object>();

  constructor(options: AddressBookOptions) {
    const { source, seed, downMs, clock } = options;
    this.#options = options;
    this.#places = new Places({ seed, downMs, nowMs: () => clock.monotonicMs() });
    this.#resolving = new Resolving(options, this.#places, typeof source === 'function' ? source : undefined);
    if (typeof source !== 'function') this.#places.replace(source);
  }

  /** Calls `listener`, of which there is one, whenever the addresses are others than before. */
  onChange(listener: () => void): void {
    this.#resolving.onChange(listener);
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
      await this.#resolving.answered();
      signal.throwIfAborted();
    }
    const address = this.#places.choose(client, tried);
    if (address !== undefined) return address;
    const { error } = this.#resolving;
    throw new CmdStreamError('connect-failed', `the address resolver gave no address: ${describeError(error)}`, {
      cause: error,
    });
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
    this.#resolving.refresh();
  }

  /** No more questions; what is still answered changes nothing. */
  stop(): void {
    this.#resolving.stop();
  }
}

const NOTHING: ReadonlySet<string> = new Set();
