import { describe, expectTypeOf, test } from 'vitest';
import type {
  CallContext,
  HandlerContext,
  Invoker,
  Metadata,
  Peer,
  SenderOptions,
  SendOptions,
} from '../../src/index.ts';

describe('metadata', () => {
  test('is an object of texts, where what is undefined is left out', () => {
    const tenant: string | undefined = 'acme';
    const given: SendOptions & Pick<SenderOptions, 'metadata'> = { metadata: { tenant, name: 'x', none: undefined } };
    // @ts-expect-error: a number is no text.
    const number: SendOptions = { metadata: { tenant: 5 } };
    // @ts-expect-error: nor is a list.
    const list: SenderOptions = { address: '', metadata: { tenant: ['a'] } };
    expectTypeOf([given, number, list]).toBeArray();
  });

  test('of a handler is there, that of a peer where it has said something', () => {
    expectTypeOf<HandlerContext<null>['metadata']>().toEqualTypeOf<Metadata>();
    expectTypeOf<HandlerContext<null>['deadline']>().toBeNumber();
    expectTypeOf<Peer['metadata']>().toEqualTypeOf<Metadata | undefined>();
    const change = (metadata: Metadata) => {
      // @ts-expect-error: it belongs to its caller.
      metadata.tenant = 'other';
    };
    expectTypeOf(change).toBeFunction();
  });
});

describe('within', () => {
  test('takes the context of a handler, and of an invoker', () => {
    const handler = (_payload: string, context: HandlerContext<Date, number>): SendOptions => ({ within: context });
    const invoker: Invoker<Date> = (_command, context) => ({ within: context }) satisfies SendOptions;
    expectTypeOf<HandlerContext<Date, number>>().toExtend<CallContext>();
    expectTypeOf([handler, invoker]).toBeArray();
  });

  test('takes nothing less', () => {
    const { signal } = new AbortController();
    // @ts-expect-error: no metadata.
    const without: SendOptions = { within: { signal, deadline: 5 } };
    // @ts-expect-error: a Date is no time in milliseconds.
    const date: SendOptions = { within: { signal, deadline: new Date(), metadata: {} } };
    expectTypeOf([without, date]).toBeArray();
  });

  test("hands on what 'propagate' says", () => {
    const keys: SenderOptions = { address: '', propagate: ['tenant'] };
    const ambient: SenderOptions = { address: '', propagate: 'ambient' };
    // @ts-expect-error: no other word.
    const other: SenderOptions = { address: '', propagate: 'always' };
    expectTypeOf([keys, ambient, other]).toBeArray();
  });
});
