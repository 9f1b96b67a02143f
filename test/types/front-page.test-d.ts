import { describe, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import { command, defineProtocol, result } from '../../src/index.ts';
import type { Sender } from '../../src/sender/sender.ts';

// The protocol on the front page, word for word (but for the export).
const calc = defineProtocol({
  results: {
    Sum: result<number>(),
    Tick: result<{ n: number; last: boolean }>({ lastOne: (tick) => tick.last }),
  },
  commands: {
    Add: command<{ a: number; b: number }>().returns('Sum'),
    Countdown: command(z.object({ from: z.number().int().positive() })).returns('Tick'),
  },
});

declare const sender: Sender<typeof calc>;

describe('the front page', () => {
  test('send resolves with the bare value of the one declared Result', () => {
    expectTypeOf(sender.send(calc.Add({ a: 2, b: 3 }))).toEqualTypeOf<Promise<number>>();
    expectTypeOf(sender.sendWithDeadline(calc.Add({ a: 2, b: 3 }), 500)).toEqualTypeOf<Promise<number>>();
  });

  test('sendMulti gives the elements of a stream their type', async () => {
    for await (const { n } of sender.sendMulti(calc.Countdown({ from: 3 }))) expectTypeOf(n).toEqualTypeOf<number>();
    await sender.sendMulti(calc.Countdown({ from: 3 }), (tick) => {
      expectTypeOf(tick).toEqualTypeOf<{ n: number; last: boolean }>();
    });
    expectTypeOf(sender.sendMulti(calc.Countdown({ from: 3 }), () => {})).toEqualTypeOf<Promise<void>>();
  });

  test('a payload must be whole, of its types, and have nothing else', () => {
    // @ts-expect-error: b is missing.
    calc.Add({ a: 2 });
    // @ts-expect-error: b is a number.
    calc.Add({ a: 2, b: '3' });
    // @ts-expect-error: there is no c.
    calc.Add({ a: 2, b: 3, c: 4 });
    // @ts-expect-error: the payload is missing.
    calc.Countdown();
    // @ts-expect-error: there is no such Command.
    calc.Subtract({ a: 2, b: 3 });
  });

  test('a Command shows its name, its value and its payload, nothing more, where one looks at its type', () => {
    expectTypeOf(calc.Add).toEqualTypeOf<
      (payload: {
        a: number;
        b: number;
      }) => import('../../src/index.ts').Command<'Add', number, { a: number; b: number }>
    >();
  });
});
