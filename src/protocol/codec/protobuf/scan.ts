import { MAX_VARINT_BYTES } from '../../../base/bytes/varint.ts';
import { nestedTooDeep, protoField } from '../refused-payload.ts';
import { MAX_PAYLOAD_DEPTH } from '../sendable.ts';
import { type FieldShape, type Shape, UNKNOWN } from './shape.ts';

/** The memory of a field that its message does not declare, about, in bytes: it is kept as it is. */
const UNKNOWN_FIELD_BYTES = 200;

const PROTO = Buffer.from('__proto__');

/** The ways in which a field is written. */
const [VARINT, BITS_64, BYTES, START_GROUP, END_GROUP, BITS_32] = [0, 1, 2, 3, 4, 5];

/**
 * Walks over a payload without reading it: whether it is a message is for others to say. Takes a small part of the time
 * of reading it.
 */
export class ProtobufScan {
  readonly #bytes: Uint8Array;
  #position: number;
  #depth = 0;
  #weight = 0;

  private constructor(bytes: Uint8Array, start: number) {
    this.#bytes = bytes;
    this.#position = start;
  }

  /**
   * Tells about how many bytes of memory the message in `bytes[start, end)` takes once it is read.
   * @throws RefusedPayload for what is nested deeper than {@link MAX_PAYLOAD_DEPTH}, and for a map with the key `__proto__`;
   * Error for what is no message.
   */
  static weigh(shape: Shape, bytes: Uint8Array, start: number, end: number): number {
    const scan = new ProtobufScan(bytes, start);
    scan.#message(shape, end, false);
    return scan.#weight;
  }

  #message(shape: Shape, end: number, isGroup: boolean): void {
    if (++this.#depth > MAX_PAYLOAD_DEPTH) throw nestedTooDeep();
    this.#weight += shape.emptyBytes;
    while (this.#position < end) {
      const tag = this.#varint(end);
      const wireType = tag & 7;
      if (wireType === END_GROUP && isGroup) break;
      const field = shape.fields.get(Math.floor(tag / 8));
      this.#weight += field === undefined ? UNKNOWN_FIELD_BYTES : field.valueBytes;
      if (wireType === BYTES) this.#block(shape, field, tag, end);
      else if (wireType === START_GROUP) this.#message(field?.message ?? UNKNOWN, end, true);
      else this.#number(wireType, end);
    }
    this.#depth--;
  }

  /** Field that has a length in front. */
  #block(shape: Shape, field: FieldShape | undefined, tag: number, end: number): void {
    const length = this.#varint(end);
    const start = this.#position;
    if (length > end - start) throw cutOff();
    if (field?.message !== undefined) this.#message(field.message, start + length, false);
    else if (field === undefined || field.packed === 0) this.#weight += length;
    else this.#weight += field.valueBytes * (this.#elements(field.packed, start, start + length) - 1);
    if (shape.hasTextKeys && tag === 0x0a && isProto(this.#bytes, start, length)) throw protoField();
    this.#position = start + length;
  }

  /** How many numbers stand side by side. */
  #elements(packed: FieldShape['packed'], start: number, end: number): number {
    if (typeof packed === 'number') return (end - start) / packed;
    let count = 0;
    for (let position = start; position < end; position++) if ((this.#bytes[position] as number) < 0x80) count++;
    return count;
  }

  #number(wireType: number, end: number): void {
    if (wireType === VARINT) this.#varint(end);
    else if (wireType === BITS_64) this.#position += 8;
    else if (wireType === BITS_32) this.#position += 4;
    else throw new Error(`there is no wire type ${wireType}`);
    if (this.#position > end) throw cutOff();
  }

  #varint(end: number): number {
    let value = 0;
    let scale = 1;
    for (let position = this.#position; position < Math.min(end, this.#position + MAX_VARINT_BYTES); position++) {
      const byte = this.#bytes[position] as number;
      value += (byte & 0x7f) * scale;
      scale *= 0x80;
      if (byte >= 0x80) continue;
      this.#position = position + 1;
      return value;
    }
    throw cutOff();
  }
}

function isProto(bytes: Uint8Array, start: number, length: number): boolean {
  return length === PROTO.length && PROTO.every((byte, index) => bytes[start + index] === byte);
}

function cutOff(): Error {
  return new Error('the message is cut off');
}
