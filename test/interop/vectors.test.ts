import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { NEED_MORE } from '../../src/base/bytes/byte-reader.ts';
import { ByteWriter } from '../../src/base/bytes/byte-writer.ts';
import { mus, varint } from '../../src/mus.ts';
import { BadPayload } from '../../src/protocol/codec/codec.ts';
import { encodeServerInfo, serverInfoMatches } from '../../src/wire/server-info.ts';
import { readerOf } from '../unit/protocol/codec/support.ts';
import { bytesOf as bytesSent, endOfTurn, makeChannel, ScriptedStream } from '../unit/wire/support.ts';
import { losesMinusZero, readHere, writtenDifferently } from './support/differences.ts';
import { type Outcome, outcomeInAnyPieces, outcomeOf } from './support/exchange.ts';
import { jsonAsGoWrites } from './support/go-json.ts';
import { senderRefusal, serverRefusal } from './support/live-peers.ts';
import { normal, revive } from './support/meaning.ts';
import { bind, type Kind, peers } from './support/peers.ts';
import { serializerOf } from './support/primitives.ts';
import { bytesOf, type MessageMeaning, readVectors, slicings, type Vector } from './support/vectors.ts';

// What Go has written and read (./vectors/README.md), held against this library:
//
// - What Go reads, this library reads as the same, in one piece and in any two.
// - What Go writes, this library writes in the same bytes: MUS, Protobuf and all around the payloads to the last one,
//   MessagePack but for the width of numbers, JSON but for the characters that Go escapes. Where the bytes differ they are
//   read as the same.
// - What Go refuses, this library refuses: waits for more where there is too little, closes the connection where the bytes
//   can be no frame, fails a single request where a payload is none.
//
// Where it is otherwise, ./support/differences.ts says so.

/** For the title of a test: most vectors say what they are. */
const title = ({ id, direction, about }: Vector) => `${id}, ${direction}: ${about}`;
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
/** Numbers that JavaScript cannot hold exactly. */
const isTooLarge = (meaning: unknown) => typeof meaning === 'object';

describe.each(Object.entries(peers))('%s', (name, peer) => {
  const { codec, payload, arrived, expected } = peer;
  const codecs = { command: bind(codec, 'command'), result: bind(codec, 'result') };
  const vectors = readVectors(name);
  const valid = vectors
    .filter((vector) => vector.valid)
    .map((vector) => ({ vector, kind: vector.direction as Kind, meaning: vector.meaning as MessageMeaning }));
  const ordinary = valid.filter(({ meaning }) => !isTooLarge(meaning.seq));

  /** The frames that a channel has made of bytes, or why it gave up. */
  function framesOf(kind: Kind, type: string, { frames, lost }: Outcome): unknown {
    return lost ?? frames.map((frame) => ({ ...frame, value: arrived(kind, type, frame.value) }));
  }

  it.each(ordinary.map((each) => [title(each.vector), each] as const))('reads %s', (_, { vector, kind, meaning }) => {
    const { seq, type, number, value } = meaning;
    const frame = { seq, type: number, value: expected(value), size: vector.hex.length / 2 };
    expect(framesOf(kind, type, outcomeInAnyPieces(codecs[kind], bytesOf(vector)))).toStrictEqual([frame]);
  });

  it.each(ordinary.filter(({ vector }) => vector.canonical).map((each) => [title(each.vector), each] as const))(
    'writes %s',
    (_, { vector, kind, meaning }) => {
      const { seq, type, number, value } = meaning;
      const bytes = bytesSent([{ seq: seq as number, type: number, value: payload(kind, type, value) }], codecs[kind]);
      const comparable = name === 'json' ? jsonAsGoWrites(bytes) : bytes;
      expect(hexOf(comparable) === vector.hex, hexOf(comparable)).toBe(!(vector.id in writtenDifferently));
      const shall = losesMinusZero.includes(vector.id) ? withoutMinusZero(expected(value)) : expected(value);
      expect(framesOf(kind, type, outcomeOf(codecs[kind], [bytes]))).toStrictEqual([
        { seq, type: number, value: shall, size: bytes.length },
      ]);
    },
  );

  it.each(valid.filter(({ meaning }) => isTooLarge(meaning.seq)).map((each) => [title(each.vector), each] as const))(
    'refuses what JavaScript cannot count: %s',
    (_, { vector, kind }) => {
      expect(outcomeInAnyPieces(codecs[kind], bytesOf(vector))).toEqual({ frames: [], lost: 'protocol-error' });
    },
  );

  const refused = vectors
    .filter((vector) => !vector.valid)
    .map((vector) => [`${vector.error}: ${title(vector)}`, vector] as const);

  it.each(refused)('refuses %s', async (_, vector) => {
    const kind = vector.direction as Kind;
    const { frames, lost } = outcomeInAnyPieces(codecs[kind], bytesOf(vector));
    const here = readHere[vector.id];
    switch (vector.error) {
      case 'truncated':
        expect({ frames, lost }).toEqual({ frames: [], lost: undefined });
        break;
      case 'overflow':
      case 'wrong-format':
        expect({ frames, lost }).toEqual({ frames: [], lost: 'protocol-error' });
        break;
      case 'too-large':
        // Where the length is known it is the request's own fault, unless it is a length of nobody's.
        if (lost !== undefined) {
          expect(frames).toEqual([]);
          expect(lost).toMatch(name === 'mus' ? /^(frame-too-large|protocol-error)$/ : /^protocol-error$/);
        } else {
          expect(frames).toHaveLength(1);
          expect(frames[0]?.value).toMatchObject({ error: { code: 'frame-too-large' } });
        }
        break;
      case 'malformed-payload':
        expect(lost).toBe(undefined);
        expect(frames).toHaveLength(1);
        if (here === undefined) expect(frames[0]?.value).toBeInstanceOf(BadPayload);
        else expect(arrived(kind, here.type, frames[0]?.value)).toStrictEqual(here.value);
        break;
      case 'unknown-type': {
        const refusal = kind === 'command' ? serverRefusal : senderRefusal;
        // Without a length in front, nobody knows where a message of an unknown type ends.
        const isOne = kind === 'command' && name !== 'mus' && !vector.about.includes('2^64');
        const code = isOne ? 'command-invalid' : 'protocol-error';
        expect(await refusal(name, peer, bytesOf(vector))).toBe(code);
        break;
      }
      default:
        throw new Error(`no test for ${vector.error}`);
    }
  });
});

