/** What was not as it must be: all counted, the first few kept to be printed in full. */
export class VerifyErrors {
  readonly first: string[] = [];
  #count = 0;
  readonly #kept: number;

  constructor(kept = 10) {
    this.#kept = kept;
  }

  get count(): number {
    return this.#count;
  }

  add(what: string): void {
    this.#count++;
    if (this.first.length < this.#kept) this.first.push(what);
  }
}
