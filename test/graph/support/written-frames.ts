import { ByteReader, NEED_MORE } from '../../../src/base/bytes/byte-reader.ts';
import { RESERVED_TYPES } from '../../../src/protocol/reserved.ts';
import { readWelcome } from '../../../src/wire/extension/introduction.ts';
import type { ByteStream } from '../../../src/wire/transport/transport.ts';

const NAMES = new Map<number, string>([
  [RESERVED_TYPES.errorResult, 'error Result'],
  [RESERVED_TYPES.welcome, 'WELCOME'],
  [RESERVED_TYPES.ended, 'ENDED'],
  [RESERVED_TYPES.goodbye, 'GOODBYE'],
]);

/** The frames that a server has written to one client, by name and in order, whether that has read them or not. */
export class WrittenFrames {
  readonly names: string[] = [];
  #bytes: Buffer = Buffer.alloc(0);

  /** The same stream, whose writes are noted here. */
  of(stream: ByteStream): ByteStream {
    const note = (bytes: Buffer) => this.#read(bytes);
    return new Proxy(stream, {
      get(target, key) {
        if (key === 'write') {
          return (bytes: Buffer) => {
            note(bytes);
            return target.write(bytes);
          };
        }
        const value = Reflect.get(target, key, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  #read(bytes: Buffer): void {
    const reader = new ByteReader();
    reader.buffer = Buffer.concat([this.#bytes, bytes]);
    reader.end = reader.buffer.length;
    let start = 0;
    for (let name = this.#next(reader); name !== undefined; name = this.#next(reader)) {
      this.names.push(name);
      start = reader.position;
    }
    this.#bytes = reader.buffer.subarray(start);
  }

  /** Name of a frame that is there whole. */
  #next(reader: ByteReader): string | undefined {
    if (this.names.length === 0) return body(reader) === undefined ? undefined : 'ServerInfo';
    const seq = reader.readVarint();
    if (seq === NEED_MORE) return undefined;
    if (seq === 0) return 'Pong';
    const type = reader.readVarint();
    const bytes = body(reader);
    if (type === NEED_MORE || bytes === undefined) return undefined;
    const isRefusal = type === RESERVED_TYPES.welcome && readWelcome(bytes).refused !== undefined;
    return `${NAMES.get(type) ?? 'Result'}${isRefusal ? ', refused' : ''}`;
  }
}

/** What follows behind its length, where it is there whole. */
function body(reader: ByteReader): Buffer | undefined {
  const length = reader.readVarint();
  if (length === NEED_MORE || reader.available < length) return undefined;
  reader.position += length;
  return reader.buffer.subarray(reader.position - length, reader.position);
}
