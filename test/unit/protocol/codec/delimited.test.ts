import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BadPayload,
  type ByteReader,
  ByteWriter,
  ERROR_RESULT_TYPE,
  type MessageCodec,
  type MessageSet,
  NEED_MORE,
} from '../../../../src/codec.ts';
import {
  CmdStreamError,
  type Codec,
  command,
  createSender,
  defineProtocol,
  memoryTransport,
  result,
  serve,
} from '../../../../src/index.ts';
import { runs } from '../../../support/runs.ts';
import { readerOf } from './support.ts';

// A format of one's own without a length in front, made of nothing but the public interface: the type number, then the
// fields of that type, each a text with a NUL behind it.

const NUL = 0;

/** The fields of each type by its name. */
const layouts: Readonly<Record<string, readonly string[]>> = {
  Greet: ['first', 'last'],
  Recite: ['poem'],
  Greeting: ['text'],
  Line: ['text', 'last'],
};

const nulTerminatedFields: Codec = { name: 'nul-terminated', bind: (messages) => new FieldsCodec(messages) };

class FieldsCodec implements MessageCodec {
  readonly #fields: ReadonlyMap<number, readonly string[]>;
  readonly #maxPayloadBytes: number;

  constructor({ types, maxPayloadBytes }: MessageSet) {
    const error = [ERROR_RESULT_TYPE, ['code', 'message']] as const;
    this.#fields = new Map([...types.map((name, type) => [type, layouts[name] ?? []] as const), error]);
    this.#maxPayloadBytes = maxPayloadBytes;
  }

  encode(type: number, value: unknown, writer: ByteWriter): void {
    writer.writeVarint(type);
    for (const field of this.#fields.get(type) ?? []) {
      const text = (value as Record<string, unknown>)[field];
      if (typeof text !== 'string' || text.includes('\0')) throw new TypeError(`${field} must be a text without NUL`);
      writer.writeUtf8(text);
      writer.writeByte(NUL);
    }
  }

  decode(reader: ByteReader, message: { type: number; value: unknown }): boolean {
    const type = reader.readVarint();
    if (type === NEED_MORE) return false;
    const fields = this.#fields.get(type);
    if (fields === undefined) throw new CmdStreamError('protocol-error', `there is no type ${type}`);
    const value: Record<string, string> = {};
    const start = reader.position;
    for (const field of fields) {
      const end = reader.buffer.indexOf(NUL, reader.position);
      if (end === -1 || end >= reader.end) {
        if (reader.end - start <= this.#maxPayloadBytes) return false;
        throw new CmdStreamError('frame-too-large', `a message is longer than ${this.#maxPayloadBytes} bytes`);
      }
      value[field] = reader.buffer.toString('utf8', reader.position, end);
      reader.position = end + 1;
    }
    message.type = type;
    message.value = isUtf8(reader.buffer.subarray(start, reader.position)) ? value : new BadPayload('no UTF-8');
    return true;
  }
}

const codec = nulTerminatedFields.bind({ kind: 'command', types: ['Greet', 'Recite'], maxPayloadBytes: 100 });

describe('a codec without lengths', () => {
  it('reads messages that arrive in pieces of any size', () => {
    const field = fc.string({ unit: 'binary', maxLength: 20 }).map((text) => text.replaceAll('\0', ''));
    const greet = fc.record({ first: field, last: field }, { noNullPrototype: true });
    const recite = fc.record({ poem: field }, { noNullPrototype: true });
    const message = fc.oneof(
      greet.map((value) => ({ type: 0, value })),
      recite.map((value) => ({ type: 1, value })),
    );
    fc.assert(
      fc.property(fc.array(message), fc.integer({ min: 1, max: 30 }), (messages, pieceBytes) => {
        const writer = new ByteWriter();
        for (const { type, value } of messages) codec.encode(type, value, writer);
        const bytes = writer.buffer.subarray(0, writer.position);
        const arrived = [];
        let waiting = Buffer.alloc(0);
        for (let at = 0; at < bytes.length; at += pieceBytes) {
          const reader = readerOf(Buffer.concat([waiting, bytes.subarray(at, at + pieceBytes)]));
          let read = reader.position;
          for (let next = { type: -1, value: undefined as unknown }; codec.decode(reader, next); next = { ...next }) {
            arrived.push({ ...next });
            read = reader.position;
          }
          waiting = Buffer.from(reader.buffer.subarray(read, reader.end));
        }
        expect(arrived).toStrictEqual(messages);
        expect(waiting).toHaveLength(0);
      }),
      { numRuns: runs(200) },
    );
  });

  it('refuses what never ends', () => {
    const message = { type: -1, value: undefined };
    expect(codec.decode(readerOf(Buffer.alloc(101, 0x01)), message)).toBe(false);
    expect(() => codec.decode(readerOf(Buffer.alloc(102, 0x01)), message)).toThrow(
      expect.objectContaining({ code: 'frame-too-large' }),
    );
  });

  it('carries Commands, streams, and errors between a sender and a server', async () => {
    const protocol = defineProtocol({
      results: {
        Greeting: result<{ text: string }>(),
        Line: result<{ text: string; last: string }>({ lastOne: ({ last }) => last === 'yes' }),
      },
      commands: {
        Greet: command<{ first: string; last: string }>().returns('Greeting'),
        Recite: command<{ poem: string }>().returns('Line'),
      },
    });
    const transport = memoryTransport({ maxInFlightBytes: 3 });
    await using server = await serve(
      protocol,
      undefined,
      {
        Greet({ first, last }) {
          if (first === '') throw new Error('nobody to greet');
          return { text: `Hello ${first} ${last}` };
        },
        *Recite({ poem }) {
          const lines = poem.split('\n');
          for (const [index, text] of lines.entries()) yield { text, last: index === lines.length - 1 ? 'yes' : 'no' };
        },
      },
      { transport, codec: nulTerminatedFields, exposeErrors: true },
    );
    await using sender = await createSender(protocol, {
      transport,
      codec: nulTerminatedFields,
      address: server.address,
      clients: 1,
    });
    const greetings = ['Grace', 'Ada', 'Älfreda'].map((first) => sender.send(protocol.Greet({ first, last: 'Ö.' })));
    expect(await Promise.all(greetings)).toStrictEqual([
      { text: 'Hello Grace Ö.' },
      { text: 'Hello Ada Ö.' },
      { text: 'Hello Älfreda Ö.' },
    ]);
    const lines: string[] = [];
    for await (const { text } of sender.sendMulti(protocol.Recite({ poem: 'roses\n\nviolets' }))) lines.push(text);
    expect(lines).toStrictEqual(['roses', '', 'violets']);
    await expect(sender.send(protocol.Greet({ first: '', last: '' }))).rejects.toMatchObject({
      code: 'command-failed',
      message: expect.stringContaining('nobody to greet'),
    });
    await expect(sender.send(protocol.Greet({ first: 'a\0b', last: '' }))).rejects.toMatchObject({
      code: 'encode-failed',
      message: expect.stringContaining('first must be a text without NUL'),
    });
    // Nothing of the refused Command has left: the connection is in step.
    expect(await sender.send(protocol.Greet({ first: 'A', last: 'B' }))).toStrictEqual({ text: 'Hello A B' });
  });
});