describe('MUS, a value on its own', () => {
  const vectors = readVectors('mus-primitives');
  const codecOf = (vector: Vector) =>
    mus({ commands: { Value: serializerOf(vector.primitive as string) }, results: {} }).bind({
      kind: 'command',
      types: ['Value'],
      maxPayloadBytes: 1024 * 1024,
    });
  /** A sequence number and a type in front. */
  const frameOf = (vector: Vector) => Buffer.concat([Buffer.of(1, 0), bytesOf(vector)]);

  it.each(vectors.filter(({ valid }) => valid).map((vector) => [title(vector), vector] as const))(
    'is read and written: %s',
    (_, vector) => {
      const codec = codecOf(vector);
      const { frames, lost } = outcomeInAnyPieces(codec, frameOf(vector));
      expect(lost ?? frames.map(({ value }) => normal(value))).toStrictEqual([normal(revive(vector.meaning))]);
      const written = hexOf(bytesSent([{ seq: 1, type: 0, value: revive(vector.meaning) }], codec));
      expect(written === hexOf(frameOf(vector)), written).toBe(!(vector.id in writtenDifferently));
    },
  );

  it.each(
    vectors.filter(({ valid }) => !valid).map((vector) => [`${vector.error}: ${title(vector)}`, vector] as const),
  )('is refused: %s', (_, vector) => {
    const { frames, lost } = outcomeInAnyPieces(codecOf(vector), frameOf(vector));
    expect(frames).toEqual([]);
    const expected = {
      truncated: undefined,
      overflow: 'protocol-error',
      'wrong-format': 'protocol-error',
      'too-large': 'frame-too-large',
    };
    expect(lost).toBe(expected[vector.error as keyof typeof expected]);
  });
});

