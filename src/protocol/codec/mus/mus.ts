import { optionNames } from '../../../base/options/check.ts';
import type { AnyProtocol, CommandsOf, InputOf, ResultInput, ResultsOf } from '../../protocol.ts';
import { codeAndFailure, type ErrorResult } from '../../reserved.ts';
import { formsByType } from '../by-name.ts';
import type { Codec } from '../codec.ts';
import { MusMessageCodec } from './message-codec.ts';
import { type MusFirstTypes, resolveFirstTypes, resolveSerializers } from './options.ts';
import { ord } from './ord.ts';
import type { MusSerializer } from './serializer.ts';
import { struct } from './struct.ts';
import { transform } from './transform.ts';

/** The payload of the library's own error Result, whose type number follows the last declared one. */
const errorResult = transform(
  struct({ code: ord.string, message: ord.string }),
  // No third field: without lengths, clients of before would take it for another frame.
  (error: ErrorResult) => ({ code: codeAndFailure(error), message: error.message }),
  (error) => error,
);

/**
 * The serializer of a payload: takes what the payload is declared as, and gives it. Where there is none (`void`), what it
 * gives does not matter.
 */
export type MusSerializerOf<Payload> = [Payload] extends [never]
  ? MusSerializer<never, unknown>
  : MusSerializer<Payload, void extends Payload ? unknown : Payload>;

/** Options of {@link mus}. */
export interface MusOptions<P extends AnyProtocol = AnyProtocol> {
  /** The serializer of each Command, by its name in the protocol. */
  readonly commands: { readonly [Name in keyof CommandsOf<P>]: MusSerializerOf<InputOf<CommandsOf<P>[Name]>> };
  /** The serializer of each Result, by its name in the protocol. */
  readonly results: { readonly [Name in keyof ResultsOf<P>]: MusSerializerOf<ResultInput<ResultsOf<P>[Name]>> };
  /**
   * The type number of the first Command and of the first Result; the others follow in the order of the protocol. Go
   * services whose serializers are generated usually start at 1. Default 0.
   */
  readonly firstType?: number | MusFirstTypes | undefined;
}

/**
 * MUS payloads, compatible with codec-mus-stream of Go: `varint type`, then the fields of the payload, whose layout both
 * sides know beforehand. There is no length, no name and no kind in the bytes: they are few, and can only be read by the
 * serializers they were written by.
 *
 * Name the protocol (`mus<typeof calc>`) to have the serializers checked against its payloads.
 *
 * @example
 * ```ts
 * const codec = mus<typeof calc>({
 *   commands: { Add: struct({ a: varint.int, b: varint.int }) },
 *   results: { Sum: varint.int },
 *   firstType: 1,
 * });
 * ```
 * @throws CmdStreamError `invalid-argument` for an option that does not exist or is not acceptable. A Command or Result of
 * the protocol without a serializer is refused by `createSender` and `serve`.
 */
export function mus<P extends AnyProtocol = AnyProtocol>(options: MusOptions<NoInfer<P>>): Codec {
  optionNames('the options of mus()', options, ['commands', 'results', 'firstType']);
  const command = resolveSerializers('commands', options.commands);
  const result = resolveSerializers('results', options.results);
  const firstTypes = resolveFirstTypes(options.firstType);
  return {
    name: 'mus',
    bind(messages) {
      const serializers = formsByType(messages.kind === 'command' ? command : result, messages, errorResult);
      return new MusMessageCodec(messages, serializers, firstTypes[messages.kind]);
    },
  };
}
