import { describe, expect, it } from 'vitest';
import { msgpack } from '../../../../src/protocol/codec/msgpack/msgpack.ts';
import { expectSame } from '../../../support/same.ts';
import { decodePayload, encodePayload } from './support.ts';

const codec = msgpack();
const text = (length: number) => 'x'.repeat(length);
const textHex = (length: number) => '78'.repeat(length);
const list = (length: number) => Array<number>(length).fill(1);
const listHex = (length: number) => '01'.repeat(length);
const bytes = (length: number) => Buffer.alloc(length, 7);
const bytesHex = (length: number) => '07'.repeat(length);
const map = (length: number) =>
  Object.fromEntries(Array.from({ length }, (_, index) => [`k${String(index).padStart(5, '0')}`, true]));
const mapHex = (length: number) =>
  Object.keys(map(length))
    .map((key) => `a6${Buffer.from(key).toString('hex')}c3`)
    .join('');

/** Written by hand from the specification: each format, at both of its ends. */
const vectors: [name: string, value: unknown, hex: string][] = [
  ['nil', null, 'c0'],
  ['false', false, 'c2'],
  ['true', true, 'c3'],
  ['positive fixint, lowest', 0, '00'],
  ['positive fixint, highest', 127, '7f'],
  ['negative fixint, lowest', -32, 'e0'],
  ['negative fixint, highest', -1, 'ff'],
  ['uint 8, lowest', 128, 'cc80'],
  ['uint 8, highest', 255, 'ccff'],
  ['uint 16, lowest', 256, 'cd0100'],
  ['uint 16, highest', 65_535, 'cdffff'],
  ['uint 32, lowest', 65_536, 'ce00010000'],
  ['uint 32, highest', 4_294_967_295, 'ceffffffff'],
  ['int 64, lowest above uint 32', 4_294_967_296, 'd30000000100000000'],
  ['int 64, highest safe', Number.MAX_SAFE_INTEGER, 'd3001fffffffffffff'],
  ['int 64, lowest bigint', 2n ** 53n + 1n, 'd30020000000000001'],
  ['int 64, highest', 2n ** 63n - 1n, 'd37fffffffffffffff'],
  ['uint 64, lowest above int 64', 2n ** 63n, 'cf8000000000000000'],
  ['uint 64, highest', 2n ** 64n - 1n, 'cfffffffffffffffff'],
  ['int 8, highest', -33, 'd0df'],
  ['int 8, lowest', -128, 'd080'],
  ['int 16, highest', -129, 'd1ff7f'],
  ['int 16, lowest', -32_768, 'd18000'],
  ['int 32, highest', -32_769, 'd2ffff7fff'],
  ['int 32, lowest', -2_147_483_648, 'd280000000'],
  ['int 64, highest below int 32', -2_147_483_649, 'd3ffffffff7fffffff'],
  ['int 64, lowest safe', Number.MIN_SAFE_INTEGER, 'd3ffe0000000000001'],
  ['int 64, highest negative bigint', -(2n ** 53n) - 1n, 'd3ffdfffffffffffff'],
  ['int 64, lowest', -(2n ** 63n), 'd38000000000000000'],
  ['float 64', 1.1, 'cb3ff199999999999a'],
  ['float 64 without a fraction, beyond the safe whole numbers', 2 ** 53, 'cb4340000000000000'],
  ['float 64, largest', Number.MAX_VALUE, 'cb7fefffffffffffff'],
  ['float 64, smallest', Number.MIN_VALUE, 'cb0000000000000001'],
  ['float 64, not a number', Number.NaN, 'cb7ff8000000000000'],
  ['float 64, infinity', Number.POSITIVE_INFINITY, 'cb7ff0000000000000'],
  ['float 64, negative infinity', Number.NEGATIVE_INFINITY, 'cbfff0000000000000'],
  ['fixstr, shortest', '', 'a0'],
  ['fixstr, longest', text(31), `bf${textHex(31)}`],
  ['str 8, shortest', text(32), `d920${textHex(32)}`],
  ['str 8, longest', text(255), `d9ff${textHex(255)}`],
  ['str 16, shortest', text(256), `da0100${textHex(256)}`],
  ['str 16, longest', text(65_535), `daffff${textHex(65_535)}`],
  ['str 32, shortest', text(65_536), `db00010000${textHex(65_536)}`],
  ['str of two bytes a character', 'é', 'a2c3a9'],
  ['str of three bytes a character', '漢字', 'a6e6bca2e5ad97'],
  ['str of four bytes a character', '\u{1f600}', 'a4f09f9880'],
  ['str whose characters fit a shorter header than its bytes', 'é'.repeat(16), `d920${'c3a9'.repeat(16)}`],
  ['str whose characters fit str 8, its bytes str 16', 'é'.repeat(200), `da0190${'c3a9'.repeat(200)}`],
  ['str whose characters fit str 16, its bytes str 32', '漢'.repeat(30_000), `db00015f90${'e6bca2'.repeat(30_000)}`],
  ['bin 8, shortest', bytes(0), 'c400'],
  ['bin 8, longest', bytes(255), `c4ff${bytesHex(255)}`],
  ['bin 16, shortest', bytes(256), `c50100${bytesHex(256)}`],
  ['bin 16, longest', bytes(65_535), `c5ffff${bytesHex(65_535)}`],
  ['bin 32, shortest', bytes(65_536), `c600010000${bytesHex(65_536)}`],
  ['fixarray, shortest', [], '90'],
  ['fixarray, longest', list(15), `9f${listHex(15)}`],
  ['array 16, shortest', list(16), `dc0010${listHex(16)}`],
  ['array 16, longest', list(65_535), `dcffff${listHex(65_535)}`],
  ['array 32, shortest', list(65_536), `dd00010000${listHex(65_536)}`],
  ['fixmap, shortest', {}, '80'],
  ['fixmap', { a: 2, b: -3 }, '82a16102a162fd'],
  ['fixmap, longest', map(15), `8f${mapHex(15)}`],
  ['map 16, shortest', map(16), `de0010${mapHex(16)}`],
  ['map 16, longest', map(65_535), `deffff${mapHex(65_535)}`],
  ['map 32, shortest', map(65_536), `df00010000${mapHex(65_536)}`],
  ['timestamp 32, the epoch', new Date(0), 'd6ff00000000'],
  ['timestamp 32, last', new Date((2 ** 32 - 1) * 1000), 'd6ffffffffff'],
  ['timestamp 64, by milliseconds', new Date(1_500), 'd7ff7735940000000001'],
  ['timestamp 64, last', new Date(2 ** 32 * 1000 - 1), 'd7ffee2e1f00ffffffff'],
  ['timestamp 96, after', new Date(2 ** 32 * 1000), 'c70cff000000000000000100000000'],
  ['timestamp 96, before the epoch', new Date(-1), 'c70cff3b8b87c0ffffffffffffffff'],
  ['timestamp 96, first Date', new Date(-8.64e15), 'c70cff00000000fffff82457de8000'],
];

