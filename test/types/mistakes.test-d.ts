import { describe, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import {
  type AnyProtocol,
  type Command,
  type CommandNameOf,
  command,
  defineProtocol,
  result,
  type Sender,
  type SingleCommandOf,
  type ValueOf,
} from '../../src/index.ts';

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
    expectTypeOf(calc.Add({ a: 1 })).toEqualTypeOf<Command<'Add', number, { a: number }>>();
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

  test('a Command with several Results where one is expected', async () => {
    const calc = defineProtocol({
      results: {
        Sum: result<number>(),
        Tick: result<{ n: number; last: boolean }>({ lastOne: (tick) => tick.last }),
        Row: result(z.object({ n: z.number() }), { lastOne: ({ n }) => n === 0 }),
      },
      commands: {
        Add: command<{ a: number }>().returns('Sum'),
        Count: command<number>().returns('Tick'),
        Read: command().returns('Row'),
        Either: command().returns('Sum', 'Tick'),
      },
    });
    const sender = {} as Sender<typeof calc>;
    await sender.send(calc.Add({ a: 1 }));
    // @ts-expect-error: Ticks follow on one another.
    await sender.send(calc.Count(3));
    // @ts-expect-error: with a schema as well.
    await sender.send(calc.Read());
    // @ts-expect-error: one of its Result types goes on.
    await sender.send(calc.Either());
    // @ts-expect-error: with a deadline as well.
    await sender.sendWithDeadline(calc.Count(3), Date.now());
    for await (const { n } of sender.sendMulti(calc.Count(3))) expectTypeOf(n).toEqualTypeOf<number>();
    // One Result is a stream of one.
    for await (const sum of sender.sendMulti(calc.Add({ a: 1 }))) expectTypeOf(sum).toEqualTypeOf<number>();
  });

  test('a Command of another protocol, also where it has a Command of that name', async () => {
    const ours = defineProtocol({
      results: { Sum: result<number>() },
      commands: { Add: command<{ a: number }>().returns('Sum') },
    });
    const values = defineProtocol({
      results: { Sum: result<string>() },
      commands: { Add: command<{ a: number }>().returns('Sum'), More: command().returns('Sum') },
    });
    const payloads = defineProtocol({
      results: { Sum: result<number>() },
      commands: { Add: command<string>().returns('Sum') },
    });
    const sender = {} as Sender<typeof ours>;
    // @ts-expect-error: it is answered by a text.
    await sender.send(values.Add({ a: 1 }));
    // @ts-expect-error: it carries a text.
    await sender.send(payloads.Add('1'));
    // @ts-expect-error: there is none of that name.
    await sender.send(values.More());
    // @ts-expect-error: as little as a stream.
    sender.sendMulti(values.Add({ a: 1 }));
    // @ts-expect-error: or with a handler.
    await sender.sendMulti(payloads.Add('1'), () => {});
  });

  test('nothing where code works with every protocol', async () => {
    const ask = <P extends AnyProtocol, Name extends CommandNameOf<P>>(
      sender: Sender<P>,
      asked: SingleCommandOf<P, Name>,
    ): Promise<ValueOf<P, Name>> => sender.send(asked);
    const calc = defineProtocol({
      results: { Sum: result<number>(), Text: result<string>() },
      commands: { Add: command<{ a: number }>().returns('Sum'), Say: command().returns('Text') },
    });
    const sender = {} as Sender<typeof calc>;
    expectTypeOf(await ask(sender, calc.Add({ a: 1 }))).toEqualTypeOf<number>();
    // Of several, one at a time.
    const either = Math.random() < 0.5 ? calc.Add({ a: 1 }) : calc.Say();
    expectTypeOf(await sender.send(either)).toEqualTypeOf<number | string>();
    const any = {} as Sender<AnyProtocol>;
    expectTypeOf(await any.send(calc.Add({ a: 1 }))).toEqualTypeOf<unknown>();
  });
});
