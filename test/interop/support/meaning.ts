import { create, type DescField, type DescMessage, isMessage, type Message, ScalarType } from '@bufbuild/protobuf';
import { TimestampSchema, timestampDate, timestampFromDate } from '@bufbuild/protobuf/wkt';

// How the meaning of a vector (../vectors/README.md, "Meaning") looks as a value of this library.

type Fields = Readonly<Record<string, unknown>>;

/** A value in which `$int`, `$float`, `$bytes` and `$time` are what they stand for. */
export function revive(meaning: unknown): unknown {
  if (Array.isArray(meaning)) return meaning.map(revive);
  if (typeof meaning !== 'object' || meaning === null) return meaning;
  const { $int, $float, $bytes, $time } = meaning as Record<string, string>;
  if ($int !== undefined) return BigInt($int);
  if ($float !== undefined) return Number($float);
  if ($bytes !== undefined) return new Uint8Array(Buffer.from($bytes, 'hex'));
  if ($time !== undefined) return new Date($time);
  return mapFields(meaning, revive);
}

/** What arrives of a value by JSON: bytes as base64, times as text. */
export function asJsonArrives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asJsonArrives);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (value instanceof Date) return value.toISOString();
  return isFields(value) ? mapFields(value, asJsonArrives) : value;
}

/** A value without the choices that codecs have: whole numbers are bigints only where they must be, nothing is absent. */
export function normal(value: unknown): unknown {
  if (typeof value === 'bigint' && Number.isSafeInteger(Number(value))) return Number(value);
  if (Array.isArray(value)) return value.map(normal);
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (!isFields(value)) return value;
  return mapFields(Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)), normal);
}

/** The message of a Protobuf vector's value. */
export function messageOf(schema: DescMessage, value: unknown): Message {
  const init: Record<string, unknown> = {};
  for (const field of schema.fields) {
    const given = (value as Fields)[field.jsonName];
    if (given !== null && given !== undefined) init[field.localName] = toField(field, given);
  }
  return create(schema, init);
}

/** The value of a Protobuf message as a vector has it: all fields, `null` where one with presence is not set. */
export function fieldsOf(schema: DescMessage, message: Message): unknown {
  return Object.fromEntries(
    schema.fields.map((field) => [
      field.jsonName,
      fromField(field, (message as unknown as Fields)[field.localName] ?? null),
    ]),
  );
}

function toField(field: DescField, value: unknown): unknown {
  if (field.fieldKind === 'list') return (value as unknown[]).map((element) => toPart(field, element));
  if (field.fieldKind === 'map') return mapFields(value as Fields, (element) => toPart(field, element));
  return toPart(field, value);
}

function fromField(field: DescField, value: unknown): unknown {
  if (field.fieldKind === 'list') return (value as unknown[]).map((element) => fromPart(field, element));
  if (field.fieldKind === 'map') return mapFields(value as Fields, (element) => fromPart(field, element));
  return fromPart(field, value);
}

const LONG: readonly (ScalarType | undefined)[] = [
  ScalarType.INT64,
  ScalarType.UINT64,
  ScalarType.SINT64,
  ScalarType.FIXED64,
  ScalarType.SFIXED64,
];

function toPart(field: DescField, value: unknown): unknown {
  if (value instanceof Date) return timestampFromDate(value);
  if (field.message !== undefined) return messageOf(field.message, value);
  return typeof value === 'number' && LONG.includes(field.scalar) ? BigInt(value) : value;
}

function fromPart(field: DescField, value: unknown): unknown {
  if (field.message === undefined || value === null) return value;
  if (isMessage(value, TimestampSchema)) return timestampDate(value);
  return fieldsOf(field.message, value as Message);
}

function mapFields(fields: object, change: (value: unknown) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, change(value)]));
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !(value instanceof Uint8Array) && !(value instanceof Date);
}
