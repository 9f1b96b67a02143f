/** Collects latencies. Grows by doubling, so that hardly any garbage is made while the clock is running. */
export class Latencies {
  #values = new Float64Array(1 << 16);
  #count = 0;

  /** Adds one. */
  add(latencyMs: number): void {
    if (this.#count === this.#values.length) {
      const grown = new Float64Array(2 * this.#count);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.#count++] = latencyMs;
  }

  /** All of them, the shortest first. */
  sorted(): Float64Array {
    return this.#values.slice(0, this.#count).sort();
  }
}
