import { isThenable } from '../base/thenable.ts';
import type { Warnings } from '../base/warnings.ts';

/** What is run within a span, as far as it says how. */
interface Running {
  run?(call: () => void): unknown;
}

/**
 * Way into what those who watch have given, who must disturb nothing: what they throw, what promises of theirs reject with, and
 * what they return in place of what they should, becomes a warning.
 */
export class Guard {
  readonly #warnings: Warnings;

  constructor(warnings: Warnings) {
    this.#warnings = warnings;
  }

  /** Calls a method of theirs that returns nothing. */
  call(what: string, call: () => unknown): void {
    try {
      const returned = call();
      if (returned !== undefined) this.watch(what, returned);
    } catch (error) {
      this.failed(what, error);
    }
  }

  /** Takes what a method that is to return nothing has returned: an async function passes for one. */
  watch(what: string, returned: unknown): void {
    this.#warnings.watchPromise(nameOf(what), returned);
  }

  /** An object that they may return; `undefined` where it is none. A promise is none: what it resolves with comes too late. */
  object<One extends object>(what: string, returned: One | undefined): One | undefined {
    if (returned === undefined || returned === null) return undefined;
    if (typeof returned === 'object' && !isThenable(returned)) return returned;
    this.watch(what, returned);
    const kind = typeof returned === 'object' ? 'a promise' : `a ${typeof returned}`;
    this.failed(what, new TypeError(`it must return an object, or nothing; got ${kind}`));
    return undefined;
  }

  /** Calls what must not throw, within a span; whatever that does, once. */
  runWithin(span: Running, call: () => void): void {
    let isCalled = false;
    const once = () => {
      if (isCalled) return;
      isCalled = true;
      call();
    };
    this.call('run', () => span.run?.(once));
    once();
  }

  failed(what: string, error: unknown): void {
    this.#warnings.userCodeFailed(nameOf(what), error);
  }
}

const nameOf = (what: string) => `'${what}' of the option 'telemetry'`;
