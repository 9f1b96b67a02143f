import type { TestRandom } from '../../support/random.ts';
import { delay, delayAborted, delayTooLong, failing } from './others.ts';
import { add, echo, find, kinds, special } from './single.ts';
import { stream, streamAborted, streamLeft, streamOfSome } from './streams.ts';
import type { Work, WorkMaker } from './work.ts';

/** All kinds of work with their shares, in percent. */
const MIX: readonly { readonly make: WorkMaker; readonly weight: number }[] = [
  { make: echo, weight: 32 },
  { make: add, weight: 25 },
  { make: find, weight: 10 },
  { make: kinds, weight: 5 },
  { make: special, weight: 3 },
  { make: stream, weight: 7 },
  { make: streamOfSome, weight: 3 },
  { make: streamLeft, weight: 3 },
  { make: streamAborted, weight: 3 },
  { make: delay, weight: 4 },
  { make: delayTooLong, weight: 2 },
  { make: delayAborted, weight: 2 },
];

/** In percent. Where it costs a connection, one in ten thousand is enough to lose one every few seconds. */
const FAILING_WEIGHT = { harmless: 1, closesConnection: 0.01 };

/** What is sent, Command by Command; a seed repeats it. */
export class Workload {
  readonly #random: TestRandom;
  readonly #mix: typeof MIX;
  #id = 0;

  constructor(random: TestRandom, failureClosesConnection: boolean) {
    this.#random = random;
    const weight = failureClosesConnection ? FAILING_WEIGHT.closesConnection : FAILING_WEIGHT.harmless;
    this.#mix = [...MIX, { make: failing, weight }];
  }

  /** The id of the Command that was made last: they count from 1. */
  get lastId(): number {
    return this.#id;
  }

  next(): Work {
    this.#id++;
    return this.#random.weighted(this.#mix).make(this.#id, this.#random);
  }
}
