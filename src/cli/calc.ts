import { setTimeout as delay } from 'node:timers/promises';
import { command, defineProtocol, type Handlers, result } from '../index.ts';
import { aNumber, numbers, wholeNumberWithin } from './payload.ts';

/**
 * The protocol of `cmd-stream demo` and `cmd-stream serve`: that of `examples/calc.ts`, and one Command more at its end.
 * The Results are the same, so that `cmd-stream call --protocol examples/calc.ts` speaks to `cmd-stream serve`.
 */
export const calc = defineProtocol({
  results: {
    Sum: result<number>(),
    Tick: result<{ n: number; last: boolean }>({ lastOne: (tick) => tick.last }),
  },
  commands: {
    Add: command(numbers({ a: aNumber, b: aNumber })).returns('Sum'),
    Countdown: command(numbers({ from: wholeNumberWithin(1, 1_000_000_000) })).returns('Tick'),
    AddLater: command(numbers({ a: aNumber, b: aNumber, afterMs: wholeNumberWithin(0, 60_000) })).returns('Sum'),
  },
});

/** The receiver: the Commands of {@link calc} are executed on it. */
export class Calculator {
  /** How many sums it has made. */
  sums = 0;

  add(a: number, b: number): number {
    this.sums++;
    return a + b;
  }
}

/** The handlers of {@link calc}. */
export const handlers: Handlers<typeof calc, Calculator> = {
  Add: ({ a, b }, { receiver }) => receiver.add(a, b),
  async *Countdown({ from }) {
    for (let n = from; n > 0; n--) yield { n, last: n === 1 };
  },
  async AddLater({ a, b, afterMs }, { receiver, signal }) {
    await delay(afterMs, undefined, { signal });
    return receiver.add(a, b);
  },
};
