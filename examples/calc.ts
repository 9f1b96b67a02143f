// The protocol of the examples, shared by both sides. The order of the keys is the type number on the wire.
import { command, defineProtocol, result } from 'cmd-stream';
import { z } from 'zod';

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

/** What the Commands are executed on. */
export class Calculator {
  add(a: number, b: number): number {
    return a + b;
  }
}
