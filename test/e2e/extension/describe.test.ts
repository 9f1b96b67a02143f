import { CommandFailure, command, createSender, defineProtocol, result, type ServerOptions, serve } from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { encodeWelcome } from '../../../src/wire/extension/introduction.ts';
import { stage } from '../client/stage.ts';
import { RawClient } from '../server/raw-client.ts';

const { onEnd } = stage();

/** A validator that takes everything, and gives what `input` gives as its JSON Schema. */
function saying<T>(input: () => unknown) {
  const props = { version: 1, vendor: 'test', validate: (value: unknown) => ({ value: value as T }) } as const;
  return { '~standard': { ...props, jsonSchema: { input, output: input } } };
}

const cyclic: Record<string, unknown> = {};
cyclic.self = cyclic;
let asked = 0;

const protocol = defineProtocol({
  results: {
    Sum: result<number>(),
    Tick: result<{ n: number; last: boolean }>({ lastOne: (tick) => tick.last }),
    Missing: result(),
  },
  commands: {
    Add: command(z.object({ a: z.number(), b: z.number().optional() })).returns('Sum'),
    Count: command<number>().returns('Tick'),
    Find: command(z.string().transform((text) => text.length)).returns('Sum', 'Missing'),
    Asked: command(saying<void>(() => ({ type: 'null', title: `${++asked}` }))).returns('Missing'),
    Throws: command(
      saying<void>(() => {
        throw new Error('no schema');
      }),
    ).returns('Missing'),
    Rejects: command(saying<void>(async () => Promise.reject(new Error('no schema')))).returns('Missing'),
    Text: command(saying<void>(() => 'text')).returns('Missing'),
    List: command(saying<void>(() => [1])).returns('Missing'),
    Cyclic: command(saying<void>(() => cyclic)).returns('Missing'),
    Big: command(saying<void>(() => ({ const: 5n }))).returns('Missing'),
    Nothing: command(saying<void>(() => undefined)).returns('Missing'),
    Unfit: command(z.date()).returns('Missing'),
    Trap: command({
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value) => ({ value: value as undefined }),
        get jsonSchema(): never {
          throw new Error('a getter');
        },
      },
    }).returns('Missing'),
  },
});

async function served(options: ServerOptions = {}) {
  const nothing = () => undefined;
  const server = await serve(
    protocol,
    undefined,
    {
      Add: ({ a, b = 0 }) => {
        if (b < 0) throw new CommandFailure('failed', 'negative');
        return a + b;
      },
      async *Count(from) {
        for (let n = from; n > 0; n--) yield { n, last: n === 1 };
      },
      Find: (length) => ({ type: 'Sum', value: length }) as const,
      Asked: nothing,
      Throws: nothing,
      Rejects: nothing,
      Text: nothing,
      List: nothing,
      Cyclic: nothing,
      Big: nothing,
      Nothing: nothing,
      Unfit: nothing,
      Trap: nothing,
    },
    options,
  );
  onEnd(() => server.close());
  return server;
}

async function raw(port: number): Promise<RawClient> {
  const client = await RawClient.open(port);
  onEnd(() => client[Symbol.asyncDispose]());
  return client;
}

const names = Object.keys(protocol);

describe('a server', () => {
  it('tells a client that asks for it the schemas that its validators give, and which Results answer', async () => {
    const { port } = await served();
    const welcome = await (await raw(port)).greet({ describe: true });
    expect(welcome.commands).toEqual(names);
    const number = { type: 'number' };
    expect(welcome.schemas).toEqual({
      Add: { type: 'object', properties: { a: number, b: number }, required: ['a'] },
      Find: { type: 'string' },
      Asked: { type: 'null', title: '1' },
    });
    expect(welcome.returns).toEqual([[0], [1], [0, 2], ...names.slice(3).map(() => [2])]);
    expect(welcome).toMatchObject({ several: [1], ends: true });
  });

  it('asks its validators for the first client that wants to know, and for no other', async () => {
    asked = 0;
    const { port } = await served();
    expect(await (await raw(port)).greet()).toMatchObject({ schemas: {}, returns: [], several: [], ends: false });
    expect(asked).toBe(0);
    for (const _ of [1, 2]) expect((await (await raw(port)).greet({ describe: true })).schemas).toHaveProperty('Asked');
    expect(asked).toBe(1);
  });

  it('tells the names and nothing else where it is not to describe', async () => {
    asked = 0;
    const { port } = await served({ describe: false });
    const welcome = await (await raw(port)).greet({ describe: true });
    expect(welcome).toMatchObject({ commands: names, schemas: {}, returns: [], several: [] });
    expect(asked).toBe(0);
  });

  it('tells nothing of what it has to a client that may not come in', async () => {
    const { port } = await served({ authorize: () => false, onAcceptError() {} });
    const welcome = await (await raw(port)).greet({ describe: true });
    expect(welcome).toMatchObject({ commands: [], results: [], schemas: {}, returns: [] });
    expect(welcome.refused).toMatch(/'authorize' has refused it/);
  });

  it('leaves out the schemas that have no room, the largest first', async () => {
    const small = { type: 'string', description: 'x'.repeat(20_000) };
    const wide = defineProtocol({
      results: { Done: result() },
      commands: {
        Huge: command(saying<void>(() => ({ description: 'é'.repeat(40_000) }))).returns('Done'),
        A: command(saying<void>(() => small)).returns('Done'),
        B: command(saying<void>(() => small)).returns('Done'),
        C: command(saying<void>(() => small)).returns('Done'),
        D: command(saying<void>(() => small)).returns('Done'),
      },
    });
    const nothing = () => undefined;
    const handlers = { Huge: nothing, A: nothing, B: nothing, C: nothing, D: nothing };
    const server = await serve(wide, undefined, handlers);
    onEnd(() => server.close());
    const welcome = await (await raw(server.port)).greet({ describe: true });
    expect(welcome.schemas).toEqual({ A: small, B: small, C: small });
    expect(welcome.commands).toEqual(['Huge', 'A', 'B', 'C', 'D']);
    expect(encodeWelcome(welcome).length).toBeLessThan(64 * 1024);
  });

  it('tells a client that has no protocol when a Command has had its last Result, and no other', async () => {
    const { port } = await served();
    for (const describes of [true, false]) {
      const client = await raw(port);
      await client.greet({ describe: describes });
      client.send(2, 0, { a: 2, b: 3 });
      client.send(3, 1, 3);
      client.send(4, 2, 'four');
      client.send(5, 0, { a: 1, b: -1 });
      client.send(6, 0, 'no object');
      await client.until(() => client.received.length === 7);
      await client.settled();
      // A failure is an end of its own.
      expect(client.told.sort()).toEqual(describes ? ['ended 2', 'ended 3', 'ended 4'] : []);
    }
  });

  it('is none the worse for it: a sender connects and is answered', async () => {
    const { address } = await served();
    await using sender = await createSender(protocol, { address });
    expect(await sender.send(protocol.Add({ a: 2 }))).toBe(2);
    expect(await sender.send(protocol.Find('four'))).toEqual({ type: 'Sum', value: 4 });
  });
});
