import { describe, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import {
  type Command,
  command,
  defineProtocol,
  type Handlers,
  type ResultDefinition,
  result,
  type TaggedResult,
} from '../../src/index.ts';
import type {
  CommandsOf,
  HandlerValue,
  InputOf,
  PayloadOf,
  ResultInput,
  ResultNamesOf,
  ResultOutput,
  ResultsOf,
  SendValue,
} from '../../src/protocol/protocol.ts';
import type { Sender } from '../../src/sender/sender.ts';

interface User {
  readonly id: string;
}

const users = defineProtocol({
  results: {
    Found: result<User>(),
    Missing: result<null>(),
    Count: result(z.object({ total: z.string().transform(Number) }), {
      lastOne: (count) => {
        expectTypeOf(count).toEqualTypeOf<{ total: number }>();
        return true;
      },
    }),
    Done: result<void>(),
  },
  commands: {
    Find: command<string>().returns('Found', 'Missing'),
    Count: command().returns('Count'),
    Watch: command<string>().returns('Found', 'Count', 'Done'),
    Stop: command().returns('Done'),
  },
});

type R = ResultsOf<typeof users>;
type C = CommandsOf<typeof users>;

declare const sender: Sender<typeof users>;

describe('a Command with several Result types', () => {
  test('is answered by a tagged union', async () => {
    const answer = await sender.send(users.Find('u-1'));
    expectTypeOf(answer).toEqualTypeOf<TaggedResult<'Found', User> | TaggedResult<'Missing', null>>();
    if (answer.type === 'Found') expectTypeOf(answer.value).toEqualTypeOf<User>();
    else expectTypeOf(answer.value).toEqualTypeOf<null>();
    // @ts-expect-error: a Find is not answered by a Count.
    if (answer.type === 'Count') return;
  });

  test('gives a stream of the tagged union', async () => {
    for await (const answer of sender.sendMulti(users.Watch('u-1'))) {
      expectTypeOf(answer.type).toEqualTypeOf<'Found' | 'Count' | 'Done'>();
      if (answer.type === 'Count') expectTypeOf(answer.value).toEqualTypeOf<{ total: number }>();
    }
  });

  test('is answered by its handler with the tagged union of what the schemas take', () => {
    expectTypeOf<HandlerValue<R, ResultNamesOf<C['Watch']>>>().toEqualTypeOf<
      TaggedResult<'Found', User> | TaggedResult<'Count', { total: string }> | TaggedResult<'Done', void>
    >();
  });
});

describe('a Command with one Result type', () => {
  test('is answered by the bare value, by its handler as well', async () => {
    for await (const count of sender.sendMulti(users.Count())) {
      expectTypeOf(count).toEqualTypeOf<{ total: number }>();
    }
    expectTypeOf<HandlerValue<R, 'Count'>>().toEqualTypeOf<{ total: string }>();
    expectTypeOf(await sender.send(users.Stop())).toEqualTypeOf<void>();
  });

  test('has the bare value also where that is a union', () => {
    type Colours = { Colour: import('../../src/index.ts').ResultDefinition<'red' | 'blue', 'red' | 'blue'> };
    expectTypeOf<SendValue<Colours, 'Colour'>>().toEqualTypeOf<'red' | 'blue'>();
    expectTypeOf<HandlerValue<Colours, 'Colour'>>().toEqualTypeOf<'red' | 'blue'>();
  });
});

describe('a Result that nothing is said of', () => {
  const jobs = defineProtocol({
    results: { Done: result(), Line: result<string>(), Last: result({ lastOne: (n: number) => n === 0 }) },
    commands: {
      Stop: command().returns('Done'),
      Print: command<string>().returns('Line', 'Done'),
      Count: command().returns('Last'),
    },
  });

  test('carries nothing, as a Command that nothing is said of does', () => {
    expectTypeOf(result()).toEqualTypeOf<ResultDefinition<void, void, false>>();
    expectTypeOf<ResultOutput<ResultsOf<typeof jobs>['Done']>>().toEqualTypeOf<void>();
    expectTypeOf<ResultInput<ResultsOf<typeof jobs>['Done']>>().toEqualTypeOf<void>();
  });

  test('is void for the client', async () => {
    const client = {} as Sender<typeof jobs>;
    expectTypeOf(client.send(jobs.Stop())).toEqualTypeOf<Promise<void>>();
    expectTypeOf(client.send(jobs.Print('x'))).toEqualTypeOf<
      Promise<TaggedResult<'Line', string> | TaggedResult<'Done', void>>
    >();
  });

  test('is void for the handler', () => {
    const handlers: Handlers<typeof jobs, undefined> = {
      Stop: () => {},
      Print: (text) => (text === '' ? { type: 'Done', value: undefined } : { type: 'Line', value: text }),
      Count: () => 0,
    };
    const promising: Pick<typeof handlers, 'Stop'> = { Stop: async () => {} };
    // @ts-expect-error: a Done carries nothing.
    const talkative: Pick<typeof handlers, 'Stop'> = { Stop: async () => 'done' };
    expectTypeOf([promising, talkative]).toBeArray();
    expectTypeOf<HandlerValue<ResultsOf<typeof jobs>, 'Done'>>().toEqualTypeOf<void>();
  });

  test('leaves the type to lastOne where there is one', () => {
    expectTypeOf<ResultOutput<ResultsOf<typeof jobs>['Last']>>().toEqualTypeOf<number>();
  });
});

describe('the types of a protocol', () => {
  test('can be taken from it by name', () => {
    expectTypeOf<keyof C>().toEqualTypeOf<'Find' | 'Count' | 'Watch' | 'Stop'>();
    expectTypeOf<keyof R>().toEqualTypeOf<'Found' | 'Missing' | 'Count' | 'Done'>();
    expectTypeOf<PayloadOf<C['Find']>>().toEqualTypeOf<string>();
    expectTypeOf<InputOf<C['Find']>>().toEqualTypeOf<string>();
    expectTypeOf<ResultOutput<R['Count']>>().toEqualTypeOf<{ total: number }>();
    expectTypeOf<ResultInput<R['Count']>>().toEqualTypeOf<{ total: string }>();
    expectTypeOf<ResultNamesOf<C['Find']>>().toEqualTypeOf<'Found' | 'Missing'>();
  });

  test('keep a sender to the Commands of its protocol', () => {
    const other = defineProtocol({
      results: { Pong: result<string>() },
      commands: { Ping: command().returns('Pong') },
    });
    // @ts-expect-error: Ping is no Command of users.
    sender.send(other.Ping());
    const any: Command = other.Ping();
    // @ts-expect-error: its name is not known.
    sender.send(any);
  });
});
