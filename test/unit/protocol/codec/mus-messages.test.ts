import { describe, expect, it } from 'vitest';
import { command, createSender, defineProtocol, memoryTransport, result, serve } from '../../../../src/index.ts';
import { type MusOptions, mus, ord, raw, struct, varint } from '../../../../src/mus.ts';
import type { Codec } from '../../../../src/protocol/codec/codec.ts';
import { decode, encode, LARGE, readerOf } from './support.ts';

const calc = defineProtocol({
  results: {
    Sum: result<number>(),
    Tick: result<{ n: number; last: boolean }>({ lastOne: ({ last }) => last }),
    Found: result<{ key: string; tags: string[] }>(),
    Missing: result<void>(),
  },
  commands: {
    Add: command<{ a: number; b: number }>().returns('Sum'),
    Countdown: command<{ from: number }>().returns('Tick'),
    Find: command<{ key: string; limit?: number | null | undefined }>().returns('Found', 'Missing'),
    Wait: command().returns('Missing'),
  },
});

const options: MusOptions<typeof calc> = {
  commands: {
    Add: struct({ a: varint.int, b: varint.int }),
    Countdown: struct({ from: varint.positiveInt }),
    Find: struct({ key: ord.string.maxLength(10), limit: ord.ptr(varint.int) }),
    Wait: struct({}),
  },
  results: {
    Sum: varint.int,
    Tick: struct({ n: varint.positiveInt, last: ord.bool }),
    Found: struct({ key: ord.string, tags: ord.slice(ord.string) }),
    Missing: struct({}),
  },
};

const commandTypes = Object.keys(options.commands);
const resultTypes = Object.keys(options.results);
const bindCommands = (codec: Codec) => codec.bind({ kind: 'command', types: commandTypes, maxPayloadBytes: LARGE });
const bindResults = (codec: Codec) => codec.bind({ kind: 'result', types: resultTypes, maxPayloadBytes: LARGE });

describe('messages of MUS', () => {
  it('are the type number and the payload, without a length', () => {
    const codec = mus<typeof calc>(options);
    expect(encode(bindCommands(codec), 0, { a: 1, b: -1 }).toString('hex')).toBe('000201');
    expect(encode(bindCommands(codec), 3, undefined).toString('hex')).toBe('03');
    expect(encode(bindResults(codec), 1, { n: 1, last: true }).toString('hex')).toBe('010101');
  });

  it.each([
    [1, '010201', '020101'],
    [{ commands: 1, results: 5 }, '010201', '060101'],
    [{ results: 200 }, '000201', 'c9010101'],
  ])('start at the type number that the Go service starts at: %j', (firstType, add, tick) => {
    const codec = mus<typeof calc>({ ...options, firstType });
    expect(encode(bindCommands(codec), 0, { a: 1, b: -1 }).toString('hex')).toBe(add);
    expect(encode(bindResults(codec), 1, { n: 1, last: true }).toString('hex')).toBe(tick);
    expect(decode(bindCommands(codec), Buffer.from(add, 'hex'))).toStrictEqual({ type: 0, value: { a: 1, b: -1 } });
    expect(decode(bindResults(codec), Buffer.from(tick, 'hex'))).toStrictEqual({
      type: 1,
      value: { n: 1, last: true },
    });
  });

  it('of a type that is not declared close the connection: where they end is not known', () => {
    const codec = bindCommands(mus<typeof calc>({ ...options, firstType: 2 }));
    for (const [hex, number] of [
      ['00', 0],
      ['01', 1],
      ['06', 6],
      ['ff01', 255],
    ] as const) {
      expect(() => codec.decode(readerOf(Buffer.from(hex, 'hex')), { type: -1, value: undefined })).toThrow(
        expect.objectContaining({
          code: 'protocol-error',
          message: `a command of type ${number} has arrived; the protocol has 2 to 5`,
        }),
      );
    }
  });

  it("have the error Result beside the declared ones: the texts 'code' and 'message'", () => {
    const codec = bindResults(mus<typeof calc>({ ...options, firstType: 1 }));
    const bytes = encode(codec, 16_383, { code: 'command-failed', message: 'no' });
    expect(bytes.toString('latin1')).toBe('\x80\x80\x01\x0ecommand-failed\x02no');
    expect(decode(codec, bytes)).toStrictEqual({ type: 16_383, value: { code: 'command-failed', message: 'no' } });
  });

  it('travel between a sender and a server', async () => {
    const transport = memoryTransport({ maxInFlightBytes: 3 });
    const codec = mus<typeof calc>({ ...options, firstType: 1 });
    await using server = await serve(
      calc,
      undefined,
      {
        Add({ a, b }) {
          if (a === 0) throw new Error('nothing to add');
          return a + b;
        },
        async *Countdown({ from }) {
          for (let n = from; n > 0; n--) yield { n, last: n === 1 };
        },
        Find: ({ key, limit }) =>
          key === 'x' ? { type: 'Missing', value: undefined } : { type: 'Found', value: { key, tags: [`${limit}`] } },
        Wait: () => undefined,
      },
      { transport, codec, port: 0, exposeErrors: true, onHandlerError() {} },
    );
    await using sender = await createSender(calc, { transport, codec, address: server.address });
    expect(await sender.send(calc.Add({ a: 2, b: 3 }))).toBe(5);
    await expect(sender.send(calc.Add({ a: 0, b: 3 }))).rejects.toMatchObject({
      code: 'command-failed',
      message: expect.stringContaining('nothing to add'),
    });
    const ticks = [];
    for await (const { n } of sender.sendMulti(calc.Countdown({ from: 3 }))) ticks.push(n);
    expect(ticks).toEqual([3, 2, 1]);
    expect(await sender.send(calc.Find({ key: 'y' }))).toStrictEqual({
      type: 'Found',
      value: { key: 'y', tags: ['null'] },
    });
    expect(await sender.send(calc.Find({ key: 'x', limit: 1 }))).toStrictEqual({ type: 'Missing', value: {} });
    expect(await sender.send(calc.Wait())).toStrictEqual({});
    await expect(sender.send(calc.Add({ a: 0.5, b: 1 }))).rejects.toMatchObject({
      code: 'encode-failed',
      message: expect.stringContaining('payload.a is 0.5, not a whole number'),
    });
    // What could not be sent, or failed, has left nothing behind.
    expect(await sender.send(calc.Add({ a: 4, b: 5 }))).toBe(9);
  });

  it('fail alone where a payload is over the limit of its own, and where a number is more than JavaScript has', async () => {
    const transport = memoryTransport();
    await using server = await serve(
      calc,
      undefined,
      {
        Add: () => 1,
        async *Countdown() {},
        Find: () => ({ type: 'Missing', value: undefined }),
        Wait: () => undefined,
      },
      { transport, codec: mus<typeof calc>(options), port: 0 },
    );
    const lax = mus({
      ...options,
      commands: {
        ...options.commands,
        Find: struct({ key: ord.string, limit: ord.ptr(raw.int64) }),
        Add: struct({ a: varint.int64, b: varint.int64 }),
      },
    });
    await using sender = await createSender(calc, { transport, codec: lax, address: server.address, clients: 1 });
    const [tooLong, tooLarge, sound] = await Promise.allSettled([
      sender.send(calc.Find({ key: 'longer than ten' })),
      sender.send(calc.Add({ a: (2n ** 60n) as unknown as number, b: 1 })),
      sender.send(calc.Wait()),
    ]);
    expect(tooLong).toMatchObject({
      reason: { code: 'command-invalid', message: expect.stringContaining('over the limit of 10') },
    });
    expect(tooLarge).toMatchObject({
      reason: { code: 'command-invalid', message: expect.stringContaining('beyond ±(2^53 - 1)') },
    });
    expect(sound).toMatchObject({ status: 'fulfilled' });
  });
});

