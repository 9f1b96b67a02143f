// What the examples share: the protocol, which both sides import, and the server's side of it.
import { command, defineProtocol, type Handlers, result } from 'cmd-stream';
import { z } from 'zod';

/** The order of the keys is the type number on the wire: append new ones at the end. */
export const calc = defineProtocol({
  results: {
    Sum: result<number>(),
    Tick: result<{ n: number; last: boolean }>({ lastOne: (tick) => tick.last }),
  },
  commands: {
    Add: command<{ a: number; b: number }>().returns('Sum'),
    Countdown: command(z.object({ from: z.number().int().positive() })).returns('Tick'),
  },
});

/** What the Commands are executed on: the Receiver. */
export class Calculator {
  add(a: number, b: number): number {
    return a + b;
  }
}

/** How each Command is executed: it returns its Result, or yields its Results. */
export const handlers: Handlers<typeof calc, Calculator> = {
  Add: ({ a, b }, { receiver }) => receiver.add(a, b),
  async *Countdown({ from }) {
    for (let n = from; n > 0; n--) yield { n, last: n === 1 };
  },
};
