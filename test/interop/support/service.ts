import { setTimeout as wait } from 'node:timers/promises';
import { create } from '@bufbuild/protobuf';
import type { Handlers } from '../../../src/server/handlers.ts';
import * as pb from './interop_pb.ts';
import type { interop, protobufInterop } from './protocol.ts';

// What the Go server answers (../go/README.md, "The protocol"), on this side.

/** A key that Find knows; Go's JSON escapes some of its characters. */
export const UNICODE_KEY = '<ключ> & 钥';

const found = new Map([
  ['apple', { count: 3, tags: ['fruit', 'red'] }],
  [UNICODE_KEY, { count: -1, tags: [] }],
]);

const special = new Map([
  ['NaN', Number.NaN],
  ['+Inf', Number.POSITIVE_INFINITY],
  ['-Inf', Number.NEGATIVE_INFINITY],
  ['-0', -0],
]);

function specialNumber(name: string): number {
  const number = special.get(name);
  if (number === undefined) throw new Error(`no special number is called ${JSON.stringify(name)}`);
  return number;
}

/** From `from` down to 1. */
function* down(from: bigint): Generator<bigint> {
  if (from < 1n) throw new Error(`countdown from ${from}`);
  for (let n = from; n > 0n; n--) yield n;
}

/** Go's sum of two `int`s. */
const sum = (a: number | bigint, b: number | bigint) => BigInt.asIntN(64, BigInt(a) + BigInt(b));

/** The handlers of the protocol with plain payloads. */
export const plainHandlers: Handlers<typeof interop, undefined> = {
  Add: ({ A, B }) => sum(A, B),
  async *Countdown({ From }) {
    for (const n of down(BigInt(From))) yield { N: n, Last: n === 1n };
  },
  Find({ Key }) {
    const entry = found.get(Key);
    if (entry === undefined) return { type: 'Missing', value: { Key } };
    return { type: 'Found', value: { Key, Count: entry.count, Tags: entry.tags } };
  },
  Fail({ Message }) {
    throw new Error(Message);
  },
  async Delay({ Ms }, { signal }) {
    await wait(Number(Ms), undefined, { signal });
    return {};
  },
  Echo: (echo) => echo,
  Kinds: (kinds) => kinds,
  Special: ({ Name }) => specialNumber(Name),
};

/** The handlers of the protocol with generated messages as payloads. */
export const protobufHandlers: Handlers<typeof protobufInterop, undefined> = {
  Add: ({ a, b }) => create(pb.SumSchema, { value: sum(a, b) }),
  async *Countdown({ from }) {
    for (const n of down(from)) yield create(pb.TickSchema, { n, last: n === 1n });
  },
  Find({ key }) {
    const entry = found.get(key);
    if (entry === undefined) return { type: 'Missing', value: create(pb.MissingSchema, { key }) };
    return {
      type: 'Found',
      value: create(pb.FoundSchema, { key, count: BigInt(entry.count), tags: entry.tags }),
    };
  },
  Fail({ message }) {
    throw new Error(message);
  },
  async Delay({ ms }, { signal }) {
    await wait(Number(ms), undefined, { signal });
    return create(pb.DoneSchema);
  },
  Echo: ({ data, text }) => create(pb.EchoedSchema, { data, text }),
  Kinds: (kinds) => kinds,
  Special: ({ name }) => create(pb.NumberSchema, { value: specialNumber(name) }),
};
