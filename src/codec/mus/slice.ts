import { show } from '../../options/check.ts';
import { Unsendable } from '../sendable.ts';
import { checkElement } from './errors.ts';
import { checkLength, type LimitedMusSerializer, limited } from './limited.ts';
import { type MusSerializer, serializer } from './serializer.ts';

/** A slice that has not arrived whole. */
interface SliceFrame<Element> {
  readonly length: number;
  /** Those that are kept: none of a slice that is too long. */
  readonly elements: Element[];
  readonly read: number;
}

/** A slice: its length, and the elements. */
export function slice<Input, Output>(
  of: MusSerializer<Input, Output>,
): LimitedMusSerializer<readonly Input[], Output[]> {
  checkElement('ord.slice', of);
  return limited((maxLength) =>
    serializer<readonly Input[], Output[]>(
      `ord.slice(${of.name})`,
      1,
      (list, writer) => {
        if (!Array.isArray(list)) throw new Unsendable(`is ${show(list)}, not an array`);
        const { length } = list;
        checkLength(length, maxLength);
        writer.checkRoom(length * of.minBytes);
        writer.bytes.writeVarint(length);
        let index = 0;
        try {
          for (; index < length; index++) {
            of.write(list[index] as Input, writer);
            writer.checkRoom();
          }
        } catch (thrown) {
          throw Unsendable.within(thrown, index);
        }
      },
      (reader) => {
        const frame = reader.resume<SliceFrame<Output>>();
        const length = frame?.length ?? reader.readLength('a slice', of.minBytes);
        const elements = frame?.elements ?? [];
        let read = frame?.read ?? 0;
        try {
          for (; read < length; read++) {
            const element = of.read(reader);
            if (length <= maxLength) elements.push(element);
          }
        } catch (thrown) {
          reader.suspend(thrown, { length, elements, read } satisfies SliceFrame<Output>);
          throw thrown;
        }
        if (length > maxLength) reader.refuse(`a slice has the length ${length}, over the limit of ${maxLength}`);
        return elements;
      },
    ),
  );
}
