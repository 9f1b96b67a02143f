import { command, defineProtocol, result } from '../../../src/index.ts';
import type * as pb from './interop_pb.ts';

// The interop protocol (../go/README.md, "The protocol") on this side. The names and the order of the keys are Go's.

/** A whole number: a `bigint` beyond ±(2^53 - 1). */
export type Whole = number | bigint;
/** A `[]byte`: with JSON it arrives as base64. */
export type Bytes = Uint8Array | string | null;

export interface Echo {
  Data: Bytes;
  Text: string;
}

export interface Found {
  Key: string;
  Count: Whole;
  Tags: string[] | null;
}

export interface Point {
  X: Whole;
  Y: Whole;
}

export interface Inner {
  Name: string;
  Point: Point;
}

/** Lists, maps and bytes are `null` where they are nil in Go. */
export interface Kinds {
  Bool: boolean;
  Int: Whole;
  Low: Whole;
  High: Whole;
  Max: Whole;
  Byte: number;
  Double: number;
  Doubles: number[] | null;
  Single: number;
  Text: string;
  Bytes: Bytes;
  /** With JSON it arrives as text. */
  Time: Date | string;
  /** Nanoseconds. */
  Duration: Whole;
  Inner: Inner;
  Set: Inner | null;
  Unset: Inner | null;
  Number: Whole | null;
  List: Whole[] | null;
  EmptyList: string[] | null;
  NilList: string[] | null;
  Structs: Inner[] | null;
  Map: Record<string, Whole> | null;
  EmptyMap: Record<string, string> | null;
  NilMap: Record<string, string> | null;
  Nested: Record<string, Inner[]> | null;
  renamed: string;
  /** Absent when empty. */
  omitted?: string | undefined;
}

/** The protocol with plain payloads: for JSON, MessagePack and MUS. */
export const interop = defineProtocol({
  results: {
    Sum: result<Whole>(),
    Tick: result<{ N: Whole; Last: boolean }>({ lastOne: ({ Last }) => Last }),
    Found: result<Found>(),
    Missing: result<{ Key: string }>(),
    Done: result<Record<never, never>>(),
    Echoed: result<Echo>(),
    Kinds: result<Kinds>(),
    Number: result<number>(),
  },
  commands: {
    Add: command<{ A: Whole; B: Whole }>().returns('Sum'),
    Countdown: command<{ From: Whole }>().returns('Tick'),
    Find: command<{ Key: string }>().returns('Found', 'Missing'),
    Fail: command<{ Message: string }>().returns('Done'),
    Delay: command<{ Ms: Whole }>().returns('Done'),
    Echo: command<Echo>().returns('Echoed'),
    Kinds: command<Kinds>().returns('Kinds'),
    Special: command<{ Name: string }>().returns('Number'),
  },
});

/** The protocol with generated messages as payloads: for Protobuf. */
export const protobufInterop = defineProtocol({
  results: {
    Sum: result<pb.Sum>(),
    Tick: result<pb.Tick>({ lastOne: ({ last }) => last }),
    Found: result<pb.Found>(),
    Missing: result<pb.Missing>(),
    Done: result<pb.Done>(),
    Echoed: result<pb.Echoed>(),
    Kinds: result<pb.Kinds>(),
    Number: result<pb.Number>(),
  },
  commands: {
    Add: command<pb.Add>().returns('Sum'),
    Countdown: command<pb.Countdown>().returns('Tick'),
    Find: command<pb.Find>().returns('Found', 'Missing'),
    Fail: command<pb.Fail>().returns('Done'),
    Delay: command<pb.Delay>().returns('Done'),
    Echo: command<pb.Echo>().returns('Echoed'),
    Kinds: command<pb.Kinds>().returns('Kinds'),
    Special: command<pb.Special>().returns('Number'),
  },
});
