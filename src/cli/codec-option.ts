import { type Codec, json, msgpack } from '../index.ts';
import { UsageError } from './usage-error.ts';

const CODECS: Readonly<Record<string, () => Codec>> = { msgpack, json };

/** Whether a codec of this name needs nothing but its name. */
export function isCodecName(name: string): boolean {
  return Object.hasOwn(CODECS, name);
}

/** The codec that `--codec` names. @throws UsageError */
export function codecNamed(name: string): Codec {
  const make = isCodecName(name) ? CODECS[name] : undefined;
  if (make !== undefined) return make();
  throw new UsageError(`--codec must be msgpack or json; got '${name}'`);
}
