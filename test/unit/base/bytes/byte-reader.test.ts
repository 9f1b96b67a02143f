import { expect, test } from 'vitest';
import { ByteReader, NEED_MORE } from '../../../../src/base/bytes/byte-reader.ts';

test('a byte reader counts what has arrived and is not read', () => {
  const reader = new ByteReader();
  expect(reader.available).toBe(0);
  expect(reader.readVarint()).toBe(NEED_MORE);
  reader.buffer = Buffer.of(1, 0x80, 1, 9, 9);
  reader.end = 3;
  expect(reader.available).toBe(3);
  expect([reader.readVarint(), reader.readVarint(), reader.readVarint()]).toEqual([1, 128, NEED_MORE]);
  expect(reader.available).toBe(0);
});

test('a byte reader stands where it stood after a number that it refuses', () => {
  const reader = new ByteReader();
  reader.buffer = Buffer.alloc(10, 0xff);
  reader.end = 10;
  expect(() => reader.readVarint()).toThrow(/more than 64 bits/);
  expect(reader.position).toBe(0);
});
