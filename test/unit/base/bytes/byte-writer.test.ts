import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteWriter } from '../../../../src/base/bytes/byte-writer.ts';
import { runs } from '../../../support/runs.ts';

const written = (writer: ByteWriter) => writer.buffer.subarray(0, writer.position);

describe('a byte writer', () => {
  test('holds what was appended, however small it began', () => {
    const pieces = fc.array(
      fc.oneof(
        fc.tuple(fc.nat(300), fc.nat(255)).map(([length, byte]) => ({ bytes: Buffer.alloc(length, byte) })),
        fc.string({ unit: 'binary', maxLength: 100 }).map((text) => ({ text })),
        fc.nat(255).map((byte) => ({ byte })),
      ),
    );
    fc.assert(
      fc.property(fc.nat(16), pieces, (initialBytes, appended) => {
        const writer = new ByteWriter(initialBytes);
        const expected: Buffer[] = [];
        for (const piece of appended) {
          if ('bytes' in piece) writer.writeBytes(piece.bytes);
          else if ('text' in piece) expect(writer.writeUtf8(piece.text)).toBe(Buffer.byteLength(piece.text));
          else writer.writeByte(piece.byte);
          expected.push(
            'byte' in piece ? Buffer.of(piece.byte) : Buffer.from('bytes' in piece ? piece.bytes : piece.text),
          );
        }
        expect(written(writer).equals(Buffer.concat(expected))).toBe(true);
      }),
      { numRuns: runs(200) },
    );
  });

  test('appends a part of other bytes', () => {
    const writer = new ByteWriter(1);
    writer.writeBytes(Buffer.from('0123456789'), 2, 5);
    writer.writeBytes(Buffer.from('0123456789'), 8);
    writer.writeBytes(Buffer.from('0123456789'), 0, 1);
    writer.writeBytes(Buffer.from('0123456789'), 4, 4);
    expect(written(writer).toString()).toBe('234890');
  });

  test('replaces a lone surrogate, as UTF-8 cannot say it, and makes room for it', () => {
    const writer = new ByteWriter(1);
    expect(writer.writeUtf8('\ud800x')).toBe(4);
    expect(written(writer).toString()).toBe('\ufffdx');
  });

  test('takes back what was appended since a mark, also when it has grown meanwhile', () => {
    const writer = new ByteWriter(4);
    writer.writeUtf8('kept');
    const mark = writer.position;
    writer.writeBytes(Buffer.alloc(10_000, 'x'));
    writer.position = mark;
    writer.writeUtf8('!');
    expect(written(writer).toString()).toBe('kept!');
  });

  test('grows by doubling, so that appending costs in proportion', () => {
    const writer = new ByteWriter(1);
    const memories = new Set<Buffer>();
    for (let count = 0; count < 100_000; count++) {
      writer.writeByte(count & 0xff);
      memories.add(writer.buffer);
    }
    expect(memories.size).toBeLessThan(20);
  });

  test('writes varints where there is no room left', () => {
    const writer = new ByteWriter(1);
    writer.writeVarint(Number.MAX_SAFE_INTEGER);
    writer.writeVarint(1);
    expect([...written(writer)]).toEqual([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x01]);
  });

  test('has memory of its own, not of the pool that small buffers share', () => {
    expect(new ByteWriter(16).buffer.buffer.byteLength).toBe(16);
  });
});
