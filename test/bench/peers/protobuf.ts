// The message and its service as Protobuf descriptors, made here in place of generated code.

import type { Message as ProtobufMessage } from '@bufbuild/protobuf';
import { create, createFileRegistry, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { GenMessage, GenService } from '@bufbuild/protobuf/codegenv2';
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt';
import type { Message } from '../message.ts';

const FIELDS = [
  ['Bool', FieldDescriptorProto_Type.BOOL],
  ['Int64', FieldDescriptorProto_Type.INT64],
  ['String', FieldDescriptorProto_Type.STRING],
  ['Float64', FieldDescriptorProto_Type.DOUBLE],
] as const;

const file = create(FileDescriptorProtoSchema, {
  name: 'bench.proto',
  package: 'bench',
  syntax: 'proto3',
  messageType: [
    {
      name: 'Message',
      field: FIELDS.map(([name, type], index) => ({
        name,
        jsonName: name,
        number: index + 1,
        type,
        label: FieldDescriptorProto_Label.OPTIONAL,
      })),
    },
  ],
  service: [{ name: 'Bench', method: [{ name: 'Echo', inputType: '.bench.Message', outputType: '.bench.Message' }] }],
});
const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: [file] }));

/** The message as Protobuf has it. */
export type Wire = ProtobufMessage<'bench.Message'> & Omit<Message, 'Int64'> & { readonly Int64: bigint };

/** What generated code would export. */
export const WireSchema = registry.getMessage('bench.Message') as GenMessage<Wire>;
export const EchoService = registry.getService('bench.Bench') as GenService<{
  echo: { methodKind: 'unary'; input: typeof WireSchema; output: typeof WireSchema };
}>;

export function toWire(message: Message): Wire {
  return create(WireSchema, { ...message, Int64: BigInt(message.Int64) });
}

export function fromWire(wire: Wire): Message {
  return { Bool: wire.Bool, Int64: Number(wire.Int64), String: wire.String, Float64: wire.Float64 };
}

export function encode(message: Message): Buffer {
  return Buffer.from(toBinary(WireSchema, toWire(message)));
}

export function decode(bytes: Uint8Array): Message {
  return fromWire(fromBinary(WireSchema, bytes));
}
