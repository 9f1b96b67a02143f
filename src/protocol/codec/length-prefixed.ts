import { type ByteReader, NEED_MORE } from '../../base/bytes/byte-reader.ts';
import type { ByteWriter } from '../../base/bytes/byte-writer.ts';
import { varintSize, writeVarint } from '../../base/bytes/varint.ts';
import { CmdStreamError } from '../../base/errors/cmd-stream-error.ts';
import { show } from '../../base/options/check.ts';
import { memberNames } from '../../base/options/member-names.ts';
import { payloadTooLarge } from '../reserved.ts';
import { BadPayload, type Codec, type DecodedMessage, type MessageCodec, type MessageSet } from './codec.ts';
import { refusePromise } from './prompt.ts';
import { MIN_TOLD_BYTES, maxWeightBytes, RefusedPayload, tooHeavy } from './refused-payload.ts';

/** How one payload is written and read; the library adds the type number and the length. */
export interface PayloadFormat {
  /** Appends the payload of type `type` to `writer`. */
  write(value: unknown, writer: ByteWriter, type: number): void;
  /**
   * Tells about how many bytes of memory the payload in `buffer[start, end)` takes once it is read, before it is: 0 where
   * that is not known. One that would take more than 16 times `maxPayloadBytes` is refused unread. May throw, as `read`.
   */
  weigh?(buffer: Buffer, start: number, end: number, type: number): number;
  /**
   * Reads the payload in `buffer[start, end)`. Must not keep references into `buffer`. May say in `message.weight` what the
   * value takes, where `weigh` has not.
   */
  read(buffer: Buffer, start: number, end: number, type: number, message: DecodedMessage): unknown;
}

/**
 * A codec of `varint type`, `varint length`, payload: the layout of Go's JSON and protobuf codecs.
 *
 * @param name - what the codec is called in messages.
 * @param makeFormat - called once for the Commands and once for the Results of a protocol.
 * @throws CmdStreamError `invalid-argument` for a `makeFormat` that is no function; one that gives no format is refused by
 * `createSender` and `serve`.
 */
export function lengthPrefixed(name: string, makeFormat: (messages: MessageSet) => PayloadFormat): Codec {
  if (typeof makeFormat !== 'function') {
    throw new CmdStreamError(
      'invalid-argument',
      `lengthPrefixed() takes a function makeFormat; got ${show(makeFormat)}`,
    );
  }
  return lengthPrefixedTrusted(name, (messages) => prompt(name, checked(name, makeFormat(messages))));
}

/** The same for the library's own formats, which need no watching. */
export function lengthPrefixedTrusted(name: string, makeFormat: (messages: MessageSet) => PayloadFormat): Codec {
  return { name, bind: (messages) => new LengthPrefixedCodec(name, makeFormat(messages), messages) };
}

/** A format whose functions are heard to answer at once. */
function prompt(name: string, format: PayloadFormat): PayloadFormat {
  return {
    ...(format.weigh === undefined ? undefined : { weigh: format.weigh.bind(format) }),
    write(value, writer, type) {
      const returned: unknown = format.write(value, writer, type);
      if (returned !== undefined) refusePromise(`write() of the codec '${name}'`, returned, 'encode-failed');
    },
    read(buffer, start, end, type, message) {
      const value = format.read(buffer, start, end, type, message);
      if (typeof value === 'object' || typeof value === 'function') {
        refusePromise(`read() of the codec '${name}'`, value, 'protocol-error');
      }
      return value;
    },
  };
}

function checked(name: string, format: PayloadFormat): PayloadFormat {
  if (typeof format?.write === 'function' && typeof format.read === 'function') {
    memberNames(`the format of the codec '${name}'`, format, ['write', 'read', 'weigh']);
    return format;
  }
  throw new CmdStreamError(
    'invalid-argument',
    `makeFormat of the codec '${name}' must give an object with write() and read(); got ${show(format)}`,
  );
}

