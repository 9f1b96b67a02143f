/** Counts the outcomes of sends by kind of work. */
export class Tally {
  readonly #kinds = new Map<string, Map<string, number>>();
  readonly #totals = new Map<string, number>();
  #settled = 0;

  /** Sends counted. */
  get settled(): number {
    return this.#settled;
  }

  /** All kinds, with how often each outcome came. */
  get kinds(): ReadonlyMap<string, ReadonlyMap<string, number>> {
    return this.#kinds;
  }

  /** How often each outcome came, over all kinds; the most frequent first. */
  get totals(): readonly (readonly [outcome: string, count: number])[] {
    return [...this.#totals].sort(([, one], [, other]) => other - one);
  }

  /** A send has settled. */
  count(kind: string, outcome: string): void {
    this.#settled++;
    let outcomes = this.#kinds.get(kind);
    if (outcomes === undefined) {
      outcomes = new Map();
      this.#kinds.set(kind, outcomes);
    }
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    this.#totals.set(outcome, (this.#totals.get(outcome) ?? 0) + 1);
  }
}
