import { command, defineProtocol, result } from 'cmd-stream';
import { z } from 'zod';

/** The protocol that end-to-end tests speak. */
export const calc = defineProtocol({
  results: {
    Sum: result<number>(),
    Tick: result<{ n: number; last: boolean }>({ lastOne: (tick) => tick.last }),
    Text: result<string>(),
    Missing: result<{ key: string }>(),
  },
  commands: {
    Add: command<{ a: number; b: number }>().returns('Sum'),
    Countdown: command(z.object({ from: z.number().int().positive() })).returns('Tick'),
    Echo: command<string>().returns('Text'),
    Find: command<{ key: string }>().returns('Text', 'Missing'),
    Fail: command<{ message: string }>().returns('Sum'),
    Wait: command<{ ms: number }>().returns('Sum'),
  },
});

/** The type numbers of {@link calc}'s Results. */
export const SUM = 0;
export const TICK = 1;
export const TEXT = 2;
export const MISSING = 3;
/** The error Result's, whatever the protocol. */
export const ERROR = 16_383;
