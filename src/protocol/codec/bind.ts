import { CmdStreamError } from '../../base/errors/cmd-stream-error.ts';
import { show } from '../../base/options/check.ts';
import { memberNames } from '../../base/options/member-names.ts';
import type { Codec, MessageCodec, MessageSet } from './codec.ts';

/** The types of a protocol, by their type numbers. */
interface Types {
  readonly commandEntries: readonly { readonly name: string }[];
  readonly resultEntries: readonly { readonly name: string }[];
}

/** The coders of both directions of a protocol. */
export interface BoundCodec {
  readonly commands: MessageCodec;
  readonly results: MessageCodec;
}

/**
 * Has a codec make its coders for a protocol.
 * @throws CmdStreamError `invalid-argument` where the codec does not take the protocol's types, or makes no coders.
 */
export function bindCodec(codec: Codec, { commandEntries, resultEntries }: Types, maxPayloadBytes: number): BoundCodec {
  return {
    commands: bind(codec, { kind: 'command', types: commandEntries.map(({ name }) => name), maxPayloadBytes }),
    results: bind(codec, { kind: 'result', types: resultEntries.map(({ name }) => name), maxPayloadBytes }),
  };
}

function bind(codec: Codec, messages: MessageSet): MessageCodec {
  let coder: MessageCodec;
  try {
    coder = codec.bind(messages);
  } catch (error) {
    throw CmdStreamError.from(error, 'invalid-argument', `option 'codec' does not take the protocol's types`);
  }
  if (typeof coder?.encode === 'function' && typeof coder.decode === 'function') {
    memberNames(`what bind() of option 'codec' gives`, coder, ['encode', 'decode', 'skip']);
    return coder;
  }
  throw new CmdStreamError(
    'invalid-argument',
    `option 'codec' must have a bind() that gives an object with encode() and decode(); got ${show(coder)}`,
  );
}
