import { ActiveResources } from '../../base/active-resources.ts';
import { isThenable } from '../../base/thenable.ts';

/** A handler that was called. */
interface Call {
  readonly command: string;
  readonly host: string;
  readonly atMs: number;
}

const ADVICE = 'virtual time does not; use clock.sleep, or memoryTransport (testService) in place of a simulation';

/**
 * The handlers of a simulation that have been called and have not answered yet: where it fails for want of an answer, they
 * may wait for the real world, for which virtual time does not.
 */
export class Unanswered {
  readonly #calls = new Set<Call>();
  readonly #resources = new ActiveResources();

  /** Calls a handler by `next`; what it gives is given on. */
  watch(command: string, host: string, atMs: number, next: () => unknown): unknown {
    const call: Call = { command, host, atMs };
    const answered = () => void this.#calls.delete(call);
    this.#calls.add(call);
    try {
      const outcome = next();
      if (isThenable(outcome)) outcome.then(answered, answered);
      else answered();
      return outcome;
    } catch (error) {
      answered();
      throw error;
    }
  }

  /** Hint about the handler that did not answer `command`, whose send has timed out; nothing where there is none. */
  ofCommand(command: string): string {
    for (const call of this.#calls) if (call.command === command) return this.#say(call);
    return '';
  }

  /** Hint for a simulation that does not come to its end. */
  ofAll(): string {
    const [first] = this.#calls;
    if (first !== undefined) return this.#say(first);
    const { added } = this.#resources;
    return added.length === 0 ? '' : `; the process waits for something real (${added.join(', ')}). ${ADVICE}`;
  }

  #say({ command, host, atMs }: Call): string {
    const { added } = this.#resources;
    const handler = `the handler of ${command} on '${host}', called at ${atMs} ms, has not answered`;
    const real =
      added.length === 0 ? '(a timer, a file, a socket)' : `(something real is under way: ${added.join(', ')})`;
    return `; ${handler}. If it waits for the real world ${real}: ${ADVICE}`;
  }
}
