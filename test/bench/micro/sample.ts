import type { Message } from '../message.ts';

/** The message that the bench echoes, with a string of 16 characters. */
export function sampleMessage(count: number): Message {
  return {
    Bool: (count & 1) === 0,
    Int64: 1_000_000_000 + count,
    String: '0123456789abcdef',
    Float64: count + 0.25,
  };
}

/** As many of them as hardly matter to a cache. */
export const SAMPLES: readonly Message[] = Array.from({ length: 64 }, (_, count) => sampleMessage(count));

/** Takes what has been worked out, so that the compiler cannot leave the work out. */
export const sink = { value: undefined as unknown };
