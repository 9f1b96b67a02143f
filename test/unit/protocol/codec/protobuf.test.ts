import { create, toBinary } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteWriter } from '../../../../src/base/bytes/byte-writer.ts';
import { command, createSender, defineProtocol, memoryTransport, result, serve } from '../../../../src/index.ts';
import { type ProtobufOptions, protobuf } from '../../../../src/protobuf.ts';
import { BadPayload } from '../../../../src/protocol/codec/codec.ts';
import {
  type Add,
  AddSchema,
  type Done,
  DoneSchema,
  EchoSchema,
  type Kinds,
  KindsSchema,
  type Sum,
  SumSchema,
  type Tick,
  TickSchema,
} from '../../../interop/support/interop_pb.ts';
import { runs } from '../../../support/runs.ts';
import { decode, encode, LARGE, readerOf } from './support.ts';

const protocol = defineProtocol({
  results: {
    Sum: result<Sum>(),
    Tick: result<Tick>({ lastOne: ({ last }) => last }),
    Kinds: result<Kinds>(),
    Done: result<Done>(),
  },
  commands: {
    Add: command<Add>().returns('Sum'),
    Countdown: command<Add>().returns('Tick'),
    Kinds: command<Kinds>().returns('Kinds'),
    Wait: command().returns('Done'),
  },
});

const options: ProtobufOptions<typeof protocol> = {
  commands: { Add: AddSchema, Countdown: AddSchema, Kinds: KindsSchema, Wait: DoneSchema },
  results: { Sum: SumSchema, Tick: TickSchema, Kinds: KindsSchema, Done: DoneSchema },
};

const codec = protobuf<typeof protocol>(options);
const bindCommands = (maxPayloadBytes = LARGE) =>
  codec.bind({ kind: 'command', types: Object.keys(options.commands), maxPayloadBytes });
const bindResults = () => codec.bind({ kind: 'result', types: Object.keys(options.results), maxPayloadBytes: LARGE });
const add = (a: bigint, b: bigint) => create(AddSchema, { a, b });

/** A message with any payload. */
function framed(type: number, payload: Uint8Array): Buffer {
  const writer = new ByteWriter();
  writer.writeVarint(type);
  writer.writeVarint(payload.length);
  writer.writeBytes(payload);
  return writer.buffer.subarray(0, writer.position);
}

const kinds = fc
  .record({
    bool: fc.boolean(),
    int: fc.integer(),
    low: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    max: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    double: fc.double(),
    doubles: fc.array(fc.double()),
    single: fc.float(),
    text: fc.string({ unit: 'grapheme' }),
    bytes: fc.uint8Array(),
    inner: fc.record({ name: fc.string({ unit: 'binary' }) }),
    list: fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
    map: fc.dictionary(
      fc.string({ unit: 'grapheme' }).filter((key) => key !== '__proto__'),
      fc.constant(1n),
      { noNullPrototype: true },
    ),
  })
  .map((fields) => create(KindsSchema, { ...fields, time: timestampFromDate(new Date(1234567890123)) }));

