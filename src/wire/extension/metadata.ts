import { invalidOption, invalidSecret, isPlainObject } from '../../base/options/check.ts';

/** Texts that go along with a Command, or with a connection: trace context, tokens, tenants. */
export type Metadata = Readonly<Record<string, string>>;

/** No metadata; what is asked of it is `undefined`. */
export const NO_METADATA: Metadata = Object.freeze(Object.create(null) as Metadata);

/** The most bytes that metadata has: keys, values, and four for each pair. */
export const MAX_METADATA_BYTES = 8_000;
const PAIR_BYTES = 4;

const KEY = /^[a-z0-9._-]+$/;
const KEY_BYTES = Uint8Array.from({ length: 256 }, (_, byte) => (KEY.test(String.fromCharCode(byte)) ? 1 : 0));
/** Keys that were seen to be sound; there are few, and each comes with every send. */
const KNOWN_KEYS = new Set<string>();
const MAX_KNOWN_KEYS = 1_000;

/** An object without prototype: a key that is not there is `undefined`, whatever it is called. */
export function metadataOf(entries: Iterable<readonly [string, string]>): Metadata {
  const metadata = Object.create(null) as Record<string, string>;
  for (const [key, value] of entries) metadata[key] = value;
  return Object.freeze(metadata);
}

/** Whether it is a key that metadata may have. */
export function isMetadataKey(key: string): boolean {
  if (KNOWN_KEYS.has(key)) return true;
  if (!KEY.test(key)) return false;
  if (KNOWN_KEYS.size < MAX_KNOWN_KEYS) KNOWN_KEYS.add(key);
  return true;
}

/** Whether a key may have this byte. */
export function isMetadataByte(byte: number): boolean {
  return KEY_BYTES[byte] === 1;
}

/**
 * Checks metadata that a user gives, and returns it as it is: see {@link copyMetadata}.
 * @throws CmdStreamError `invalid-argument`, without the value, which may be a secret.
 */
export function checkMetadata(field: string, value: unknown): Metadata {
  if (value === undefined) return NO_METADATA;
  if (!isPlainObject(value)) throw invalidOption(field, `an object of texts such as { tenant: 'acme' }`, value);
  let atMostBytes = 0;
  for (const key of Object.keys(value)) {
    const text: unknown = value[key];
    // As with all options, what is undefined is left out.
    if (text === undefined) continue;
    if (!isMetadataKey(key)) throw invalidOption(field, `of keys with a to z, 0 to 9, '.', '_' and '-' only`, key);
    if (typeof text !== 'string') throw invalidSecret(`${field}.${key}`, 'a text', text);
    atMostBytes += key.length + text.length * 3 + PAIR_BYTES;
  }
  if (atMostBytes > MAX_METADATA_BYTES) checkSize(field, value as Metadata);
  return atMostBytes === 0 ? NO_METADATA : (value as Metadata);
}

/** A copy of metadata that was checked, for as long as it waits. */
export function copyMetadata(metadata: Metadata): Metadata {
  if (metadata === NO_METADATA) return metadata;
  return metadataOf(Object.entries(metadata).filter(([, text]) => typeof text === 'string'));
}

/** Metadata as a peer has sent it in JSON: what is none is left out. */
export function readMetadata(value: unknown): Metadata {
  if (!isPlainObject(value)) return NO_METADATA;
  const isEntry = (entry: [string, unknown]): entry is [string, string] =>
    KEY.test(entry[0]) && typeof entry[1] === 'string';
  return metadataOf(Object.entries(value).filter(isEntry));
}

/** Both together; of two values for a key the later counts. */
export function mergeMetadata(first: Metadata, later: Metadata): Metadata {
  if (first === NO_METADATA) return later;
  if (later === NO_METADATA) return first;
  return metadataOf([...Object.entries(first), ...Object.entries(copyMetadata(later))]);
}

/** Metadata with texts of those who watch, in place of others of the same keys; texts for which there is no room are left out. */
export function withTexts(own: Metadata, texts: Metadata): Metadata {
  if (own === NO_METADATA || texts === NO_METADATA) return mergeMetadata(own, texts);
  const both = mergeMetadata(own, texts);
  if (metadataBytes(both) <= MAX_METADATA_BYTES) return both;
  let fitting = own;
  for (const [key, text] of Object.entries(texts)) {
    const more = mergeMetadata(fitting, metadataOf([[key, text]]));
    if (metadataBytes(more) <= MAX_METADATA_BYTES) fitting = more;
  }
  return fitting;
}

/** Bytes of the keys and values together, with four for each pair. */
export function metadataBytes(metadata: Metadata): number {
  let bytes = 0;
  for (const [key, text] of Object.entries(copyMetadata(metadata))) {
    bytes += key.length + Buffer.byteLength(text) + PAIR_BYTES;
  }
  return bytes;
}

function checkSize(field: string, metadata: Metadata): void {
  const bytes = metadataBytes(metadata);
  if (bytes <= MAX_METADATA_BYTES) return;
  throw invalidOption(field, `of ${MAX_METADATA_BYTES} bytes at most, with four for each key`, bytes);
}
