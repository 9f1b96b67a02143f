/** A binary heap: gives the first of what it holds, by an order of its owner's; iterated in no order. */
export class Heap<T> {
  readonly #order: (one: T, other: T) => number;
  #values: T[] = [];

  /** @param order - negative where `one` comes before `other`, as for `Array.sort`. */
  constructor(order: (one: T, other: T) => number) {
    this.#order = order;
  }

  /** How many values it holds. */
  get size(): number {
    return this.#values.length;
  }

  /** The first of them; `undefined` where it holds none. */
  get first(): T | undefined {
    return this.#values[0];
  }

  add(value: T): void {
    const values = this.#values;
    let index = values.length;
    values.push(value);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = values[parent] as T;
      if (this.#order(above, value) <= 0) break;
      values[index] = above;
      index = parent;
    }
    values[index] = value;
  }

  removeFirst(): void {
    const values = this.#values;
    const last = values.pop();
    const { length } = values;
    if (last === undefined || length === 0) return;
    let index = 0;
    for (let child = 1; child < length; child = 2 * index + 1) {
      const right = child + 1;
      const next = right < length && this.#order(values[right] as T, values[child] as T) < 0 ? right : child;
      const below = values[next] as T;
      if (this.#order(below, last) >= 0) break;
      values[index] = below;
      index = next;
    }
    values[index] = last;
  }

  /** Holds these values in place of all that it held. */
  replaceBy(values: Iterable<T>): void {
    // What is sorted is a heap.
    this.#values = [...values].sort(this.#order);
  }

  [Symbol.iterator](): Iterator<T> {
    return this.#values.values();
  }
}