describe('varint', () => {
  const vectors = readVectors('varint');
  const wide = mus({ commands: { Value: varint.uint64 }, results: {} }).bind({
    kind: 'command',
    types: ['Value'],
    maxPayloadBytes: 100,
  });

  it.each(vectors.filter(({ valid }) => valid).map((vector) => [title(vector), vector] as const))('%s', (_, vector) => {
    const bytes = bytesOf(vector);
    const value = revive(vector.meaning) as number | bigint;
    const reader = readerOf(bytes);
    // As many bits as JavaScript has in front of and behind a payload, all 64 within one.
    if (isTooLarge(vector.meaning)) {
      expect(() => reader.readVarint()).toThrow(expect.objectContaining({ code: 'protocol-error' }));
    } else {
      expect(reader.readVarint()).toBe(value);
      expect(reader.available).toBe(0);
      for (let length = 0; length < bytes.length; length++) {
        expect(readerOf(bytes.subarray(0, length)).readVarint()).toBe(NEED_MORE);
      }
    }
    const frame = Buffer.concat([Buffer.of(1, 0), bytes]);
    expect(outcomeInAnyPieces(wide, frame).frames.map((frame) => frame.value)).toStrictEqual([BigInt(value)]);
    if (!vector.canonical) return;
    expect(hexOf(bytesSent([{ seq: 1, type: 0, value }], wide))).toBe(hexOf(frame));
    if (isTooLarge(vector.meaning)) return;
    const writer = new ByteWriter();
    writer.writeVarint(value as number);
    expect(hexOf(writer.buffer.subarray(0, writer.position))).toBe(vector.hex);
  });

  it.each(
    vectors.filter(({ valid }) => !valid).map((vector) => [`${vector.error}: ${title(vector)}`, vector] as const),
  )('is refused: %s', (_, vector) => {
    const read = () => readerOf(bytesOf(vector)).readVarint();
    if (vector.error === 'truncated') expect(read()).toBe(NEED_MORE);
    else expect(read).toThrow(expect.objectContaining({ code: 'protocol-error' }));
  });
});

describe('Ping and Pong', () => {
  it.each(readVectors('ping').map((vector) => [title(vector), vector] as const))('%s', (_, vector) => {
    const codec = bind(peers.json!.codec, 'command');
    expect(outcomeInAnyPieces(codec, bytesOf(vector))).toEqual({ frames: [vector.meaning], lost: undefined });
    expect(hexOf(bytesSent([{ seq: 0 }])) === vector.hex).toBe(vector.canonical);
  });
});

describe('ServerInfo', () => {
  const vectors = readVectors('server-info');

  /** What a client makes of `pieces`: the ServerInfo, the code of an error, or nothing yet. */
  async function received(pieces: readonly Buffer[], close = false): Promise<{ info?: string; error?: string }> {
    const stream = new ScriptedStream();
    const outcome: { info?: string; error?: string } = {};
    void makeChannel(stream)
      .receiveServerInfo()
      .then(
        (info) => {
          outcome.info = info;
        },
        (error) => {
          outcome.error = error.code;
        },
      );
    for (const piece of pieces) stream.arrive(piece);
    if (close) stream.close();
    await endOfTurn();
    return outcome;
  }

  it.each(vectors.filter(({ valid }) => valid).map((vector) => [title(vector), vector] as const))(
    'is read and written: %s',
    async (_, vector) => {
      const info = vector.meaning as string;
      const outcomes = await Promise.all([...slicings(bytesOf(vector))].map((pieces) => received(pieces)));
      expect(outcomes.filter((outcome) => !isDeepStrictEqual(outcome, { info }))).toEqual([]);
      expect(hexOf(encodeServerInfo(info)) === vector.hex).toBe(vector.canonical);
      expect(serverInfoMatches(info.split(';')[0] as string, info)).toBe(true);
    },
  );

  it.each(
    vectors.filter(({ valid }) => !valid).map((vector) => [`${vector.error}: ${title(vector)}`, vector] as const),
  )('is refused: %s', async (_, vector) => {
    const bytes = bytesOf(vector);
    if (vector.error === 'truncated') {
      expect(await received([bytes])).toEqual({});
      expect(await received([bytes], true)).toEqual({ error: 'connection-lost' });
    } else if (vector.error === 'mismatch' && bytes.length > 1) {
      expect(serverInfoMatches('default', (await received([bytes])).info as string)).toBe(false);
    } else {
      // One of no bytes among them, which Go takes for a mismatch: no server may have it.
      expect(await received([bytes])).toEqual({ error: 'protocol-error' });
    }
  });
});

describe('the list of differences', () => {
  it('names vectors that there are', () => {
    const files = [...Object.keys(peers), 'mus-primitives'];
    const ids = new Set(files.flatMap((file) => readVectors(file).map(({ id }) => id)));
    const listed = [...Object.keys(writtenDifferently), ...Object.keys(readHere), ...losesMinusZero];
    expect(listed.filter((id) => !ids.has(id))).toEqual([]);
  });
});

function withoutMinusZero(value: unknown): unknown {
  if (Object.is(value, -0)) return 0;
  if (Array.isArray(value)) return value.map(withoutMinusZero);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, withoutMinusZero(field)]));
}
