/** A number that looks random, and is the same for the same text: FNV-1a. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return mixed(hash);
}

/** What decides the order in which a client likes addresses: another order for each client, and for each seed. */
export function tasteOf(client: number, seed: number): number {
  return mixed(seed + Math.imul(client + 1, 0x9e3779b1));
}

/** How little an address is liked: the least first. */
export function dislike(taste: number, addressHash: number): number {
  return mixed(addressHash ^ taste);
}

/**
 * At which address each client of a sender is at home. Each has an order of its own, by its number and the addresses'
 * texts (rendezvous hashing), so that senders that know nothing of each other spread, and an address that comes or goes
 * moves its share of them. The clients of one sender take turns: no address has two more than another.
 */
export class Homes {
  readonly addresses: readonly string[];
  readonly #hashes: readonly number[];
  readonly #seed: number;
  /** The home of each client that has been asked for, and of those before it. */
  readonly #homes: string[] = [];
  /** The places in the list that are free still in this round: in each every address is taken once. */
  #free: number[] = [];

  constructor(addresses: readonly string[], seed: number) {
    this.addresses = addresses;
    this.#hashes = addresses.map(hashOf);
    this.#seed = seed;
  }

  /** The address of `client`; undefined where there is none at all. */
  of(client: number): string | undefined {
    if (this.addresses.length === 0) return undefined;
    while (this.#homes.length <= client) this.#homes.push(this.#next(this.#homes.length));
    return this.#homes[client];
  }

  #next(client: number): string {
    if (this.#free.length === 0) this.#free = [...this.addresses.keys()];
    const free = this.#free;
    const taste = tasteOf(client, this.#seed);
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let at = 0; at < free.length; at++) {
      const each = dislike(taste, this.#hashes[free[at] as number] as number);
      if (each < least) [best, least] = [at, each];
    }
    const [place = 0] = this.#free.splice(best, 1);
    return this.addresses[place] as string;
  }
}

/** Each bit of the result depends on each of `bits` (the end of MurmurHash3). */
function mixed(bits: number): number {
  let hash = bits;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
