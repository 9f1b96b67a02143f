import { type Codec, json, msgpack } from '../../../src/index.ts';
import { type MusFirstTypes, type MusSerializer, mus, ord, raw, struct, transform, varint } from '../../../src/mus.ts';
import { protobuf } from '../../../src/protobuf.ts';
import * as pb from './interop_pb.ts';
import type { protobufInterop } from './protocol.ts';

/** The generated schemas of the Protobuf protocol. */
export const schemas = {
  commands: {
    Add: pb.AddSchema,
    Countdown: pb.CountdownSchema,
    Find: pb.FindSchema,
    Fail: pb.FailSchema,
    Delay: pb.DelaySchema,
    Echo: pb.EchoSchema,
    Kinds: pb.KindsSchema,
    Special: pb.SpecialSchema,
  },
  results: {
    Sum: pb.SumSchema,
    Tick: pb.TickSchema,
    Found: pb.FoundSchema,
    Missing: pb.MissingSchema,
    Done: pb.DoneSchema,
    Echoed: pb.EchoedSchema,
    Kinds: pb.KindsSchema,
    Number: pb.NumberSchema,
  },
};

// MUS: see the table "Kinds, field by field" in ../go/README.md. What is varint.Int there is varint.int64 here, which has
// the same bytes: the vectors have numbers at its ends.
const whole = varint.int64;
const inner = struct({ Name: ord.string, Point: struct({ X: whole, Y: whole }) });
/** `null` is sent as empty, as Go sends nil. */
const orEmpty = <Input, Output>(of: MusSerializer<Input, Output>, empty: Input) =>
  transform(
    of,
    (value: Input | null) => value ?? empty,
    (value) => value,
  );
const listOf = <Input, Output>(of: MusSerializer<Input, Output>) => orEmpty(ord.slice(of), []);
const recordOf = <Input, Output>(of: MusSerializer<Input, Output>) => orEmpty(ord.record(of), {});
const bytes = orEmpty(ord.byteSlice, new Uint8Array());
/** Empty is absent, as in the other codecs. */
const omittedWhenEmpty = transform(
  ord.string,
  (text: string | undefined) => text ?? '',
  (text) => (text === '' ? undefined : text),
);
const kinds = struct({
  Bool: ord.bool,
  Int: whole,
  Low: whole,
  High: whole,
  Max: varint.uint64,
  Byte: raw.byte,
  Double: raw.float64,
  Doubles: listOf(varint.float64),
  Single: raw.float32,
  Text: ord.string,
  Bytes: bytes,
  Time: raw.timeUnixMilli,
  Duration: whole,
  Inner: inner,
  Set: ord.ptr(inner),
  Unset: ord.ptr(inner),
  Number: ord.ptr(whole),
  List: listOf(whole),
  EmptyList: listOf(ord.string),
  NilList: listOf(ord.string),
  Structs: listOf(inner),
  Map: recordOf(whole),
  EmptyMap: recordOf(ord.string),
  NilMap: recordOf(ord.string),
  Nested: recordOf(listOf(inner)),
  renamed: ord.string,
  omitted: omittedWhenEmpty,
});
const echo = struct({ Data: bytes, Text: ord.string });

/** MUS for {@link interop}; `firstType` is the Go peers' `--mus-first-type`. */
export function musInterop(firstType: number | MusFirstTypes = 0): Codec {
  return mus({
    commands: {
      Add: struct({ A: whole, B: whole }),
      Countdown: struct({ From: whole }),
      Find: struct({ Key: ord.string }),
      Fail: struct({ Message: ord.string }),
      Delay: struct({ Ms: varint.positiveInt }),
      Echo: echo,
      Kinds: kinds,
      Special: struct({ Name: ord.string }),
    },
    results: {
      Sum: whole,
      Tick: struct({ N: whole, Last: ord.bool }),
      Found: struct({ Key: ord.string, Count: whole, Tags: listOf(ord.string) }),
      Missing: struct({ Key: ord.string }),
      Done: struct({}),
      Echoed: echo,
      Kinds: kinds,
      Number: raw.float64,
    },
    firstType,
  });
}

/** The codecs of {@link interop} by the names that the Go peers give them. */
export const plainCodecs = { json: json({ int64: 'bigint' }), msgpack: msgpack(), mus: musInterop() };

/** The codec of {@link protobufInterop}. */
export const protobufCodec = protobuf<typeof protobufInterop>(schemas);
