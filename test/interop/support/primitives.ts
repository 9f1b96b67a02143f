import { type AnyMusSerializer, ord, raw, varint } from '../../../src/mus.ts';

const named: Readonly<Record<string, AnyMusSerializer>> = {
  'varint.Uint64': varint.uint64,
  'varint.Uint32': varint.uint32,
  'varint.Int64': varint.int64,
  'varint.Int32': varint.int32,
  'varint.Float64': varint.float64,
  'raw.Float64': raw.float64,
  'raw.Float32': raw.float32,
  'raw.Byte': raw.byte,
  'raw.TimeUnixMilliUTC': raw.timeUnixMilli,
  'ord.Bool': ord.bool,
  'ord.String': ord.string,
  'ord.ByteSlice': ord.byteSlice,
};

/** The serializer that mus-stream-go calls `name`: `ord.Slice(varint.Int64)`. */
export function serializerOf(name: string): AnyMusSerializer {
  const found = named[name];
  if (found !== undefined) return found;
  const [, kind, of] = /^ord\.(Ptr|Slice)\((.*)\)$/.exec(name) ?? [];
  if (kind === 'Ptr') return ord.ptr(serializerOf(of as string));
  if (kind === 'Slice') return ord.slice(serializerOf(of as string));
  const [, value] = /^ord\.Map\(ord\.String,(.*)\)$/.exec(name) ?? [];
  if (value !== undefined) return ord.record(serializerOf(value));
  throw new Error(`no serializer is called ${name}`);
}
