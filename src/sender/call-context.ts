import { ambientCommand, keepAmbient } from '../base/ambient.ts';
import { listOf } from '../base/errors/ask.ts';
import { abortSignal, invalidOption } from '../base/options/check.ts';
import {
  isMetadataKey,
  MAX_METADATA_BYTES,
  type Metadata,
  mergeMetadata,
  metadataBytes,
  metadataOf,
  NO_METADATA,
} from '../wire/extension/metadata.ts';

/**
 * The Command within which another one is sent, as its handler knows it: the `context` of a handler is one. What is sent within
 * it has no more time than it, ends with it, and carries on what is to be handed on of its metadata.
 */
export interface CallContext {
  /** When its caller gives it up: milliseconds since the Unix epoch; Infinity: never. */
  readonly deadline: number;
  /** Fires when nobody waits for it any more. */
  readonly signal: AbortSignal;
  /** Texts that its caller has sent along. */
  readonly metadata: Metadata;
}

/** Keys that are always handed on: https://www.w3.org/TR/trace-context and https://www.w3.org/TR/baggage. */
const ALWAYS: readonly string[] = ['traceparent', 'tracestate', 'baggage'];

/** Which keys of metadata are handed on from one Command to those that are sent within it. */
export class Propagation {
  readonly #keys: readonly string[];
  readonly #isAmbient: boolean;

  /**
   * @param keys - beside those of trace contexts.
   * @param isAmbient - whether what is sent by a handler is sent within its Command, also where it does not say so.
   */
  constructor(keys: readonly string[], isAmbient: boolean) {
    this.#keys = [...ALWAYS, ...keys];
    this.#isAmbient = isAmbient;
    if (isAmbient) keepAmbient();
  }

  /** The Command within whose handler this is called, where that counts. */
  ambient(): CallContext | undefined {
    return this.#isAmbient ? (ambientCommand() as CallContext | undefined) : undefined;
  }

  /**
   * What a Command carries that is sent within another one, with metadata of its own.
   * @throws CmdStreamError `invalid-argument` where that is too much together.
   */
  metadataOf(within: CallContext, own: Metadata): Metadata {
    const given = within.metadata;
    const entries = this.#keys.flatMap((key) => {
      const value: unknown = given[key];
      return typeof value === 'string' ? [[key, value] as const] : [];
    });
    const both = mergeMetadata(entries.length === 0 ? NO_METADATA : metadataOf(entries), own);
    const bytes = metadataBytes(both);
    if (bytes <= MAX_METADATA_BYTES) return both;
    throw invalidOption('metadata', `of ${MAX_METADATA_BYTES} bytes at most, with what is handed on`, bytes);
  }
}

/** Checks the option `propagate`. */
export function resolvePropagation(field: string, value: unknown): Propagation {
  if (value === undefined || value === 'ambient') return new Propagation([], value === 'ambient');
  const keys = listOf(value);
  const isKeys = (list: readonly unknown[]): list is readonly string[] =>
    list.every((key) => typeof key === 'string' && isMetadataKey(key));
  if (keys !== undefined && isKeys(keys)) return new Propagation(keys, false);
  throw invalidOption(field, `a list of keys of metadata, or 'ambient'`, value);
}

/** Checks the option `within`. */
export function checkWithin(field: string, value: unknown): CallContext | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'object' || value === null) throw invalidOption(field, 'the context of a handler', value);
  const { deadline, signal, metadata } = value as Partial<Record<keyof CallContext, unknown>>;
  const isContext =
    typeof deadline === 'number' && !Number.isNaN(deadline) && typeof metadata === 'object' && metadata !== null;
  if (!isContext) throw invalidOption(field, 'the context of a handler, with deadline, signal and metadata', value);
  const checked = abortSignal(`${field}.signal`, signal as AbortSignal);
  if (checked === undefined)
    throw invalidOption(field, 'the context of a handler, with deadline, signal and metadata', value);
  return { deadline, signal: checked, metadata: metadata as Metadata };
}
