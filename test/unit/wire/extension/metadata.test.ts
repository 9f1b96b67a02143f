import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  checkMetadata,
  copyMetadata,
  MAX_METADATA_BYTES,
  mergeMetadata,
  metadataBytes,
  metadataOf,
  NO_METADATA,
  readMetadata,
} from '../../../../src/wire/extension/metadata.ts';
import { codeOf, metadata, plain } from './support.ts';

describe('metadata of a user', () => {
  test('is copied where it waits: frozen, and without what is undefined', () => {
    const given: Record<string, string | undefined> = { tenant: 'acme', none: undefined };
    const checked = copyMetadata(checkMetadata('metadata', given));
    given.tenant = 'changed';
    expect(plain(checked)).toEqual({ tenant: 'acme' });
    expect(Object.isFrozen(checked)).toBe(true);
    expect(Object.getPrototypeOf(checked)).toBeNull();
    for (const nothing of [undefined, {}, { a: undefined }])
      expect(checkMetadata('metadata', nothing)).toBe(NO_METADATA);
  });

  test.each([
    ['no object', 'text'],
    ['a list', ['a']],
    ['null', null],
    ['an instance of a class', new Map([['a', 'b']])],
    ['a key in capitals', { Tenant: 'a' }],
    ['an empty key', { '': 'a' }],
    ['a key with a colon', { 'a:b': 'a' }],
    ['a number', { a: 1 }],
  ])('is refused as %s', (_what, value) => {
    expect(codeOf(() => checkMetadata('metadata', value))).toBe('invalid-argument');
  });

  test('is refused without telling a value, which may be a secret', () => {
    expect(() => checkMetadata('metadata', { token: ['s3cret'] })).toThrow(/^(?!.*s3cret).*metadata\.token/);
  });

  test('has 8,000 bytes at most, as UTF-8 and with four for each key', () => {
    const most = { k: 'é'.repeat((MAX_METADATA_BYTES - 10) / 2), l: '' };
    expect(metadataBytes(checkMetadata('metadata', most))).toBe(MAX_METADATA_BYTES);
    expect(codeOf(() => checkMetadata('metadata', { ...most, l: 'x' }))).toBe('invalid-argument');
  });

  test('may have keys of objects', () => {
    const given = JSON.parse('{"__proto__":"a","constructor":"b"}');
    expect(Object.entries(checkMetadata('metadata', given))).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
  });
});

describe('metadata of a peer', () => {
  test('is what of it is metadata', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        for (const [key, text] of Object.entries(readMetadata(value))) {
          expect(key).toMatch(/^[a-z0-9._-]+$/);
          expect(typeof text).toBe('string');
        }
      }),
    );
    expect(plain(readMetadata({ a: 'x', B: 'x', c: 5, 'd\n': 'x' }))).toEqual({ a: 'x' });
    expect(plain(readMetadata(['x']))).toEqual({});
  });
});

describe('metadata of two', () => {
  test('has the keys of both, and of two values for one the later', () => {
    fc.assert(
      fc.property(metadata, metadata, (first, later) => {
        const both = mergeMetadata(first, later);
        expect(plain(both)).toEqual(Object.fromEntries([...Object.entries(first), ...Object.entries(later)]));
        expect(Object.isFrozen(both)).toBe(true);
      }),
    );
    const one = metadataOf([['a', 'b']]);
    expect(mergeMetadata(NO_METADATA, one)).toBe(one);
    expect(mergeMetadata(one, NO_METADATA)).toBe(one);
  });
});
