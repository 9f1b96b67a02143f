import type { Terminal } from './terminal.ts';

/** Counts what came out as expected and what did not, and says so. */
export class Scoreboard {
  readonly #out: Terminal;
  readonly #startedMs = performance.now();
  #passed = 0;
  #failed = 0;

  constructor(out: Terminal) {
    this.#out = out;
  }

  /** Notes one outcome. */
  expect(what: string, got: unknown, expected: unknown): void {
    const right = got === expected;
    if (right) this.#passed++;
    else this.#failed++;
    const mark = right ? this.#out.paint('green', '✓') : this.#out.paint('red', '✗');
    const wrong = right ? '' : this.#out.paint('red', `  (expected ${String(expected)})`);
    this.#out.line(mark, ` ${what} → ${String(got)}`, wrong);
  }

  /** Prints the sum and returns the exit code. */
  summary(): number {
    const seconds = ((performance.now() - this.#startedMs) / 1_000).toFixed(1);
    const text = `${this.#passed} as expected, ${this.#failed} not, in ${seconds} s`;
    this.#out.heading(this.#failed === 0 ? this.#out.paint('green', text) : this.#out.paint('red', text));
    return this.#failed === 0 ? 0 : 1;
  }
}
