/// <reference lib="es2024.string" />
import { create, type DescMessage, fromBinary, isMessage, type Message, toBinary } from '@bufbuild/protobuf';
import { CmdStreamError } from '../../../base/errors/cmd-stream-error.ts';
import { describeError } from '../../../base/errors/describe-error.ts';
import { optionNames, show } from '../../../base/options/check.ts';
import type { AnyProtocol, CommandsOf, InputOf, ResultInput, ResultsOf } from '../../protocol.ts';
import { ERROR_RESULT_TYPE, type ErrorResult } from '../../reserved.ts';
import { type FormsByName, formsByType, resolveForms } from '../by-name.ts';
import type { Codec } from '../codec.ts';
import { lengthPrefixedTrusted } from '../length-prefixed.ts';
import { MAX_PAYLOAD_DEPTH, tooDeep, Unsendable } from '../sendable.ts';
import { errorResultSchema } from './error-result.ts';
import { PayloadGuards } from './payload-guard.ts';

/** The generated schema of a payload: that of its message, where it is declared as one. */
export type ProtobufSchemaOf<Payload> = [Payload] extends [{ readonly $typeName: infer Name extends string }]
  ? DescMessage & { readonly typeName: Name }
  : DescMessage;

/** Options of {@link protobuf}. */
export interface ProtobufOptions<P extends AnyProtocol = AnyProtocol> {
  /** The generated schema of each Command, by its name in the protocol. */
  readonly commands: { readonly [Name in keyof CommandsOf<P>]: ProtobufSchemaOf<InputOf<CommandsOf<P>[Name]>> };
  /** The generated schema of each Result, by its name in the protocol. */
  readonly results: { readonly [Name in keyof ResultsOf<P>]: ProtobufSchemaOf<ResultInput<ResultsOf<P>[Name]>> };
}

/**
 * Protobuf payloads, compatible with codec-protobuf of Go. Payloads are messages of `@bufbuild/protobuf`, made by its
 * `create(AddSchema, { ... })`; one that is `undefined` is sent as an empty message. What arrives is a message too.
 *
 * Name the protocol (`protobuf<typeof calc>`) to have the schemas checked against its payloads.
 *
 * @example
 * ```ts
 * import { type Add, AddSchema, type Sum, SumSchema } from './gen/calc_pb.ts';
 *
 * const calc = defineProtocol({ results: { Sum: result<Sum>() }, commands: { Add: command<Add>().returns('Sum') } });
 * const codec = protobuf<typeof calc>({ commands: { Add: AddSchema }, results: { Sum: SumSchema } });
 * ```
 * @throws CmdStreamError `invalid-argument` for an option that does not exist or is not acceptable. A Command or Result of
 * the protocol without a schema is refused by `createSender` and `serve`.
 */
export function protobuf<P extends AnyProtocol = AnyProtocol>(options: ProtobufOptions<NoInfer<P>>): Codec {
  optionNames('the options of protobuf()', options, ['commands', 'results']);
  const command = resolveSchemas('commands', options.commands);
  const result = resolveSchemas('results', options.results);
  return lengthPrefixedTrusted('protobuf', (messages) => {
    const schemas = formsByType(messages.kind === 'command' ? command : result, messages, errorResultSchema());
    const guards = new PayloadGuards();
    return {
      write(value, writer, type) {
        const schema = schemas.get(type) as DescMessage;
        const isError = messages.kind === 'result' && type === ERROR_RESULT_TYPE;
        const message = isError ? create(schema, { ...(value as ErrorResult) }) : messageOf(schema, value);
        const bytes = encode(schema, message);
        guards.of(schema).checkSent(bytes);
        writer.writeBytes(bytes);
      },
      weigh(buffer, start, end, type) {
        const schema = schemas.get(type);
        return schema === undefined ? 0 : guards.of(schema).weigh(buffer, start, end);
      },
      read(buffer, start, end, type) {
        const schema = schemas.get(type);
        if (schema === undefined) throw new Error(`there is no type ${type}`);
        // A copy: fields of bytes are windows into what they are read from.
        return fromBinary(schema, new Uint8Array(buffer.subarray(start, end)), READ_OPTIONS);
      },
    };
  });
}

/** Messages may be nested as deep as they are sent; by itself @bufbuild/protobuf reads 100 levels. */
const READ_OPTIONS = Object.freeze({ recursionLimit: MAX_PAYLOAD_DEPTH });

/** Bytes that @bufbuild/protobuf writes for half of a surrogate pair, and for a text that has this character itself. */
const REPLACEMENT = Buffer.from('\ufffd');

/** The bytes of a message. Refuses texts that would arrive as others. */
function encode(schema: DescMessage, message: Message): Uint8Array {
  const bytes = toBytes(schema, message);
  const { buffer, byteOffset, byteLength } = bytes;
  // Rare in what is written: nearly no message has all its texts looked at.
  if (!Buffer.from(buffer, byteOffset, byteLength).includes(REPLACEMENT) || isWellFormed(message)) return bytes;
  throw new CmdStreamError(
    'encode-failed',
    `cannot be encoded: a text of ${schema.typeName} has half of a surrogate pair, which UTF-8 cannot express (see String.toWellFormed)`,
  );
}

function toBytes(schema: DescMessage, message: Message): Uint8Array {
  try {
    return toBinary(schema, message);
  } catch (thrown) {
    // It calls as deep as messages are nested, and wraps what comes of it.
    throw describeError(thrown).includes('call stack') ? Unsendable.toError(tooDeep()) : thrown;
  }
}

/** Whether all texts in `value`, the keys of maps among them, can be written as UTF-8. */
function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return true;
  return Object.entries(value).every(([key, field]) => key.isWellFormed() && isWellFormed(field));
}

/** The message that is sent for a payload. */
function messageOf(schema: DescMessage, value: unknown): Message {
  if (value === undefined || value === null) return create(schema);
  if (isMessage(value, schema)) return value;
  const got = isMessage(value) ? `a message of ${value.$typeName}` : show(value);
  throw new CmdStreamError(
    'encode-failed',
    `cannot be encoded: payload is ${got}, not a message of ${schema.typeName}: make it by create(${schema.name}Schema, { ... })`,
  );
}

function resolveSchemas(option: 'commands' | 'results', value: unknown): FormsByName<DescMessage> {
  const accepted = 'the generated schema of a message, such as AddSchema';
  return resolveForms('protobuf()', 'schema', option, value, isSchema, accepted);
}

function isSchema(value: unknown): value is DescMessage {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'message';
}
