import { Packr, Unpackr } from 'msgpackr';
import { varintSize, writeVarint } from '../../../src/base/bytes/varint.ts';
import type { Lie } from '../schedule.ts';
import type { Answer, Work } from './protocol.ts';

/** How the payloads of one codec are written and read, without the library. */
export interface PayloadBytes {
  write(value: unknown): Buffer;
  read(bytes: Buffer): unknown;
  /** A payload that cannot be read. */
  readonly unreadable: Buffer;
}

const packr = new Packr({ useRecords: false, variableMapSize: true });
const unpackr = new Unpackr({ useRecords: false });

/** By the name of the codec. */
export const PAYLOADS: { readonly [Codec in 'msgpack' | 'json']: PayloadBytes } = {
  msgpack: {
    // A copy: the memory is the packer's.
    write: (value) => Buffer.from(packr.pack(value)),
    read: (bytes) => unpackr.unpack(Buffer.from(bytes)),
    // The one byte that MessagePack never uses.
    unreadable: Buffer.of(0xc1),
  },
  json: {
    write: (value) => Buffer.from(JSON.stringify(value)),
    read: (bytes) => JSON.parse(bytes.toString('utf8')),
    unreadable: Buffer.from('{"id"'),
  },
};

/** The protocol's Commands, by their type numbers. */
export const COMMANDS = ['Do', 'Watch', 'Either', 'Checked'] as const;

/** The type numbers of the protocol's Results. */
const DONE = 0;
const OTHER = 1;
const TICK = 2;
const CHECKED_TICK = 3;
const ERROR = 16_383;
const NO_SUCH_TYPE = 99;

/** Beyond all sequence numbers that there are. */
const UNKNOWN_SEQ = 2 ** 40;

/** What stands for a Result that no caller may ever be given. */
const FALSE_ANSWER: Answer = { id: -1, n: -1, last: true, pad: '' };

/** `varint seq`, `varint type`, `varint length`, payload. */
function frame(seq: number, type: number, payload: Buffer): Buffer {
  return Buffer.concat([varints(seq, type, payload.length), payload]);
}

function varints(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.reduce((sum, value) => sum + varintSize(value), 0));
  let position = 0;
  for (const value of values) position = writeVarint(bytes, position, value);
  return bytes;
}

/** What a Command is truthfully answered with, as frames; handlers that are to fail do. */
export function truth(seq: number, type: number, work: Work, { write }: PayloadBytes): Buffer[] {
  const { id, count, style, pad } = work;
  const fails = style === 'throw' || style === 'throwLater' || style === 'unsendable' || style === 'wrongType';
  if (fails) return [frame(seq, ERROR, write({ code: 'command-failed', message: 'unlucky' }))];
  const isStream = type === 1 || type === 3;
  const either = id % 2 === 0 ? DONE : OTHER;
  const resultType = [DONE, TICK, either, CHECKED_TICK][type] as number;
  const results = isStream ? count : 1;
  return Array.from({ length: results }, (_, index): Buffer => {
    const answer: Answer = { id, n: index + 1, last: index + 1 === results, pad };
    return frame(seq, resultType, write(answer));
  });
}

/** The bytes that are sent before the truth, in place of it, or behind it. */
export interface Told {
  readonly before: readonly Buffer[];
  readonly frames: readonly Buffer[];
  readonly after: readonly Buffer[];
  /** Whether the connection is closed then. */
  readonly ends: boolean;
}

/** How a lie is told about the Command `seq` of type `type` whose truthful answer `frames` are. */
export function tell(lie: Lie, seq: number, type: number, frames: readonly Buffer[], payload: PayloadBytes): Told {
  const told: Told = { before: [], frames, after: [], ends: false };
  const answer = payload.write(FALSE_ANSWER);
  switch (lie) {
    case 'unknownSeq':
      return { ...told, before: [frame(UNKNOWN_SEQ + seq, DONE, answer)] };
    case 'repeat':
      return { ...told, after: frames.slice(-1) };
    case 'wrongType':
      return { ...told, before: [frame(seq, type === 1 ? DONE : TICK, answer)] };
    case 'unreadable':
      return { ...told, before: [frame(seq, [DONE, TICK, DONE, CHECKED_TICK][type] as number, payload.unreadable)] };
    case 'noSuchType':
      return { ...told, before: [frame(seq, NO_SUCH_TYPE, answer)] };
    case 'secondInfo':
      return { ...told, before: [SERVER_INFO] };
    case 'tooLong':
      return { ...told, before: [varints(seq, DONE, 2 ** 31)] };
    case 'insideFrame': {
      const all = Buffer.concat(frames);
      return { ...told, frames: [all.subarray(0, all.length - 1)], ends: true };
    }
  }
}

/** The lies after which what follows can no longer be read: they may cost the connection, the others may not. */
export const BREACHES: readonly Lie[] = ['noSuchType', 'secondInfo', 'tooLong', 'insideFrame'];

/** How every server introduces itself: `varint length`, text. */
export const SERVER_INFO: Buffer = Buffer.concat([varints('default'.length), Buffer.from('default')]);