describe('messages of Protobuf', () => {
  it('arrive as they are', () => {
    const bound = bindCommands();
    fc.assert(
      fc.property(kinds, (message) => {
        expect(decode(bound, encode(bound, 2, message))).toStrictEqual({ type: 2, value: message });
      }),
      { numRuns: runs(200) },
    );
  });

  it('are the type number, the length, and the Protobuf bytes', () => {
    const message = add(1n, -1n);
    const bytes = toBinary(AddSchema, message);
    expect(encode(bindCommands(), 0, message)).toEqual(Buffer.of(0, bytes.length, ...bytes));
    expect(encode(bindCommands(), 0, add(0n, 0n))).toEqual(Buffer.of(0, 0));
  });

  it('that are cut at any byte ask for more', () => {
    const bound = bindCommands();
    const bytes = encode(bound, 2, create(KindsSchema, { text: 'x'.repeat(200), list: [1n, 2n] }));
    for (let length = 0; length < bytes.length; length++) {
      expect(bound.decode(readerOf(bytes.subarray(0, length)), { type: -1, value: undefined })).toBe(false);
    }
  });

  it('are empty where there is no payload', () => {
    expect(decode(bindCommands(), encode(bindCommands(), 3, undefined)).value).toStrictEqual(create(DoneSchema));
    expect(encode(bindCommands(), 0, null)).toEqual(Buffer.of(0, 0));
  });

  it('leave nothing of the memory that they were read from', () => {
    const bound = bindCommands();
    const bytes = encode(bound, 2, create(KindsSchema, { bytes: Buffer.from('xyz'), text: 'abc' }));
    const { value } = decode(bound, bytes) as { value: Kinds };
    const reader = readerOf(bytes);
    const message = { type: -1, value: undefined as unknown };
    bound.decode(reader, message);
    reader.buffer.fill(0);
    expect(message.value).toStrictEqual(value);
    expect(Buffer.from(value.bytes).toString()).toBe('xyz');
  });

  it("have the error Result beside the declared ones: 'code' in field 1, 'message' in field 2", () => {
    const bytes = encode(bindResults(), 16_383, { code: 'command-failed', message: 'no' });
    expect(bytes.toString('latin1')).toBe('\xff\x7f\x14\x0a\x0ecommand-failed\x12\x02no');
    expect(decode(bindResults(), bytes).value).toMatchObject({ code: 'command-failed', message: 'no' });
  });

  it.each<[what: string, payload: unknown, message: string]>([
    [
      'plain data',
      { a: 1n, b: 2n },
      'is an object, not a message of interop.Add: make it by create(AddSchema, { ... })',
    ],
    ['a number', 5, 'is 5, not a message of interop.Add: make it by create(AddSchema, { ... })'],
    ['another message', create(EchoSchema), 'is a message of interop.Echo, not a message of interop.Add'],
    ['another empty message', create(DoneSchema), 'is a message of interop.Done, not a message of interop.Add'],
  ])('are not made of %s', (_, payload, message) => {
    expect(() => encode(bindCommands(), 0, payload)).toThrow(
      expect.objectContaining({ code: 'encode-failed', message: expect.stringContaining(`payload ${message}`) }),
    );
  });

  it.each<[where: string, payload: Kinds]>([
    ['a field', create(KindsSchema, { text: 'x\ud800' })],
    ['a message within', create(KindsSchema, { structs: [{ name: 'good' }, { name: '\udfff' }] })],
    ['a list', create(KindsSchema, { emptyList: ['\ud800\ud800'] })],
    ['the key of a map', create(KindsSchema, { map: { '\ud800': 1n } })],
  ])('are not sent with half of a surrogate pair in %s: it would arrive as another character', (_, payload) => {
    expect(() => encode(bindCommands(), 2, payload)).toThrow(
      expect.objectContaining({ code: 'encode-failed', message: expect.stringContaining('half of a surrogate pair') }),
    );
  });

  it('are sent with the character that stands for others that could not be read', () => {
    const payload = create(KindsSchema, { text: '\ufffd', map: { '\ufffd': 1n }, bytes: new Uint8Array(3) });
    expect(decode(bindCommands(), encode(bindCommands(), 2, payload)).value).toStrictEqual(payload);
  });

  it.each<[what: string, fields: object, message: RegExp]>([
    ['a number in place of a bigint', { low: 'x' }, /interop.Kinds.low/],
    ['a whole number that does not fit', { int: 2 ** 31 }, /interop.Kinds.int/],
  ])('are not sent with what does not fit: %s', (_, fields, message) => {
    const payload = Object.assign(create(KindsSchema), fields);
    expect(() => encode(bindCommands(), 2, payload)).toThrow(message);
  });

  it('over the limit are not sent, and refused when their length arrives', () => {
    const payload = create(KindsSchema, { text: 'x'.repeat(200) });
    const tooLarge = expect.objectContaining({ code: 'frame-too-large' });
    expect(() => encode(bindCommands(100), 2, payload)).toThrow(tooLarge);
    const header = encode(bindCommands(), 2, payload).subarray(0, 3);
    const message = { type: -1, value: undefined };
    expect(bindCommands(100).decode(readerOf(header), message)).toBe(false);
    expect(message.value).toEqual(new BadPayload(tooLarge));
  });

  it.each<[what: string, type: number, hex: string]>([
    ['a field cut off', 2, '52055858'],
    ['a text that is no UTF-8', 2, '5201ff'],
    ['a list of 4 billion bytes announced', 2, '42ffffffff0f00'],
    ['field number 0', 2, '00'],
    ['unknown groups nested deeply', 2, 'a306'.repeat(100_000)],
    ['a type that is not declared', 7, ''],
  ])('that are none fail their own request: %s', (_, type, hex) => {
    const bound = bindCommands();
    const payload = Buffer.from(hex, 'hex');
    expect(decode(bound, framed(type, payload)).value).toBeInstanceOf(BadPayload);
  });

  it('of any bytes never throw', () => {
    const bound = bindCommands();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(3), (payload, type) => {
        decode(bound, framed(type, payload));
      }),
      { numRuns: runs(500) },
    );
  });

  it('travel between a sender and a server', async () => {
    const transport = memoryTransport({ maxInFlightBytes: 3 });
    await using server = await serve(
      protocol,
      undefined,
      {
        Add({ a, b }) {
          if (a === 0n) throw new Error('nothing to add');
          return create(SumSchema, { value: a + b });
        },
        async *Countdown({ a }) {
          for (let n = a; n > 0n; n--) yield create(TickSchema, { n, last: n === 1n });
        },
        Kinds: (message) => message,
        Wait: () => create(DoneSchema),
      },
      { transport, codec, port: 0, exposeErrors: true, onHandlerError() {} },
    );
    await using sender = await createSender(protocol, { transport, codec, address: server.address });
    expect((await sender.send(protocol.Add(add(2n, 3n)))).value).toBe(5n);
    await expect(sender.send(protocol.Add(add(0n, 3n)))).rejects.toMatchObject({
      code: 'command-failed',
      message: expect.stringContaining('nothing to add'),
    });
    const ticks = [];
    for await (const { n } of sender.sendMulti(protocol.Countdown(add(3n, 0n)))) ticks.push(n);
    expect(ticks).toEqual([3n, 2n, 1n]);
    const message = create(KindsSchema, {
      text: 'x'.repeat(1000),
      bytes: new Uint8Array(1000),
      nested: { a: { items: [] } },
    });
    expect(await sender.send(protocol.Kinds(message))).toEqual(message);
    expect(await sender.send(protocol.Wait())).toStrictEqual(create(DoneSchema));
    await expect(sender.send(protocol.Add({ a: 1n, b: 1n } as Add))).rejects.toMatchObject({
      code: 'encode-failed',
      message: expect.stringContaining('create(AddSchema'),
    });
    expect((await sender.send(protocol.Add(add(4n, 5n)))).value).toBe(9n);
  });
});

