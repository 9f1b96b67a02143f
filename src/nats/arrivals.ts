/** What of an arrival is asked: its bytes. */
interface Sized {
  readonly size: number;
}

/** Messages as they arrive: handed over at once, or in order once nobody pauses or holds any more. */
export class Arrivals<Arrival extends Sized> {
  /** Bytes of those that wait. */
  bytes = 0;
  paused = true;
  holding = false;
  readonly #deliver: (arrival: Arrival) => boolean;
  #waiting: Arrival[] = [];
  #first = 0;
  #reading = false;
  #tellEmpty: (() => void)[] = [];

  /** @param deliver - hands one over; returns whether it was taken, and does not wait. */
  constructor(deliver: (arrival: Arrival) => boolean) {
    this.#deliver = deliver;
  }

  /** Takes one that has arrived. */
  arrive(arrival: Arrival): void {
    if (this.isWaiting || this.paused || this.holding || this.#reading || !this.#deliver(arrival)) this.keep(arrival);
  }

  /** Puts one aside. */
  keep(arrival: Arrival): void {
    this.#waiting.push(arrival);
    this.bytes += arrival.size;
  }

  /** Whether there are any that wait. */
  get isWaiting(): boolean {
    return this.#first < this.#waiting.length;
  }

  /** Hands over what waits. */
  goOn(): void {
    if (this.#reading) return;
    this.#reading = true;
    try {
      while (this.isWaiting && !this.paused && !this.holding) {
        const arrival = this.#waiting[this.#first] as Arrival;
        // What is handed over may be the end of all: nothing waits then.
        if (!this.#deliver(arrival) || this.#waiting[this.#first] !== arrival) return;
        this.bytes -= arrival.size;
        this.#first++;
      }
    } finally {
      this.#reading = false;
      this.#forgetTaken();
      this.#lookEmpty();
    }
  }

  /** Resolves once none waits. */
  async emptied(): Promise<void> {
    if (this.isWaiting) await new Promise<void>((resolve) => this.#tellEmpty.push(resolve));
  }

  /** Drops what waits. */
  clear(): void {
    this.#waiting = [];
    this.#first = 0;
    this.bytes = 0;
    this.#lookEmpty();
  }

  #lookEmpty(): void {
    if (this.isWaiting || this.#tellEmpty.length === 0) return;
    for (const tell of this.#tellEmpty) tell();
    this.#tellEmpty = [];
  }

  #forgetTaken(): void {
    if (this.#first * 2 < this.#waiting.length) return;
    this.#waiting = this.#waiting.slice(this.#first);
    this.#first = 0;
  }
}