class LengthPrefixedCodec implements MessageCodec {
  readonly #name: string;
  readonly #format: PayloadFormat;
  readonly #maxPayloadBytes: number;
  readonly #maxWeightBytes: number;
  readonly #kind: MessageSet['kind'];
  /** Of the payload that was skipped last. */
  #length = 0;
  /** The writers that a message is being written to: more than one only where a `toJSON` or a getter sends as well. */
  readonly #busy: ByteWriter[] = [];

  constructor(name: string, format: PayloadFormat, messages: MessageSet) {
    this.#name = name;
    this.#format = format;
    this.#maxPayloadBytes = messages.maxPayloadBytes;
    this.#maxWeightBytes = maxWeightBytes(messages.maxPayloadBytes);
    this.#kind = messages.kind;
  }

  encode(type: number, value: unknown, writer: ByteWriter): void {
    // The inner message would end up in the middle of the outer one.
    if (this.#busy.length > 0 && this.#busy.includes(writer)) {
      throw new CmdStreamError(
        'encode-failed',
        `a ${this.#kind} cannot be sent by a getter or toJSON of another's payload`,
      );
    }
    this.#busy.push(writer);
    try {
      this.#encode(type, value, writer);
    } finally {
      this.#busy.pop();
    }
  }

  #encode(type: number, value: unknown, writer: ByteWriter): void {
    writer.writeVarint(type);
    const start = writer.position;
    // Most payloads are shorter than 128 bytes: their length takes the one byte left free here.
    writer.writeByte(0);
    this.#format.write(value, writer, type);
    const length = writer.position - start - 1;
    if (length > this.#maxPayloadBytes) throw this.#tooLarge(length);
    if (length < 0x80) {
      writer.buffer[start] = length;
    } else {
      const size = varintSize(length);
      writer.ensure(size - 1);
      writer.buffer.copyWithin(start + size, start + 1, writer.position);
      writeVarint(writer.buffer, start, length);
      writer.position += size - 1;
    }
  }

  decode(reader: ByteReader, message: DecodedMessage): boolean {
    if (!this.skip(reader, message)) return false;
    const length = this.#length;
    if (length > reader.atOnceBytes) {
      reader.postponed = true;
      return false;
    }
    const end = reader.position;
    this.#readPayload(reader.buffer, end - length, end, message);
    return true;
  }

  skip(reader: ByteReader, message: DecodedMessage): boolean {
    const type = reader.readVarint();
    if (type === NEED_MORE) return false;
    const length = reader.readVarint();
    if (length === NEED_MORE) return false;
    message.type = type;
    if (length > this.#maxPayloadBytes) {
      message.value = new BadPayload(payloadTooLarge(this.#kind, length, this.#maxPayloadBytes));
      reader.oversized = length;
      return false;
    }
    if (length > reader.available) {
      reader.missing = length;
      return false;
    }
    this.#length = length;
    reader.position += length;
    return true;
  }

  #readPayload(buffer: Buffer, start: number, end: number, message: DecodedMessage): void {
    const { type } = message;
    try {
      const weight = this.#format.weigh?.(buffer, start, end, type) ?? 0;
      if (weight > this.#maxWeightBytes) throw tooHeavy(weight, this.#maxWeightBytes);
      message.value = this.#format.read(buffer, start, end, type, message);
      if (weight >= MIN_TOLD_BYTES) message.weight = weight;
    } catch (error) {
      if (message.weight !== undefined) message.weight = 0;
      message.value = error instanceof RefusedPayload ? new BadPayload(error) : new BadPayload(error, this.#name);
    }
  }

  #tooLarge(length: number): CmdStreamError {
    return new CmdStreamError(
      'frame-too-large',
      `a ${this.#kind} payload of ${length} bytes is over the limit of ${this.#maxPayloadBytes} (option 'maxFrameBytes')`,
    );
  }
}
