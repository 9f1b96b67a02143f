import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RESERVED_TYPES } from '../../../../src/protocol/reserved.ts';
import { MAX_INTRODUCTION_BYTES, writeControlFrame } from '../../../../src/wire/extension/control-frame.ts';
import {
  encodeHello,
  encodeWelcome,
  type Hello,
  readHello,
  readWelcome,
  readWelcomeFrame,
  type Welcome,
} from '../../../../src/wire/extension/introduction.ts';
import { NO_METADATA } from '../../../../src/wire/extension/metadata.ts';
import { runs } from '../../../support/runs.ts';
import { codeOf, metadata, plain, readerOf, written } from './support.ts';

const hello: Hello = { timeoutMs: 1_000, metadata: NO_METADATA, version: '1.2.3', describe: false };
const welcome: Welcome = {
  codec: 'json',
  commands: ['Do', 'Watch'],
  results: ['Done'],
  maxFrameBytes: 65_536,
  instance: 'b7',
  version: '1.2.3',
  schemas: {},
  returns: [],
  several: [],
  ends: false,
  refused: undefined,
};
const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9]{0,12}$/);

describe('the status of a server', () => {
  const status = { connections: 3, inFlight: 2, uptimeMs: 1_000 };

  test('is asked for by HELLO, and told by WELCOME', () => {
    expect(readHello(encodeHello({ ...hello, status: true })).status).toBe(true);
    expect(readHello(encodeHello(hello))).not.toHaveProperty('status');
    expect(readWelcome(encodeWelcome({ ...welcome, status })).status).toEqual(status);
    expect(readWelcome(encodeWelcome(welcome))).not.toHaveProperty('status');
  });

  test.each([
    null,
    5,
    [],
    {},
    { ...status, inFlight: '2' },
    { ...status, connections: -1 },
    { ...status, uptimeMs: 0.5 },
  ])('is none where it is %j', (given) => {
    expect(readWelcome(json({ status: given }))).not.toHaveProperty('status');
  });
});

describe('a HELLO', () => {
  test('is read as it was written', () => {
    const timeoutMs = fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.double({ min: 0, max: 1e12, noNaN: true }));
    fc.assert(
      fc.property(timeoutMs, metadata, name, fc.boolean(), (time, texts, version, describes) => {
        const read = readHello(encodeHello({ timeoutMs: time, metadata: texts, version, describe: describes }));
        expect({ ...read, metadata: plain(read.metadata) }).toEqual({
          timeoutMs: time,
          metadata: plain(texts),
          version,
          describe: describes,
        });
        expect(Object.getPrototypeOf(read.metadata)).toBeNull();
      }),
    );
  });

  test('with the longest metadata that there can be is not too long', () => {
    // A control character takes six bytes in JSON.
    const bytes = encodeHello({ ...hello, metadata: { k: '\u0001'.repeat(7_999) } });
    expect(bytes.length).toBeLessThanOrEqual(MAX_INTRODUCTION_BYTES);
  });

  test.each([
    ['a number', { timeoutMs: '5' }],
    ['a time', { timeoutMs: -1 }],
    ['a time that is finite', { timeoutMs: null }],
    ['texts', { metadata: [1, 2], version: {}, describe: 'yes' }],
    ['an object of texts', { metadata: { a: 1, B: 'x', c: null, 'd e': 'x' } }],
    ['anything', {}],
  ])('that has no %s where one should be is taken as one that does not say', (_what, fields) => {
    const read = readHello(json({ ...fields }));
    expect(read).toEqual({ timeoutMs: Number.POSITIVE_INFINITY, metadata: NO_METADATA, version: '', describe: false });
  });

  test('cannot touch what objects have of their own', () => {
    const read = readHello(
      Buffer.from('{"__proto__":{"describe":true},"metadata":{"__proto__":"a","constructor":"b"}}'),
    );
    expect(read.describe).toBe(false);
    expect(Object.keys(read.metadata)).toEqual(['__proto__', 'constructor']);
    expect(read.metadata.hasownproperty).toBeUndefined();
  });

  test('is no HELLO cut anywhere, nor as anything but a JSON object', () => {
    const bytes = encodeHello({ ...hello, metadata: { k: 'é' } });
    for (let end = 0; end < bytes.length; end++) {
      expect(codeOf(() => readHello(bytes.subarray(0, end)))).toBe('protocol-error');
    }
    for (const text of ['', 'null', '[]', '"x"', '5', '{', '{}x', '\ufeff{}']) {
      expect(
        codeOf(() => readHello(Buffer.from(text))),
        text,
      ).toBe('protocol-error');
    }
  });

  test('of any bytes is malformed, or a HELLO', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          const code = codeOf(() => readHello(Buffer.from(bytes)));
          expect(code === undefined || code === 'protocol-error').toBe(true);
        },
      ),
      { numRuns: runs(500) },
    );
  });
});

