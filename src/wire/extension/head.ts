import { ByteReader, NEED_MORE } from '../../base/bytes/byte-reader.ts';
import type { ByteWriter } from '../../base/bytes/byte-writer.ts';
import { nameAt } from '../../base/bytes/names.ts';
import { RangeCopy } from '../../base/bytes/range-copy.ts';
import { MAX_VARINT_BYTES } from '../../base/bytes/varint.ts';
import { CmdStreamError } from '../../base/errors/cmd-stream-error.ts';
import { RESERVED_TYPES } from '../../protocol/reserved.ts';
import { isMetadataByte, type Metadata, NO_METADATA } from './metadata.ts';

/** V8 knows this test, and not that of `Object.hasOwn`, of keys that a loop goes through. */
const isOwn = Object.prototype.hasOwnProperty;

/** Of all connections: it is read in one go. */
const reader = new ByteReader();
const NO_BYTES = Buffer.alloc(0);

/** What goes before a Command: how long it has, and texts that go along. */
export interface Head {
  /** Milliseconds that are left; Infinity: no deadline; `undefined`: as the client's HELLO says. */
  readonly leftMs: number | undefined;
  readonly metadata: Metadata;
}

/** A head that has come; its texts are decoded when somebody asks for them. */
export class ReceivedHead {
  readonly leftMs: number | undefined;
  /** Keys and values, one after the other, known to be sound, are `#bytes[#start, #end)`. */
  readonly #bytes: Buffer;
  readonly #start: number;
  readonly #end: number;

  constructor(leftMs: number | undefined, bytes: Buffer = NO_BYTES, start = 0, end = 0) {
    this.leftMs = leftMs;
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
  }

  /** Whether it has no texts. */
  get isBare(): boolean {
    return this.#start === this.#end;
  }

  /** Decodes its texts. */
  decode(): Metadata {
    if (this.isBare) return NO_METADATA;
    const texts = Object.create(null) as Record<string, string>;
    reader.buffer = this.#bytes;
    reader.position = this.#start;
    reader.end = this.#end;
    while (reader.available > 0) texts[nextKey()] = nextText();
    reader.buffer = NO_BYTES;
    return Object.freeze(texts);
  }
}

/** The head of a Command that came without one. */
export const NO_HEAD = new ReceivedHead(undefined);

// The body: `varint time` (0: as HELLO says, 1: none, n + 2: n milliseconds), then `varint length`, text for each key and each
// value. Its length takes two bytes, whatever it is: there is nothing to move once it is known.

/** More than that is no deadline: no number of the wire holds much more. */
const MAX_LEFT_MS = 2 ** 52;

/** Appends the frame of a head. */
export function writeHeadFrame(writer: ByteWriter, seq: number, { leftMs, metadata }: Head): void {
  writer.writeVarint(seq);
  writer.writeVarint(RESERVED_TYPES.head);
  const start = writer.position;
  writer.ensure(2);
  writer.position += 2;
  writer.writeVarint(timeOf(leftMs));
  for (const key in metadata) {
    const text: unknown = metadata[key];
    // What was checked may be a getter, and what was not somebody else's.
    if (typeof text !== 'string' || !isOwn.call(metadata, key)) continue;
    writer.ensure((key.length + text.length) * 3 + 2 * MAX_VARINT_BYTES);
    writeText(writer, key);
    writeText(writer, text);
  }
  const length = writer.position - start - 2;
  writer.buffer[start] = (length & 0x7f) | 0x80;
  writer.buffer[start + 1] = length >> 7;
}

/**
 * Reads the body of a head in `buffer[start, end)`, and keeps nothing of that memory.
 * @throws CmdStreamError `protocol-error` for what is no head.
 */
export function readHead(buffer: Buffer, start: number, end: number): ReceivedHead {
  reader.buffer = buffer;
  reader.position = start;
  reader.end = end;
  try {
    const time = reader.readVarint();
    if (time === NEED_MORE) throw malformed('no time');
    const first = reader.position;
    if (first === end) return new ReceivedHead(leftOf(time));
    for (let isKey = true; reader.position < end || !isKey; isKey = !isKey) checkText(isKey);
    return keep(leftOf(time), buffer, first, end);
  } finally {
    reader.buffer = NO_BYTES;
  }
}

/** Memory that texts are kept in, one behind the other: a Buffer of their own costs several times what they do. */
const SLAB_BYTES = 8 * 1024;
/** Texts of more bytes have memory of their own. */
const LONG_BYTES = 1024;
const copies = new RangeCopy();
let slab = NO_BYTES;
let used = 0;

function keep(leftMs: number | undefined, buffer: Buffer, start: number, end: number): ReceivedHead {
  const length = end - start;
  if (length > LONG_BYTES) return new ReceivedHead(leftMs, Buffer.from(buffer.subarray(start, end)), 0, length);
  if (used + length > slab.length) {
    slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
    used = 0;
  }
  const at = used;
  used += length;
  copies.copy(buffer, start, length, slab, at);
  return new ReceivedHead(leftMs, slab, at, used);
}

function checkText(isKey: boolean): void {
  const length = reader.readVarint();
  const { buffer, position } = reader;
  if (length === NEED_MORE || length > reader.available || (isKey && length === 0)) {
    throw malformed('a text that is cut off');
  }
  reader.position += length;
  if (!isKey) return;
  for (let at = position; at < reader.position; at++) {
    if (!isMetadataByte(buffer[at] as number)) throw malformed('a key that is none');
  }
}

function nextKey(): string {
  const { buffer, position } = reader;
  const length = reader.readVarint();
  const key = nameAt(buffer, reader.position, length);
  if (key !== undefined) {
    reader.position += length;
    return key;
  }
  reader.position = position;
  return nextText();
}

function nextText(): string {
  const length = reader.readVarint();
  const { position } = reader;
  reader.position += length;
  return reader.buffer.toString('utf8', position, position + length);
}

function timeOf(leftMs: number | undefined): number {
  if (leftMs === undefined) return 0;
  return leftMs > MAX_LEFT_MS ? 1 : Math.max(0, Math.ceil(leftMs)) + 2;
}

function leftOf(time: number): number | undefined {
  if (time === 0) return undefined;
  return time === 1 ? Number.POSITIVE_INFINITY : time - 2;
}

/** Shorter texts are written by a loop, which is sooner done than a call out of JavaScript. */
const LOOP_BELOW = 24;

/** Keys and most values are short texts of one byte a character: those are written without asking for their length before. There is room. */
function writeText(writer: ByteWriter, text: string): void {
  const { length } = text;
  const { buffer, position } = writer;
  if (length < LOOP_BELOW && putAscii(buffer, position + 1, text)) {
    buffer[position] = length;
    writer.position = position + 1 + length;
    return;
  }
  const written = buffer.write(text, position + 1);
  if (written < 0x80) {
    buffer[position] = written;
    writer.position = position + 1 + written;
    return;
  }
  writer.writeVarint(written);
  writer.writeUtf8(text);
}

function putAscii(buffer: Buffer, at: number, text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code >= 0x80) return false;
    buffer[at + index] = code;
  }
  return true;
}

function malformed(what: string): CmdStreamError {
  return new CmdStreamError('protocol-error', `malformed head of a Command: ${what}`);
}
