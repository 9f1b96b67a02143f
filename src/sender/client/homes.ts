/** A number that looks random, and is the same for the same text: FNV-1a. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return mixed(hash);
}

/** Number that decides the order in which a client likes addresses: another order for each client, and for each seed. */
export function tasteOf(client: number, seed: number): number {
  return mixed(seed + Math.imul(client + 1, 0x9e3779b1));
}

/** How little an address is liked: the least first. */
export function dislike(taste: number, addressHash: number): number {
  return mixed(addressHash ^ taste);
}

/**
 * At which address each client of a sender is at home. Each has an order of its own, by its number and the addresses'
 * texts (rendezvous hashing), so that senders that know nothing of each other spread. The clients of one sender keep even:
 * no address has two more than another. Where the addresses change, few move: see {@link Homes.among}.
 */
export class Homes {
  readonly addresses: readonly string[];
  readonly #hashes: readonly number[];
  readonly #seed: number;
  /** The place of each client that has been asked for, and of those before it, in the list of addresses. */
  readonly #homes: number[] = [];
  /** How many clients are at home at each place. */
  readonly #counts: number[];
  /** The emptiest places, while they are known. */
  #free: number[] = [];

  constructor(addresses: readonly string[], seed: number) {
    this.addresses = addresses;
    this.#hashes = addresses.map(hashOf);
    this.#counts = addresses.map(() => 0);
    this.#seed = seed;
  }

  /** The address of `client`; undefined where there is none at all. */
  of(client: number): string | undefined {
    if (this.addresses.length === 0) return undefined;
    while (this.#homes.length <= client) this.#settle(this.#homes.length, this.#best(this.#homes.length));
    return this.addresses[this.#homes[client] as number];
  }

  /**
   * The homes among other addresses. Who lives at one that stays, stays there, but for the share of an address that is new;
   * who lives at one that has gone takes the emptiest.
   */
  among(addresses: readonly string[]): Homes {
    const next = new Homes(addresses, this.#seed);
    if (addresses.length === 0) return next;
    const places = new Map(addresses.map((address, place) => [address, place]));
    const clients = [...this.#homes.keys()];
    const kept = clients.map((client) => places.get(this.of(client) as string));
    for (const client of clients) next.#settle(client, kept[client]);
    for (const client of clients) if (kept[client] === undefined) next.#settle(client, next.#best(client));
    next.#fill(new Set(this.addresses));
    next.#even();
    return next;
  }

  /** Lets clients take those addresses that were not there `before` whose homes they would be if all began anew. */
  #fill(before: ReadonlySet<string>): void {
    const anew = new Homes(this.addresses, this.#seed);
    const share = Math.ceil(this.#homes.length / this.addresses.length);
    for (const client of this.#homes.keys()) {
      const wished = anew.of(client) as string;
      const place = anew.#homes[client] as number;
      if (!before.has(wished) && (this.#counts[place] as number) < share) this.#settle(client, place);
    }
  }

  /** Moves clients from the fullest address to the emptiest until they are even. */
  #even(): void {
    for (;;) {
      const [least, most] = [Math.min(...this.#counts), Math.max(...this.#counts)];
      if (most - least < 2) return;
      const fullest = this.#counts.indexOf(most);
      const client = this.#homes.lastIndexOf(fullest);
      this.#settle(client, this.#best(client));
    }
  }

  #settle(client: number, place: number | undefined): void {
    const before = this.#homes[client];
    if (before !== undefined) (this.#counts[before] as number)--;
    this.#homes[client] = place as number;
    if (place !== undefined) (this.#counts[place] as number)++;
    // Where one leaves, others are the emptiest.
    const free = before === undefined && place !== undefined ? this.#free.indexOf(place) : -1;
    if (free >= 0) this.#free.splice(free, 1);
    else this.#free = [];
  }

  /** Of the emptiest places the one that `client` likes best. */
  #best(client: number): number {
    if (this.#free.length === 0) this.#free = this.#emptiest();
    const taste = tasteOf(client, this.#seed);
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    for (const place of this.#free) {
      const each = dislike(taste, this.#hashes[place] as number);
      if (each < least) [best, least] = [place, each];
    }
    return best;
  }

  #emptiest(): number[] {
    const least = Math.min(...this.#counts);
    return [...this.#counts.keys()].filter((place) => this.#counts[place] === least);
  }
}

/** Each bit of the result depends on each of `bits` (the end of MurmurHash3). */
function mixed(bits: number): number {
  let hash = bits;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
