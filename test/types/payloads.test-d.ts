import { describe, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import { command, defineProtocol, result, type Schema } from '../../src/index.ts';
import type { CommandsOf, InputOf, PayloadOf } from '../../src/protocol/protocol.ts';

declare const evenNumber: Schema<string, number>;

const shapes = defineProtocol({
  results: { Ok: result<true>() },
  commands: {
    Nothing: command().returns('Ok'),
    NothingSaid: command<void>().returns('Ok'),
    NothingChecked: command(z.void()).returns('Ok'),
    Text: command<string>().returns('Ok'),
    Perhaps: command<{ limit: number } | undefined>().returns('Ok'),
    Either: command<{ by: 'id'; id: number } | { by: 'name'; name: string }>().returns('Ok'),
    Null: command<null>().returns('Ok'),
    List: command<readonly number[]>().returns('Ok'),
    Bytes: command<Uint8Array>().returns('Ok'),
    Exact: command<bigint>().returns('Ok'),
    Anything: command<unknown>().returns('Ok'),
    // biome-ignore lint/suspicious/noExplicitAny: what a user may write.
    Untyped: command<any>().returns('Ok'),
    Checked: command(z.object({ from: z.number(), note: z.string().optional() })).returns('Ok'),
    Transformed: command(z.object({ at: z.string().transform((text) => new Date(text)) })).returns('Ok'),
    Defaulted: command(z.object({ limit: z.number().default(10) })).returns('Ok'),
    Even: command(evenNumber).returns('Ok'),
  },
});

type C = CommandsOf<typeof shapes>;

describe('a Command without a payload', () => {
  test('is made without an argument', () => {
    shapes.Nothing();
    shapes.NothingSaid();
    shapes.NothingChecked();
    // @ts-expect-error: it takes no payload.
    shapes.Nothing({ a: 1 });
    expectTypeOf<PayloadOf<C['Nothing']>>().toEqualTypeOf<void>();
  });

  test('differs from one whose payload may be left out', () => {
    shapes.Perhaps();
    shapes.Perhaps({ limit: 3 });
    // @ts-expect-error: the limit is a number.
    shapes.Perhaps({ limit: '3' });
    expectTypeOf<PayloadOf<C['Perhaps']>>().toEqualTypeOf<{ limit: number } | undefined>();
  });
});

describe('a payload declared by a type', () => {
  test('is what the maker takes and what the handler gets', () => {
    shapes.Text('hello');
    shapes.Null(null);
    shapes.List([1, 2]);
    shapes.Bytes(Buffer.from('hello'));
    shapes.Exact(1n);
    shapes.Either({ by: 'name', name: 'Grace' });
    // @ts-expect-error: an id goes with by: 'id'.
    shapes.Either({ by: 'name', id: 1 });
    // @ts-expect-error: a number is no text.
    shapes.Text(1);
    // @ts-expect-error: the payload is missing.
    shapes.Text();
    expectTypeOf<PayloadOf<C['Either']>>().toEqualTypeOf<{ by: 'id'; id: number } | { by: 'name'; name: string }>();
  });

  test('may be anything at all', () => {
    shapes.Anything({ some: 'thing' });
    shapes.Untyped({ some: 'thing' });
    expectTypeOf<PayloadOf<C['Anything']>>().toBeUnknown();
    expectTypeOf<PayloadOf<C['Untyped']>>().toBeAny();
  });
});

describe('a payload declared by a schema', () => {
  test('has the type that the schema checks', () => {
    shapes.Checked({ from: 1 });
    shapes.Checked({ from: 1, note: 'from one' });
    // @ts-expect-error: from is a number.
    shapes.Checked({ from: '1' });
    expectTypeOf<PayloadOf<C['Checked']>>().toEqualTypeOf<{ from: number; note?: string | undefined }>();
  });

  test('takes the input of a transforming schema and hands its output to the handler', () => {
    shapes.Transformed({ at: '2026-01-01' });
    // @ts-expect-error: the text becomes a Date at the server.
    shapes.Transformed({ at: new Date() });
    expectTypeOf<InputOf<C['Transformed']>>().toEqualTypeOf<{ at: string }>();
    expectTypeOf<PayloadOf<C['Transformed']>>().toEqualTypeOf<{ at: Date }>();

    shapes.Defaulted({});
    expectTypeOf<InputOf<C['Defaulted']>>().toEqualTypeOf<{ limit?: number | undefined }>();
    expectTypeOf<PayloadOf<C['Defaulted']>>().toEqualTypeOf<{ limit: number }>();
  });

  test('may be declared by any Standard Schema', () => {
    shapes.Even('2');
    expectTypeOf<PayloadOf<C['Even']>>().toEqualTypeOf<number>();
  });
});