describe('protobuf()', () => {
  const refusal = (message: string) => expect.objectContaining({ code: 'invalid-argument', message });

  it.each<[what: string, options: unknown, message: string]>([
    ['no options', undefined, 'the options of protobuf() must be an object; got undefined'],
    ['no Results', { commands: {} }, "option 'results' of protobuf() must have a schema for each name; got undefined"],
    [
      'another option',
      { ...options, schemas: {} },
      "protobuf() has no option 'schemas'; it accepts 'commands', 'results'",
    ],
    [
      'a message in place of its schema',
      { commands: { Add: create(AddSchema) }, results: {} },
      "option 'commands.Add' of protobuf() must be the generated schema of a message, such as AddSchema; got an object",
    ],
  ])('refuses %s', (_, given, message) => {
    expect(() => protobuf(given as ProtobufOptions)).toThrow(refusal(message));
  });

  it('refuses a protocol that has other names, where sender and server are made', async () => {
    const { Wait, ...commands } = options.commands;
    const address = 'localhost:1';
    await expect(createSender(protocol, { codec: protobuf({ ...options, commands }), address })).rejects.toThrow(
      refusal("protobuf() has no schema for the Command 'Wait' (option 'commands')"),
    );
    const results = { ...options.results, Sun: SumSchema };
    await expect(createSender(protocol, { codec: protobuf({ ...options, results }), address })).rejects.toThrow(
      refusal("protobuf() has a schema for 'Sun', which is no Result of the protocol"),
    );
  });

  it('has the schemas checked against the payloads of a protocol that is named', () => {
    const { commands, results } = options;
    // @ts-expect-error: a Sum is no Tick.
    protobuf<typeof protocol>({ commands, results: { ...results, Sum: TickSchema } });
    // @ts-expect-error: Done is missing.
    protobuf<typeof protocol>({ commands, results: { Sum: SumSchema, Tick: TickSchema, Kinds: KindsSchema } });
    // @ts-expect-error: there is no such Command.
    protobuf<typeof protocol>({ results, commands: { ...commands, Sub: AddSchema } });
    expect(protobuf({ commands: { Any: AddSchema }, results: {} }).name).toBe('protobuf');
  });
});
