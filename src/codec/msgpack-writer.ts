/// <reference lib="es2024.string" />
import type { ByteWriter } from '../bytes/byte-writer.ts';
import {
  correctCount,
  textHeaderBytes,
  writeBigInt,
  writeHeader,
  writeNumber,
  writeShortAscii,
  writeTimestamp,
} from './msgpack-tokens.ts';
import { formOf, MAX_PAYLOAD_DEPTH, noData, timeOf, tooDeep, tooLong, Unsendable } from './sendable.ts';

/**
 * Writes values as MessagePack, each in its shortest form.
 * Source: https://github.com/msgpack/msgpack/blob/master/spec.md
 */
export class MessagePackWriter {
  readonly #maxBytes: number;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * Appends `value` to `writer`.
   * @throws CmdStreamError `encode-failed` for what MessagePack cannot carry, `frame-too-large` for what is longer than
   * `maxBytes`; also whatever a getter or a `toJSON` of the value throws.
   */
  write(value: unknown, writer: ByteWriter): void {
    try {
      this.#value(value, writer, writer.position + this.#maxBytes, 0);
    } catch (thrown) {
      throw Unsendable.toError(thrown);
    }
  }

  #value(value: unknown, writer: ByteWriter, limit: number, depth: number): void {
    switch (typeof value) {
      case 'string':
        this.#text(value, writer, limit);
        break;
      case 'number':
        writeNumber(value, writer);
        break;
      case 'boolean':
        writer.writeByte(value ? 0xc3 : 0xc2);
        break;
      case 'undefined':
        writer.writeByte(0xc0);
        break;
      case 'bigint':
        writeBigInt(value, writer);
        break;
      case 'object':
        if (value === null) writer.writeByte(0xc0);
        else this.#object(value, writer, limit, depth);
        break;
      default:
        throw noData(typeof value);
    }
  }

  #object(value: object, writer: ByteWriter, limit: number, depth: number): void {
    if (depth === MAX_PAYLOAD_DEPTH) throw tooDeep();
    if (writer.position > limit) throw tooLong(this.#maxBytes);
    switch (formOf(value)) {
      case 'list':
        this.#list(value as unknown[], writer, limit, depth + 1);
        break;
      case 'fields':
        this.#fields(value as Record<string, unknown>, writer, limit, depth + 1);
        break;
      case 'bytes':
        this.#bytes(value as Uint8Array, writer, limit);
        break;
      case 'date':
        writeTimestamp(timeOf(value as Date), writer);
        break;
      case 'toJSON':
        this.#value((value as { toJSON(): unknown }).toJSON(), writer, limit, depth + 1);
        break;
    }
  }

  #list(list: readonly unknown[], writer: ByteWriter, limit: number, depth: number): void {
    const { length } = list;
    if (writer.position + length > limit) throw tooLong(this.#maxBytes);
    writeHeader(writer, length, 0x90, 16, 0, 0xdc);
    let index = 0;
    try {
      for (; index < length; index++) this.#value(list[index], writer, limit, depth);
    } catch (thrown) {
      throw Unsendable.within(thrown, index);
    }
  }

  #fields(object: Readonly<Record<string, unknown>>, writer: ByteWriter, limit: number, depth: number): void {
    const keys = Object.keys(object);
    const start = writer.position;
    writeHeader(writer, keys.length, 0x80, 16, 0, 0xde);
    let count = 0;
    let key = '';
    try {
      for (key of keys) {
        const value = object[key];
        // A field that is undefined is one that is not there, as in JSON: nil would arrive as null.
        if (value === undefined) continue;
        this.#text(key, writer, limit);
        this.#value(value, writer, limit, depth);
        count++;
      }
    } catch (thrown) {
      throw Unsendable.within(thrown, key);
    }
    if (count !== keys.length) correctCount(writer.buffer, start, count);
  }

  #text(text: string, writer: ByteWriter, limit: number): void {
    const { length } = text;
    if (length < 48 && writeShortAscii(text, writer)) return;
    if (writer.position + length > limit) throw tooLong(this.#maxBytes);
    const start = writer.position;
    const guess = textHeaderBytes(length);
    writer.ensure(5);
    writer.position = start + guess;
    const bytes = writer.writeUtf8(text);
    if (bytes !== length && !text.isWellFormed()) {
      throw new Unsendable('has half of a surrogate pair, which UTF-8 cannot express (see String.toWellFormed)');
    }
    const size = textHeaderBytes(bytes);
    if (size !== guess) {
      writer.ensure(size - guess);
      writer.buffer.copyWithin(start + size, start + guess, start + guess + bytes);
    }
    writer.position = start;
    writeHeader(writer, bytes, 0xa0, 32, 0xd9, 0xda);
    writer.position = start + size + bytes;
  }

  #bytes(bytes: Uint8Array, writer: ByteWriter, limit: number): void {
    if (writer.position + bytes.length > limit) throw tooLong(this.#maxBytes);
    writeHeader(writer, bytes.length, 0, 0, 0xc4, 0xc5);
    writer.writeBytes(bytes);
  }
}
