import { randomBytes, randomInt } from 'node:crypto';

/** What is echoed. */
export interface Message {
  readonly Bool: boolean;
  readonly Int64: number;
  readonly String: string;
  readonly Float64: number;
}

/** How many strings there are; made before the clock runs. */
const STRINGS = 256;

/** Makes messages that differ from each other, and checks what comes back for them. */
export class Messages {
  readonly #strings: readonly string[];
  #count = 0;

  /** @param shortest, longest - how many characters their strings have: any number from the one to the other. */
  constructor(shortest: number, longest = shortest) {
    this.#strings = Array.from({ length: STRINGS }, () => randomString(randomInt(shortest, longest + 1)));
  }

  /** The next message; no two of a million in a row are alike. */
  next(): Message {
    const count = this.#count++ % 1_000_000;
    return {
      Bool: (count & 1) === 0,
      // Large enough to take the four bytes that most numbers of a real message take.
      Int64: 1_000_000_000 + count,
      String: this.#strings[count % STRINGS] as string,
      Float64: count + 0.25,
    };
  }
}

/** @throws Error where `echoed` is not what was sent: a bench of wrong answers measures nothing. */
export function check(sent: Message, echoed: Message): void {
  if (
    echoed.Int64 !== sent.Int64 ||
    echoed.String !== sent.String ||
    echoed.Float64 !== sent.Float64 ||
    echoed.Bool !== sent.Bool
  ) {
    throw new Error(`sent ${JSON.stringify(sent)}, got ${JSON.stringify(echoed)} back`);
  }
}

function randomString(length: number): string {
  return randomBytes(length).toString('hex').slice(0, length);
}
