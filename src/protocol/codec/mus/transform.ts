import { describeError } from '../../../base/errors/cmd-stream-error.ts';
import { type MusSerializer, serializer } from './serializer.ts';

/**
 * Values of one's own in place of those that `of` takes and gives. What `to` throws fails the send, what `from` throws
 * fails the request whose payload it is.
 *
 * @param of - how it is written and read.
 * @param to - makes what is written.
 * @param from - makes the value of what was read.
 *
 * @example
 * ```ts
 * const address = transform(ord.string, (url: URL) => url.href, (text) => new URL(text));
 * ```
 */
export function transform<Input, Output, OfInput, OfOutput>(
  of: MusSerializer<OfInput, OfOutput>,
  to: (value: Input) => OfInput,
  from: (value: OfOutput) => Output,
): MusSerializer<Input, Output> {
  return serializer<Input, Output>(
    `transform(${of.name})`,
    of.minBytes,
    (value, writer) => of.write(to(value), writer),
    (reader) => {
      const value = of.read(reader);
      // What is refused already is no value that `from` knows, and nobody will see what comes of it.
      if (reader.problem !== undefined) return undefined as Output;
      try {
        return from(value);
      } catch (error) {
        reader.refuse(describeError(error));
        return undefined as Output;
      }
    },
  );
}
