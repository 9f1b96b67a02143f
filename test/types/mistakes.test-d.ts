import { describe, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import { type Command, command, defineProtocol, result } from '../../src/index.ts';

// Each expected error stands on the line in front of the mistake: the compiler points at the mistake, not at the call.
describe('the compiler points at', () => {
  test('a Result name that does not exist', () => {
    defineProtocol({
      results: { Sum: result<number>(), Tick: result<{ n: number }>() },
      commands: {
        Add: command<{ a: number }>().returns('Sum'),
        // @ts-expect-error: Smu is no Result.
        Misspelt: command<{ a: number }>().returns('Smu'),
        // @ts-expect-error: Tock is no Result.
        Second: command(z.string()).returns('Sum', 'Tock'),
      },
    });
  });

  test('nothing else: a misspelt name leaves the other Commands their types', () => {
    const calc = defineProtocol({
      results: { Sum: result<number>() },
      commands: {
        Add: command<{ a: number }>().returns('Sum'),
        // @ts-expect-error: Smu is no Result.
        Misspelt: command<{ a: number }>().returns('Smu'),
      },
    });
    expectTypeOf(calc.Add({ a: 1 })).toEqualTypeOf<Command<'Add', number>>();
  });

  test('a Command without returns()', () => {
    defineProtocol({
      results: { Sum: result<number>() },
      commands: {
        // @ts-expect-error: returns() is missing.
        Add: command<{ a: number }>(),
      },
    });
  });

  test('returns() without a name', () => {
    // @ts-expect-error: at least one name is needed.
    command<{ a: number }>().returns();
  });

  test('a Result among the Commands, and a Command among the Results', () => {
    defineProtocol({
      results: { Sum: result<number>() },
      commands: {
        // @ts-expect-error: that is no Command.
        Add: result<number>(),
      },
    });
    defineProtocol({
      results: {
        // @ts-expect-error: that is no Result.
        Sum: command<number>().returns('Sum'),
      },
      commands: {},
    });
  });

  test('what is no schema', () => {
    // @ts-expect-error: an object is no schema.
    command({ a: 'number' });
    // @ts-expect-error: a misspelt option.
    result<number>({ lastone: () => true });
  });

  test('a lastOne that does not suit the Result', () => {
    result<{ n: number }>({
      // @ts-expect-error: there is no last.
      lastOne: (tick) => tick.last,
    });
    result(z.object({ n: z.number() }), {
      // @ts-expect-error: there is no last.
      lastOne: (tick) => tick.last,
    });
    result<{ last: boolean }>({
      // @ts-expect-error: it says yes or no.
      lastOne: (tick) => (tick.last ? 'yes' : 'no'),
    });
  });
});
