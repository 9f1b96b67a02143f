import { show } from '../../../base/options/check.ts';
import { Unsendable } from '../sendable.ts';
import { checkLength, type LimitedMusSerializer, limited } from './limited.ts';
import { checkElement, type MusSerializer, serializer } from './serializer.ts';

// What a slice takes in memory, about, in bytes, beside what its elements take.
const SLICE_BYTES = 40;
const ELEMENT_BYTES = 8;

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
        writer.enter();
        try {
          for (; index < length; index++) {
            of.write(list[index] as Input, writer);
            writer.checkRoom();
          }
        } catch (thrown) {
          throw Unsendable.within(thrown, index);
        }
        writer.leave();
      },
      (reader) => {
        const frame = reader.resume<SliceFrame<Output>>();
        const length = frame?.length ?? reader.readLength('a slice', of.minBytes);
        const elements = frame?.elements ?? [];
        let read = frame?.read ?? 0;
        reader.enter(frame === undefined ? SLICE_BYTES + ELEMENT_BYTES * length : 0);
        try {
          for (; read < length; read++) {
            const element = of.read(reader);
            if (reader.problem === undefined && length <= maxLength) elements.push(element);
          }
        } catch (thrown) {
          reader.suspend(thrown, { length, elements, read } satisfies SliceFrame<Output>);
          throw thrown;
        }
        reader.leave();
        if (length > maxLength) reader.refuse(`a slice has the length ${length}, over the limit of ${maxLength}`);
        return elements;
      },
    ),
  );
}