describe('MessagePack is written and read as the specification has it', () => {
  it.each(vectors)('%s', (_, value, hex) => {
    expect(encodePayload(codec, value).toString('hex')).toBe(hex);
    expectSame(decodePayload(codec, Buffer.from(hex, 'hex')), value);
  });
});

describe('of what others may write, MessagePack reads also', () => {
  it.each<[name: string, hex: string, value: unknown]>([
    ['float 64, negative zero', 'cb8000000000000000', -0],
    ['2^53, which is exact', 'cf0020000000000000', 2 ** 53],
    ['-2^53, which is exact', 'd3ffe0000000000000', -(2 ** 53)],
    ['float 32', 'ca3fc00000', 1.5],
    ['numbers in longer forms than they need: uint 64', 'cf0000000000000001', 1],
    ['numbers in longer forms than they need: int 64', 'd3ffffffffffffffff', -1],
    ['numbers in longer forms than they need: int 64, positive', 'd37fffffffffffffff', 2n ** 63n - 1n],
    ['numbers in longer forms than they need: uint 8', 'cc01', 1],
    ['numbers in longer forms than they need: int 16', 'd10001', 1],
    ['numbers in longer forms than they need: int 32', 'd2ffffffff', -1],
    ['texts with longer headers than they need', 'db0000000168', 'h'],
    ['arrays and maps with longer headers than they need', 'dd00000001df00000001d9016101', [{ a: 1 }]],
    ['whole numbers as keys', '8301a161cd0100a162ffa163', { 1: 'a', 256: 'b', '-1': 'c' }],
    ['a bigint as key', '81cfffffffffffffffff01', { '18446744073709551615': 1 }],
    ['the last of two equal keys', '82a16101a16102', { a: 2 }],
    ['timestamp 64, by seconds', 'd7ff0000000100000000', new Date(2 ** 32 * 1000)],
    ['timestamp 64, its last millisecond', 'd7ffee2e1f03ffffffff', new Date(2 ** 34 * 1000 - 1)],
    ['timestamp 64 without need', 'd7ff0000000000000001', new Date(1000)],
    ['timestamp in ext 8', 'c704ff00000001', new Date(1000)],
    ['nanoseconds, cut to milliseconds', 'd7ffee6b27fc00000001', new Date(1999)],
  ])('%s', (_, hex, value) => {
    expect(decodePayload(codec, Buffer.from(hex, 'hex'))).toStrictEqual(value);
  });
});
