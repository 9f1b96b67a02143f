import { type AnyMusSerializer, mus } from '../../../../src/mus.ts';
import { BadPayload, type MessageCodec } from '../../../../src/protocol/codec/codec.ts';
import { decode, encode, LARGE } from './support.ts';

/** A codec of one type of Command. */
export function codecOf(serializer: AnyMusSerializer, maxPayloadBytes = LARGE): MessageCodec {
  return mus({ commands: { Value: serializer }, results: {} }).bind({
    kind: 'command',
    types: ['Value'],
    maxPayloadBytes,
  });
}

/** The bytes of a value alone, in hex. */
export function written(serializer: AnyMusSerializer, value: unknown): string {
  return encode(codecOf(serializer), 0, value).toString('hex').slice(2);
}

/** What arrives of the bytes of a value. */
export function read(serializer: AnyMusSerializer, hex: string): unknown {
  return decode(codecOf(serializer), Buffer.from(`00${hex}`, 'hex')).value;
}

/** What arrives at the other side. */
export function sent(serializer: AnyMusSerializer, value: unknown): unknown {
  return read(serializer, written(serializer, value));
}

/** Why a payload that has arrived is not acceptable. */
export function musRefusalOf(serializer: AnyMusSerializer, hex: string): string {
  const value = read(serializer, hex);
  if (!(value instanceof BadPayload)) throw new Error('the payload was accepted');
  return (value.error as Error).message;
}
