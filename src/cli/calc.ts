import { setTimeout as delay } from 'node:timers/promises';
import { command, defineProtocol, result } from '../index.ts';
import type { Handlers } from '../server/handlers.ts';

/** The protocol of `cmd-stream demo` and `cmd-stream serve`. */
export const calc = defineProtocol({
  results: {
    Sum: result<number>(),
    Tick: result<{ n: number; last: boolean }>({ lastOne: (tick) => tick.last }),
    Done: result<{ afterMs: number }>(),
  },
  commands: {
    Add: command<{ a: number; b: number }>().returns('Sum'),
    Countdown: command<{ from: number }>().returns('Tick'),
    Delay: command<{ ms: number }>().returns('Done'),
  },
});

/** What the Commands of {@link calc} are executed on. */
export class Calculator {
  /** How many Commands it has executed. */
  executed = 0;

  add(a: number, b: number): number {
    this.executed++;
    return a + b;
  }
}

/** The handlers of {@link calc}. */
export const handlers: Handlers<typeof calc, Calculator> = {
  Add: ({ a, b }, { receiver }) => receiver.add(a, b),
  async *Countdown({ from }) {
    for (let n = from; n > 0; n--) yield { n, last: n === 1 };
  },
  async Delay({ ms }, { signal }) {
    await delay(ms, undefined, { signal });
    return { afterMs: ms };
  },
};
