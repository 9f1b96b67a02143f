import { describe, expect, it } from 'vitest';
import { ByteWriter } from '../../../../src/base/bytes/byte-writer.ts';
import { CmdStreamError } from '../../../../src/base/errors/cmd-stream-error.ts';
import { BadPayload, type DecodedMessage } from '../../../../src/protocol/codec/codec.ts';
import { lengthPrefixed } from '../../../../src/protocol/codec/length-prefixed.ts';
import { bind, decode, encode, readerOf } from './support.ts';

/** Payloads that are plain text; `bad` cannot be read. */
const text = lengthPrefixed('text', () => ({
  write: (value, writer) => writer.writeUtf8(String(value)),
  read(buffer, start, end) {
    const value = buffer.toString('utf8', start, end);
    if (value === 'bad') throw new Error('cannot be read');
    return value;
  },
}));

describe('a length-prefixed message', () => {
  it('is the type, the length and the payload', () => {
    expect(encode(bind(text), 1, 'hi').toString('hex')).toBe('01026869');
    expect(encode(bind(text), 300, '').toString('hex')).toBe('ac0200');
  });

  it.each([0, 1, 127, 128, 129, 16_383, 16_384, 2_097_151, 2_097_152])('may have a payload of %d bytes', (length) => {
    const codec = bind(text);
    const value = 'x'.repeat(length);
    const bytes = encode(codec, 1, value);
    expect(decode(codec, bytes)).toEqual({ type: 1, value });
  });

  it('goes behind what the writer holds already', () => {
    const writer = new ByteWriter(1);
    const codec = bind(text);
    codec.encode(0, 'x'.repeat(200), writer);
    codec.encode(1, 'second', writer);
    const reader = readerOf(writer.buffer.subarray(0, writer.position));
    const message = { type: -1, value: undefined as unknown };
    expect(codec.decode(reader, message)).toBe(true);
    expect(codec.decode(reader, message)).toBe(true);
    expect(message).toEqual({ type: 1, value: 'second' });
  });

  it('that has not arrived whole is waited for, and says how many bytes it takes once it knows', () => {
    const codec = bind(text);
    const bytes = encode(codec, 300, 'x'.repeat(200));
    for (let length = 0; length < bytes.length; length++) {
      const reader = readerOf(bytes.subarray(0, length));
      const start = reader.position;
      expect(codec.decode(reader, { type: -1, value: undefined })).toBe(false);
      expect(reader.missing).toBe(length < 4 ? 0 : 200);
      if (length >= 4) expect(reader.position).toBe(start + 4);
    }
  });

  it('whose payload cannot be read hands over a BadPayload, and the next message is right', () => {
    const codec = bind(text);
    const reader = readerOf(Buffer.concat([encode(codec, 0, 'bad'), encode(codec, 1, 'good')]));
    const message = { type: -1, value: undefined as unknown };
    expect(codec.decode(reader, message)).toBe(true);
    expect(message).toEqual({ type: 0, value: new BadPayload(new Error('cannot be read'), 'text') });
    expect((message.value as BadPayload).reason).toBe(
      'text could not read it: cannot be read; does the other side use another codec?',
    );
    expect(codec.decode(reader, message)).toBe(true);
    expect(message).toEqual({ type: 1, value: 'good' });
    expect(reader.available).toBe(0);
  });
});

describe('a format', () => {
  it.each([undefined, null, 5, {}])('is made by a function, not %j', (makeFormat) => {
    expect(() => lengthPrefixed('text', makeFormat as never)).toThrow(
      expect.objectContaining({
        code: 'invalid-argument',
        message: expect.stringMatching(/^lengthPrefixed\(\) takes a function makeFormat; got /),
      }),
    );
  });

  it.each([undefined, null, 5, {}, { write: () => {} }, { read: () => 0, write: 'x' }])(
    'has write and read, or no codec is made of it: %j',
    (format) => {
      expect(() => bind(lengthPrefixed('text', () => format as never))).toThrow(
        expect.objectContaining({
          code: 'invalid-argument',
          message: expect.stringMatching(
            /^makeFormat of the codec 'text' must give an object with write\(\) and read\(\); got /,
          ),
        }),
      );
    },
  );
});

describe('a payload over the limit', () => {
  it('is refused when it is sent', () => {
    const codec = bind(text, 10);
    expect(encode(codec, 0, 'x'.repeat(10))).toHaveLength(12);
    expect(() => encode(codec, 0, 'x'.repeat(11))).toThrow(
      new CmdStreamError(
        'frame-too-large',
        "a command payload of 11 bytes is over the limit of 10 (option 'maxFrameBytes')",
      ),
    );
  });

  it.each(['decode', 'skip'] as const)(
    'F14: is told when it is announced, before a byte of it is there, by %s',
    (how) => {
      const receiver = bind(text, 10);
      const over: [hex: string, length: number][] = [
        [encode(bind(text), 0, 'x'.repeat(11)).subarray(0, 2).toString('hex'), 11],
        ['00ffffffffffffff0f', 2 ** 53 - 1],
      ];
      for (const [hex, length] of over) {
        const message: DecodedMessage = { type: -1, value: undefined };
        const reader = readerOf(Buffer.from(hex, 'hex'));
        expect(receiver[how]?.(reader, message)).toBe(false);
        expect(reader).toMatchObject({ oversized: length, available: 0, missing: 0 });
        expect(message).toEqual({
          type: 0,
          value: new BadPayload(expect.objectContaining({ code: 'frame-too-large' })),
        });
      }
    },
  );
});

describe('a message that is not read yet', () => {
  it('is skipped without its payload being looked at', () => {
    const format = { write() {}, read: () => expect.unreachable('it was read') };
    const codec = bind(lengthPrefixed('text', () => format));
    const message: DecodedMessage = { type: -1, value: undefined };
    const bytes = encode(bind(text), 3, 'four');
    const reader = readerOf(Buffer.concat([bytes, bytes.subarray(0, 4)]));
    expect(codec.skip?.(reader, message)).toBe(true);
    expect([message.type, reader.available]).toEqual([3, 4]);
    expect(codec.skip?.(reader, message)).toBe(false);
    expect(reader.missing).toBe(4);
  });

  it('is left for later where it is longer than what may be read at once', () => {
    const codec = bind(text);
    const message: DecodedMessage = { type: -1, value: undefined };
    const bytes = encode(codec, 3, 'four');
    const reader = readerOf(bytes);
    reader.atOnceBytes = 3;
    expect(codec.decode(reader, message)).toBe(false);
    expect([reader.postponed, reader.available]).toEqual([true, 0]);
    reader.position -= bytes.length;
    reader.atOnceBytes = 4;
    expect(codec.decode(reader, message)).toBe(true);
    expect(message.value).toBe('four');
  });
});

describe('a type or a length that is no number', () => {
  it.each([
    ['a type of more than 64 bits', 'ffffffffffffffffff7f'],
    ['a length of more than 64 bits', '01ffffffffffffffffff7f'],
    ['a type above 2^53 - 1', '808080808080801000'],
  ])('is a protocol error: %s', (_, hex) => {
    const message = { type: -1, value: undefined };
    expect(() => bind(text).decode(readerOf(Buffer.from(hex, 'hex')), message)).toThrow(
      expect.objectContaining({ code: 'protocol-error' }),
    );
  });
});
