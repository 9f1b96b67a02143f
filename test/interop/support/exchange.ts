import { isDeepStrictEqual } from 'node:util';
import type { MessageCodec } from '../../../src/codec.ts';
import { openChannel } from '../../unit/wire/support.ts';
import { slicings } from './vectors.ts';

/** What a channel has made of some bytes. */
export interface Outcome {
  /** The frames; a Ping is one of sequence number 0. */
  readonly frames: readonly {
    readonly seq: number;
    readonly type?: number;
    readonly value?: unknown;
    readonly size?: number;
  }[];
  /** Why the channel gave up, if it did: `protocol-error`. */
  readonly lost: string | undefined;
}

/** What a channel makes of `pieces`, which arrive one after the other. */
export function outcomeOf(incoming: MessageCodec, pieces: readonly Buffer[]): Outcome {
  const { stream, log } = openChannel({ incoming });
  for (const piece of pieces) stream.arrive(piece);
  return { frames: log.frames, lost: log.losses[0]?.code };
}

/**
 * What a channel makes of `bytes` when they arrive at once.
 * @throws Error when it makes something else of them in any two pieces.
 */
export function outcomeInAnyPieces(incoming: MessageCodec, bytes: Buffer): Outcome {
  let whole: Outcome | undefined;
  for (const pieces of slicings(bytes)) {
    const outcome = outcomeOf(incoming, pieces);
    whole ??= outcome;
    if (isDeepStrictEqual(outcome, whole)) continue;
    throw new Error(`in pieces of ${pieces.map(({ length }) => length)}: ${show(outcome)}; at once: ${show(whole)}`);
  }
  return whole as Outcome;
}

const show = (outcome: Outcome) =>
  JSON.stringify(outcome, (_, value) => (typeof value === 'bigint' ? `${value}n` : value));
