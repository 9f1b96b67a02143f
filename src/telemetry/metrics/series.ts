import type { Attributes, Point } from './family.ts';

/** So many series one family has at most: names of methods and codes are few, addresses may be many. */
const MAX_SERIES = 2_000;
/** Attributes of the series that stands for all beyond: https://opentelemetry.io/docs/specs/otel/metrics/sdk/#overflow-attribute */
const OVERFLOW: Attributes = { 'otel.metric.overflow': true };

/** The series of one family, each found by a text that stands for its attributes. */
export class SeriesSet<One> {
  readonly #make: () => One;
  readonly #all = new Map<string, { readonly attributes: Attributes; readonly one: One }>();

  constructor(make: () => One) {
    this.#make = make;
  }

  /** The series of `key`; where it is new, with the attributes that `describe` gives. */
  at(key: string, describe: () => Attributes): One {
    const found = this.#all.get(key);
    if (found !== undefined) return found.one;
    if (this.#all.size >= MAX_SERIES && key !== '') return this.at('', () => OVERFLOW);
    const one = this.#make();
    this.#all.set(key, { attributes: describe(), one });
    return one;
  }

  /** All of them, each by its value. */
  points<Value>(read: (one: One) => Value): Point<Value>[] {
    return [...this.#all.values()].map(({ attributes, one }) => ({ attributes, value: read(one) }));
  }
}

/** A number that goes up. */
export class Counter {
  value = 0;
}
