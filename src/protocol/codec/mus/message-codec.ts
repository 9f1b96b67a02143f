import { type ByteReader, NEED_MORE } from '../../../base/bytes/byte-reader.ts';
import type { ByteWriter } from '../../../base/bytes/byte-writer.ts';
import { CmdStreamError } from '../../../base/errors/cmd-stream-error.ts';
import { BadPayload, type DecodedMessage, type MessageCodec, type MessageSet } from '../codec.ts';
import { refusePromise } from '../prompt.ts';
import { MIN_TOLD_BYTES } from '../refused-payload.ts';
import { Unsendable } from '../sendable.ts';
import { MusReader, NEED_MORE_BYTES, type SuspendedRead } from './mus-reader.ts';
import { MusWriter } from './mus-writer.ts';
import type { AnyMusSerializer, MusSerializer } from './serializer.ts';

/** A message of which fewer bytes have come is read from its start again, which is cheaper than going on. */
const RESUME_FROM_BYTES = 1024;

/** A message that has not arrived whole. */
interface SuspendedMessage {
  readonly type: number;
  /** The bytes of the type number. */
  readonly typeBytes: number;
  readonly payload: SuspendedRead;
  /** How many bytes of the message had come. */
  readonly arrivedBytes: number;
}

/** Messages of `varint type` and a MUS payload. */
export class MusMessageCodec implements MessageCodec {
  readonly #kind: MessageSet['kind'];
  readonly #serializers: ReadonlyMap<number, MusSerializer<unknown>>;
  readonly #declared: number;
  readonly #firstType: number;
  readonly #maxPayloadBytes: number;
  /** The message that has come in part, of each connection: it has a reader of its own, and reads one message after the other. */
  readonly #suspended = new WeakMap<ByteReader, SuspendedMessage>();

  constructor(messages: MessageSet, serializers: ReadonlyMap<number, AnyMusSerializer>, firstType: number) {
    const { kind, types, maxPayloadBytes } = messages;
    this.#kind = kind;
    this.#serializers = serializers as ReadonlyMap<number, MusSerializer<unknown>>;
    this.#declared = types.length;
    this.#firstType = firstType;
    this.#maxPayloadBytes = maxPayloadBytes;
  }

  encode(type: number, value: unknown, bytes: ByteWriter): void {
    bytes.writeVarint(this.#firstType + type);
    const writer = new MusWriter(bytes, this.#maxPayloadBytes);
    try {
      const returned: unknown = (this.#serializers.get(type) as MusSerializer<unknown>).write(value, writer);
      if (returned !== undefined) refusePromise('write() of a serializer', returned, 'encode-failed');
      writer.checkRoom();
    } catch (thrown) {
      throw Unsendable.toError(thrown);
    }
  }

  decode(reader: ByteReader, message: DecodedMessage): boolean {
    const start = reader.position;
    const arrivedBytes = reader.available;
    const suspended = this.#takeSuspended(reader, arrivedBytes);
    const type = suspended?.type ?? this.#readType(reader);
    if (type === NEED_MORE) return false;
    if (suspended !== undefined) reader.position += suspended.typeBytes;
    const typeBytes = reader.position - start;
    const payload = new MusReader(reader, this.#maxPayloadBytes, suspended?.payload);
    try {
      const value = (this.#serializers.get(type) as MusSerializer<unknown>).read(payload);
      if (typeof value === 'object') refusePromise('read() of a serializer', value, 'protocol-error');
      const { problem, weight } = payload;
      message.value = problem === undefined ? value : new BadPayload(new Error(problem));
      if (problem === undefined && weight >= MIN_TOLD_BYTES) message.weight = weight;
    } catch (thrown) {
      if (thrown !== NEED_MORE_BYTES) throw thrown;
      reader.position = payload.position;
      reader.missing = payload.missing;
      if (arrivedBytes >= RESUME_FROM_BYTES) {
        this.#suspended.set(reader, { type, typeBytes, payload: payload.suspended(), arrivedBytes });
      }
      return false;
    }
    message.type = type;
    reader.position = payload.position;
    return true;
  }

  /** The message whose reading goes on, if one does. */
  #takeSuspended(reader: ByteReader, arrivedBytes: number): SuspendedMessage | undefined {
    if (arrivedBytes < RESUME_FROM_BYTES) return undefined;
    const suspended = this.#suspended.get(reader);
    if (suspended === undefined) return undefined;
    this.#suspended.delete(reader);
    return arrivedBytes >= suspended.arrivedBytes ? suspended : undefined;
  }

  /** Reads a type number and turns it into an index; {@link NEED_MORE} where it has not come whole. */
  #readType(reader: ByteReader): number {
    const number = reader.readVarint();
    if (number === NEED_MORE) return NEED_MORE;
    const type = number - this.#firstType;
    if (this.#serializers.has(type)) return type;
    const last = this.#firstType + this.#declared - 1;
    throw new CmdStreamError(
      'protocol-error',
      `a ${this.#kind} of type ${number} has arrived; the protocol has ${this.#firstType} to ${last}`,
    );
  }
}
