import { dislike, Homes, hashOf, tasteOf } from './homes.ts';

/** Record of what is known of one address. */
interface Place {
  readonly address: string;
  readonly hash: number;
  /** How many clients use it, or try it next. */
  users: number;
  /** Up to when it is known to be down (monotonic milliseconds). */
  downUntilMs: number;
  /** Which of all dials that have failed was the last one there: the less, the longer ago. */
  failure: number;
  /** How many connections in a row have not lived there. */
  shortLives: number;
  /** Whether it was another service that was found there. */
  isOther: boolean;
}

/** Options of {@link Places}. */
export interface PlacesOptions {
  /** Which order of the addresses is whose, among all that a sender might have: a whole number. */
  readonly seed: number;
  /** For so long an address is known to be down where a dial has failed; then it is worth a try. */
  readonly downMs: number;
  readonly nowMs: () => number;
}

/** The addresses of a service: which client is at home where, which uses which, and which are known to be down. */
export class Places {
  readonly #options: PlacesOptions;
  #places = new Map<string, Place>();
  #homes: Homes;
  /** The address that each client uses, or tries next. */
  readonly #chosen = new Map<number, string>();
  #failures = 0;

  constructor(options: PlacesOptions) {
    this.#options = options;
    this.#homes = new Homes([], options.seed);
  }

  get size(): number {
    return this.#places.size;
  }

  has(address: string): boolean {
    return this.#places.has(address);
  }

  /** These are the addresses from now on. What was known of those that stay is known still. Returns whether they are others. */
  replace(addresses: readonly string[]): boolean {
    const before = this.#places;
    this.#places = new Map(addresses.map((address) => [address, before.get(address) ?? newPlace(address)]));
    const all = [...this.#places.keys()];
    if (all.join() === [...before.keys()].join()) return false;
    this.#homes = this.#homes.among(all);
    for (const place of this.#places.values()) place.users = 0;
    for (const address of this.#chosen.values()) this.#count(address, 1);
    return true;
  }

  /** The address that `client` is to use unless it is down. */
  homeOf(client: number): string | undefined {
    return this.#homes.of(client);
  }

  /**
   * Chooses the address that `client` is to dial: its home, else the one that it has, else one that the fewest have. Of
   * addresses that are known to be down only where there is no other: one that it has not tried, the longest down.
   */
  choose(client: number, tried: ReadonlySet<string>): string | undefined {
    const own = [this.homeOf(client), this.#chosen.get(client)].find((address) => this.#isGood(address));
    const address = own ?? this.#best(client, tried)?.address;
    if (address !== undefined) this.keep(client, address);
    return address;
  }

  /** `client` uses this address, or tries it next. */
  keep(client: number, address: string): void {
    const before = this.#chosen.get(client);
    if (before === address) return;
    if (before !== undefined) this.#count(before, -1);
    this.#chosen.set(client, address);
    this.#count(address, 1);
  }

  /** A dial there has failed. Returns whether it is news that there is another service. */
  failed(address: string, isOther: boolean): boolean {
    const place = this.#places.get(address);
    if (place === undefined) return false;
    const isNews = isOther && !place.isOther;
    place.isOther = isOther;
    this.#markDown(place, this.#options.downMs);
    return isNews;
  }

  /**
   * A connection there was lost before it had lived, or does not answer. Each time in a row it is down for longer: going
   * home to a server that drops its connections costs more than a dial that fails.
   */
  dropped(address: string): void {
    const place = this.#places.get(address);
    if (place === undefined) return;
    this.#markDown(place, this.#options.downMs * Math.min(2 ** place.shortLives, MAX_TIMES_DOWN));
    place.shortLives++;
  }

  /** A connection there has lived, and was lost. */
  lived(address: string): void {
    const place = this.#places.get(address);
    if (place !== undefined) place.shortLives = 0;
  }

  /** Somebody is connected there. */
  reached(address: string): void {
    const place = this.#places.get(address);
    if (place !== undefined) Object.assign(place, { downUntilMs: Number.NEGATIVE_INFINITY, isOther: false });
  }

  /** Whether it is an address that is not known to be down. */
  isUp(address: string): boolean {
    return this.#isGood(address);
  }

  /** Whether one of them is not known to be down. */
  get isOneUp(): boolean {
    return [...this.#places.keys()].some((address) => this.#isGood(address));
  }

  /** Whether another service was found at every address, the last time that somebody looked. */
  get areAllOther(): boolean {
    return this.size > 0 && [...this.#places.values()].every(({ isOther }) => isOther);
  }

  #isGood(address: string | undefined): boolean {
    const place = address === undefined ? undefined : this.#places.get(address);
    return place !== undefined && place.downUntilMs <= this.#options.nowMs();
  }

  #markDown(place: Place, forMs: number): void {
    place.downUntilMs = this.#options.nowMs() + forMs;
    place.failure = ++this.#failures;
  }

  #count(address: string, by: number): void {
    const place = this.#places.get(address);
    if (place !== undefined) place.users += by;
  }

  #best(client: number, tried: ReadonlySet<string>): Place | undefined {
    const { seed, nowMs } = this.#options;
    const now = nowMs();
    const taste = tasteOf(client, seed);
    let best: Place | undefined;
    let [kind, count, order] = [Number.POSITIVE_INFINITY, 0, 0];
    for (const place of this.#places.values()) {
      const isDown = place.downUntilMs > now;
      const itsKind = isDown ? (place.isOther ? 2 : 1) : 0;
      if (itsKind > kind) continue;
      const itsCount = isDown ? Number(tried.has(place.address)) : place.users;
      if (itsKind === kind && itsCount > count) continue;
      const itsOrder = isDown ? place.failure : dislike(taste, place.hash);
      if (itsKind === kind && itsCount === count && itsOrder >= order) continue;
      best = place;
      kind = itsKind;
      count = itsCount;
      order = itsOrder;
    }
    return best;
  }
}

/** The longest that an address is down, in times of the shortest. */
const MAX_TIMES_DOWN = 32;

const newPlace = (address: string): Place => ({
  address,
  hash: hashOf(address),
  users: 0,
  downUntilMs: Number.NEGATIVE_INFINITY,
  failure: 0,
  shortLives: 0,
  isOther: false,
});
