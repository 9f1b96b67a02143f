import { isDeepStrictEqual } from 'node:util';
import { type Inner, interop, type Kinds } from '../../interop/support/protocol.ts';
import { UNICODE_KEY } from '../../interop/support/service.ts';
import type { TestRandom } from '../../support/random.ts';
import { different, type Expectation, type WorkMaker, withId } from './work.ts';

/** A text that no other Command has, with what texts may hold. */
export function uniqueText(id: number, random: TestRandom): string {
  const text = `${id} `.padEnd(random.int(8, 200), 'Grüße, 世界 🚀 <b>&amp;</b> "q" \\ \t\n\u2028');
  // Half of a surrogate pair is no text.
  return text.isWellFormed() ? text : text.slice(0, -1);
}

function exactly(expected: unknown): Expectation['check'] {
  return (value) => (isDeepStrictEqual(value, expected) ? undefined : different(expected, value));
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

/** Most sends have plenty of time, and some wait for a client. */
function plain(random: TestRandom) {
  return {
    mode: 'single',
    timeoutMs: random.int(1000, 4000),
    absolute: random.chance(0.3),
    waitForReady: random.chance(0.3),
    quick: true,
    results: 1,
  } as const;
}

/** The sum of the id and a random number. */
export const add: WorkMaker = (id, random) => {
  const B = random.int(-(2 ** 40), 2 ** 40);
  return {
    ...plain(random),
    kind: 'add',
    command: interop.Add(withId(id, { A: id, B })),
    check: exactly(id + B),
  };
};

/** Random bytes and a text of their own; one in fifty is large. */
export const echo: WorkMaker = (id, random) => {
  const Data = random.bytes(random.chance(0.02) ? random.int(10_000, 40_000) : random.int(0, 200));
  const Text = uniqueText(id, random);
  return {
    ...plain(random),
    kind: 'echo',
    command: interop.Echo(withId(id, { Data, Text })),
    check: exactly({ Data: base64(Data), Text }),
  };
};

/** One of two Result types: what is known, or not. */
export const find: WorkMaker = (id, random) => {
  const Key = random.chance(0.3) ? 'apple' : random.chance(0.3) ? UNICODE_KEY : uniqueText(id, random);
  const apple = { type: 'Found', value: { Key, Count: 3, Tags: ['fruit', 'red'] } };
  const unicode = { type: 'Found', value: { Key, Count: -1, Tags: [] } };
  const missing = { type: 'Missing', value: { Key } };
  return {
    ...plain(random),
    kind: 'find',
    command: interop.Find(withId(id, { Key })),
    check: exactly(Key === 'apple' ? apple : Key === UNICODE_KEY ? unicode : missing),
  };
};

/** A payload with a field of every kind. */
export const kinds: WorkMaker = (id, random) => {
  const payload = randomKinds(id, random);
  const { Time, Bytes } = payload;
  return {
    ...plain(random),
    kind: 'kinds',
    command: interop.Kinds(withId(id, payload)),
    check: exactly({ ...payload, Time: (Time as Date).toISOString(), Bytes: base64(Bytes as Uint8Array) }),
  };
};

/** A number that JSON loses easily. */
export const special: WorkMaker = (id, random) => ({
  ...plain(random),
  kind: 'special',
  command: interop.Special(withId(id, { Name: '-0' })),
  check: (value) => (Object.is(value, -0) ? undefined : different('-0', Object.is(value, 0) ? '0' : value)),
});

function randomKinds(id: number, random: TestRandom): Kinds {
  const number = () => random.int(-(2 ** 31), 2 ** 31 - 1);
  const inner = (): Inner => ({ Name: uniqueText(id, random), Point: { X: number(), Y: number() } });
  return {
    Bool: random.chance(0.5),
    Int: number(),
    Low: -(2n ** 63n) + BigInt(id),
    High: 2n ** 63n - 1n - BigInt(id),
    Max: 2n ** 64n - 1n - BigInt(id),
    Byte: random.int(0, 255),
    Double: random.next(),
    Doubles: [random.int(0, 2 ** 40) + 0.5, -random.next() / 1e9],
    // Go writes no more digits than a float32 needs.
    Single: random.int(-4000, 4000) / 8,
    Text: uniqueText(id, random),
    Bytes: random.bytes(random.int(1, 100)),
    // Go leaves out zeros at the end of a second's fraction.
    Time: new Date(random.int(0, 2 ** 31) * 1000 + 10 * random.int(0, 99) + random.int(1, 9)),
    Duration: number(),
    Inner: inner(),
    Set: inner(),
    Unset: null,
    Number: number(),
    List: [id, number()],
    EmptyList: [],
    NilList: null,
    Structs: [inner(), inner()],
    // Sorted, as Go writes them; the order of names is no part of their meaning.
    Map: { one: id, two: number() },
    EmptyMap: {},
    NilMap: null,
    Nested: { list: [inner()], none: [] },
    renamed: uniqueText(id, random),
    omitted: 'here',
  };
}
