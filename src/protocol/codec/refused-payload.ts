import { MAX_PAYLOAD_DEPTH } from './sendable.ts';

/** A smaller weight is not told: it is little beside what else a message takes. */
export const MIN_TOLD_BYTES = 1024;

/** A payload may take this many times `maxPayloadBytes` in memory, */
const MAX_WEIGHT_FACTOR = 16;
/** and in any case this many bytes: below it nobody is in danger. */
const MIN_MAX_WEIGHT_BYTES = 64 * 1024;

/** Why a payload that is well-formed is refused all the same: the two sides agree on the codec. */
export class RefusedPayload extends Error {
  override readonly name = 'RefusedPayload';
}

/** How many bytes of memory a payload may take once it is read. */
export function maxWeightBytes(maxPayloadBytes: number): number {
  return Math.max(MIN_MAX_WEIGHT_BYTES, MAX_WEIGHT_FACTOR * maxPayloadBytes);
}

/** For a payload that would take too much memory: few bytes may announce many values. */
export function tooHeavy(weightBytes: number, maxBytes: number, how: 'about' | 'more than' = 'about'): RefusedPayload {
  const [weight, max] = [mebibytes(weightBytes), mebibytes(maxBytes)];
  return new RefusedPayload(
    `its values would take ${how} ${weight} MiB of memory, over the limit of ${max} MiB (${MAX_WEIGHT_FACTOR} times option 'maxFrameBytes')`,
  );
}

/** For a payload whose arrays and objects are nested deeper than {@link MAX_PAYLOAD_DEPTH}. */
export function nestedTooDeep(): RefusedPayload {
  return new RefusedPayload(`nested deeper than ${MAX_PAYLOAD_DEPTH} levels`);
}

/** For a payload that has a field of a name by which JavaScript sets the prototype of an object. */
export function protoField(): RefusedPayload {
  return new RefusedPayload("a field is called '__proto__', which no payload may have");
}

function mebibytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(bytes < 10 * 1024 * 1024 ? 2 : 0);
}

/** Whether an object in `value`, which is as JSON.parse makes it, has a field of that name. */
export function hasProtoField(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some(hasProtoField);
  for (const key in value) {
    if (key === '__proto__' || hasProtoField((value as Readonly<Record<string, unknown>>)[key])) return true;
  }
  return false;
}
