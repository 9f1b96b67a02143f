import { type Codec, json, msgpack } from '../index.ts';
import { UsageError } from './usage-error.ts';

/** The codec that `--codec` names. @throws UsageError */
export function codecNamed(name: string): Codec {
  if (name === 'msgpack') return msgpack();
  if (name === 'json') return json();
  throw new UsageError(`--codec must be msgpack or json; got '${name}'`);
}