describe('mus()', () => {
  const refusal = (message: string) => expect.objectContaining({ code: 'invalid-argument', message });

  it.each<[what: string, options: unknown, message: string]>([
    ['no options', undefined, 'the options of mus() must be an object; got undefined'],
    ['no Commands', { results: {} }, "option 'commands' of mus() must have a serializer for each name; got undefined"],
    [
      'another option',
      { ...options, first: 1 },
      "mus() has no option 'first'; it accepts 'commands', 'results', 'firstType'",
    ],
    [
      'what is no serializer',
      { commands: { Add: 'int' }, results: {} },
      `option 'commands.Add' of mus() must be a serializer, made by varint, raw, ord, struct or transform; got "int"`,
    ],
    [
      'a maker of serializers',
      { commands: {}, results: { Sum: ord.slice } },
      "option 'results.Sum' of mus() must be a serializer, made by varint, raw, ord, struct or transform; got a function",
    ],
    [
      'a type number that is none',
      { ...options, firstType: -1 },
      "option 'firstType' must be a whole number of at least 0; got -1",
    ],
    [
      'one for the Results',
      { ...options, firstType: { results: 0.5 } },
      "option 'firstType.results' must be a whole number of at least 0; got 0.5",
    ],
    [
      'one for others',
      { ...options, firstType: { result: 1 } },
      "option 'firstType' has no option 'result'; did you mean 'results'?",
    ],
  ])('refuses %s', (_, given, message) => {
    expect(() => mus(given as MusOptions)).toThrow(refusal(message));
  });

  it('refuses a protocol that has other names, where sender and server are made', async () => {
    const { Wait, ...commands } = options.commands;
    const codec = mus({ ...options, commands });
    await expect(createSender(calc, { codec, address: 'localhost:1' })).rejects.toThrow(
      refusal("mus() has no serializer for the Command 'Wait' (option 'commands')"),
    );
    const more = mus({ ...options, results: { ...options.results, Sun: varint.int } });
    await expect(createSender(calc, { codec: more, address: 'localhost:1' })).rejects.toThrow(
      refusal("mus() has a serializer for 'Sun', which is no Result of the protocol"),
    );
    expect(() => struct({ 1: varint.int })).toThrow(
      refusal("struct(): '1' cannot be the name of a field: JavaScript would move it"),
    );
    expect(() => struct({ a: 1 as never })).toThrow(
      refusal("struct(): field 'a' must be a serializer (of varint, raw, ord, struct or transform); got 1"),
    );
  });

  it('has the serializers checked against the payloads of a protocol that is named', () => {
    const { commands, results } = options;
    const partial = struct({ a: varint.int });
    // @ts-expect-error: a Sum is a number.
    mus<typeof calc>({ commands, results: { ...results, Sum: ord.string } });
    // @ts-expect-error: what arrives would be a bigint.
    mus<typeof calc>({ commands, results: { ...results, Sum: varint.int64 } });
    // @ts-expect-error: b is missing.
    mus<typeof calc>({ results, commands: { ...commands, Add: partial } });
    // @ts-expect-error: Wait is missing.
    mus<typeof calc>({ results, commands: { Add: commands.Add, Countdown: commands.Countdown, Find: commands.Find } });
    // @ts-expect-error: there is no such Command.
    mus<typeof calc>({ results, commands: { ...commands, Sub: partial } });
    // Without a name anything goes, until sender or server are made.
    expect(mus({ commands: { Any: partial }, results: {} }).name).toBe('mus');
  });
});
