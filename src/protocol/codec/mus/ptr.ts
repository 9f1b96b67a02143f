import { protocolError } from './errors.ts';
import { type MusSerializer, serializer } from './serializer.ts';

const NOT_NIL = 0;
const NIL = 1;
/** Mark that is left by a pointer whose value has not arrived whole: that it is one. */
const SET = Symbol('a pointer that is not nil');

/** A pointer: 0 and the value, or 1 for nil. */
export function ptr<Input, Output>(
  of: MusSerializer<Input, Output>,
): MusSerializer<Input | null | undefined, Output | null> {
  return serializer<Input | null | undefined, Output | null>(
    `ord.ptr(${of.name})`,
    1,
    (value, writer) => {
      if (value === null || value === undefined) {
        writer.bytes.writeByte(NIL);
      } else {
        writer.bytes.writeByte(NOT_NIL);
        writer.enter();
        of.write(value, writer);
        writer.leave();
      }
    },
    (reader) => {
      if (reader.resume() === undefined) {
        const flag = reader.readByte();
        if (flag === NIL) return null;
        if (flag !== NOT_NIL) throw protocolError(`a pointer starts with ${flag}, neither 0 nor 1`);
      }
      reader.enter(0);
      try {
        const value = of.read(reader);
        reader.leave();
        return value;
      } catch (thrown) {
        reader.suspend(thrown, SET);
        throw thrown;
      }
    },
  );
}
