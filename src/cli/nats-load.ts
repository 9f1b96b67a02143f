import { CmdStreamError, type Sender } from '../index.ts';
import type { calc } from './calc.ts';

const CALLERS = 60;
const WORK_MS = 20;

/** What became of the Commands that were sent in one part of the demo. */
export interface Outcomes {
  answered: number;
  wrong: number;
  /** The errors by code, and by whether the Command may have been executed: `connection-lost true`. */
  readonly failed: Map<string, number>;
}

/** Callers that send one Command after the other, until they are stopped. */
export class Load {
  /** How many of them there are: more Commands are not in flight at once. */
  readonly callers = CALLERS;
  readonly #sender: Sender<typeof calc>;
  readonly #command: (n: number) => ReturnType<typeof calc.AddLater>;
  readonly #callers: Promise<void>[];
  #outcomes: Outcomes = none();
  #inFlight = new Set<Promise<void>>();
  #isOver = false;
  #sent = 0;

  constructor(sender: Sender<typeof calc>, protocol: typeof calc) {
    this.#sender = sender;
    this.#command = (n) => protocol.AddLater({ a: n, b: 1, afterMs: WORK_MS });
    this.#callers = Array.from({ length: CALLERS }, () => this.#call());
  }

  /** Begins a part: what is sent from now on counts there. Returns what became of the one before, once all of it has ended. */
  async next(): Promise<Outcomes> {
    const before = this.#outcomes;
    const unsettled = [...this.#inFlight];
    this.#outcomes = none();
    await Promise.all(unsettled);
    return before;
  }

  /** Sends no more. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#callers);
  }

  async #call(): Promise<void> {
    while (!this.#isOver) {
      const sending = this.#send(this.#outcomes);
      this.#inFlight.add(sending);
      await sending;
      this.#inFlight.delete(sending);
    }
  }

  async #send(outcomes: Outcomes): Promise<void> {
    const n = this.#sent++;
    try {
      if ((await this.#sender.send(this.#command(n))) === n + 1) outcomes.answered++;
      else outcomes.wrong++;
    } catch (error) {
      const what = CmdStreamError.is(error) ? `${error.code} ${error.mayHaveExecuted}` : String(error);
      outcomes.failed.set(what, (outcomes.failed.get(what) ?? 0) + 1);
    }
  }
}

/** How many failed, in all. */
export function failures({ failed, wrong }: Outcomes): number {
  return wrong + [...failed.values()].reduce((sum, count) => sum + count, 0);
}

function none(): Outcomes {
  return { answered: 0, wrong: 0, failed: new Map() };
}