describe('a WELCOME', () => {
  test('is read as it was written', () => {
    const fields = fc.record({
      codec: name,
      commands: fc.array(name),
      results: fc.array(name),
      maxFrameBytes: fc.integer({ min: 1 }),
      instance: name,
      version: name,
      refused: fc.option(name, { nil: undefined }),
      returns: fc.array(fc.array(fc.nat())),
      several: fc.constant([]),
      ends: fc.boolean(),
    });
    fc.assert(
      fc.property(fields, (given) => {
        expect(readWelcome(encodeWelcome({ ...given, schemas: { Do: { type: 'object' } } }))).toEqual({
          ...given,
          schemas: { Do: { type: 'object' } },
        });
      }),
    );
  });

  test('leaves out schemas, then which Results answer, then names, where there is no room for them', () => {
    const schemas = { Do: 'x'.repeat(MAX_INTRODUCTION_BYTES) };
    const told: Welcome = { ...welcome, returns: [[0], [0, 1]], several: [1], ends: true };
    expect(readWelcome(encodeWelcome({ ...told, schemas }))).toEqual(told);
    const returns = Array.from({ length: 20_000 }, () => [0]);
    expect(readWelcome(encodeWelcome({ ...told, schemas, returns }))).toEqual({ ...welcome, ends: true });
    const commands = Array.from({ length: 3_000 }, (_, index) => `Command${'x'.repeat(20)}${index}`);
    const bytes = encodeWelcome({ ...welcome, schemas, commands });
    expect(bytes.length).toBeLessThanOrEqual(MAX_INTRODUCTION_BYTES);
    expect(readWelcome(bytes)).toEqual({ ...welcome, commands: [], results: [] });
  });

  test.each([
    [
      {
        codec: 5,
        commands: 'Do',
        results: {},
        maxFrameBytes: '5',
        instance: [],
        version: null,
        schemas: 1,
        returns: {},
        several: 5,
        ends: 'yes',
        refused: 7,
      },
    ],
    [{ maxFrameBytes: 0, schemas: [], several: ['0', -1, 0.5, null] }],
    [{}],
  ])('with wrong types, as %j, is taken as one that does not say', (fields) => {
    expect(readWelcome(json(fields))).toEqual({
      codec: '',
      commands: [],
      results: [],
      maxFrameBytes: Number.POSITIVE_INFINITY,
      instance: '',
      version: '',
      schemas: {},
      returns: [],
      several: [],
      ends: false,
      refused: undefined,
    });
  });

  test('says why it refuses on one line, of bounded length', () => {
    const { refused } = readWelcome(json({ refused: `no\u001b[31m\n${'x'.repeat(5_000)}` }));
    expect(refused).toMatch(/^no\\u001b\[31m\\nx+\.\.\.$/);
    expect(refused?.length).toBeLessThanOrEqual(1_024);
    expect(readWelcome(json({ commands: ['a\nb', 5] })).commands).toEqual(['a\\nb', '']);
  });

  test('comes in pieces: until it is whole nothing is read', () => {
    const body = encodeWelcome(welcome);
    const bytes = written((writer) => writeControlFrame(writer, 1, RESERVED_TYPES.welcome, body));
    for (let end = 0; end < bytes.length; end++) {
      const reader = readerOf(bytes.subarray(0, end));
      const { position } = reader;
      expect(readWelcomeFrame(reader)).toBeUndefined();
      expect(reader.position).toBe(position);
    }
    const reader = readerOf(Buffer.concat([bytes, Buffer.of(7)]));
    expect(readWelcomeFrame(reader)).toEqual(welcome);
    expect(reader.available).toBe(1);
  });

  test.each([
    ['a Pong', Buffer.from('000000', 'hex')],
    ['a Result', Buffer.from('01000100', 'hex')],
    ['an error Result', Buffer.from('01ff7f0100', 'hex')],
    ['a GOODBYE', written((writer) => writeControlFrame(writer, 1, RESERVED_TYPES.goodbye, Buffer.of(5)))],
    ['one that is too long', Buffer.from('01fd7fffffffff0f', 'hex')],
  ])('is not %s', (_what, bytes) => {
    expect(codeOf(() => readWelcomeFrame(readerOf(bytes)))).toBe('protocol-error');
  });
});
