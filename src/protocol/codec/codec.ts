import type { ByteReader } from '../../base/bytes/byte-reader.ts';
import type { ByteWriter } from '../../base/bytes/byte-writer.ts';
import { isInstance, markClass } from '../../base/errors/brand.ts';
import { printableError } from '../../base/errors/cmd-stream-error.ts';
import { describeError } from '../../base/errors/describe-error.ts';

/** One direction of a protocol, as a codec sees it. */
export interface MessageSet {
  /** Whether these are the protocol's Commands or its Results. */
  readonly kind: 'command' | 'result';
  /**
   * The names of the types; the index of a name is its type number on the wire. The library's own error Result is not
   * among them: it has the number 16383 ({@link ERROR_RESULT_TYPE}) and the payload {@link ErrorResult}.
   */
  readonly types: readonly string[];
  /** No payload may be longer than this many bytes. */
  readonly maxPayloadBytes: number;
}

/** The message that {@link MessageCodec.decode} fills in. */
export interface DecodedMessage {
  /** The type number that arrived. */
  type: number;
  /** The payload. */
  value: unknown;
  /**
   * About how many bytes of memory the payload takes, where that is much more than its bytes on the wire (many small
   * objects) and the codec knows. Unset or 0: as many as on the wire. Bounds of what is kept count by it.
   */
  weight?: number;
}

/** Writes and reads the messages of one {@link MessageSet}. Made by {@link Codec.bind} for one sender or server. */
export interface MessageCodec {
  /**
   * Appends the message (`varint type`, and whatever the format puts behind it) to `writer`. May throw anything: the
   * bytes appended so far are then taken back and the send fails with `encode-failed`.
   */
  encode(type: number, value: unknown, writer: ByteWriter): void;
  /**
   * Reads one message at `reader.position` into `message`, leaves the position behind it and returns `true`. Returns
   * `false` when the message has not arrived whole (the position is then restored by the caller; `reader.missing` may
   * say how many bytes are needed behind it). Throws a `CmdStreamError` (`protocol-error`, `frame-too-large`) when the
   * bytes can never become a message: the connection is closed. A payload that is whole but not acceptable is not a
   * reason to throw: hand over a {@link BadPayload} as the value, so that only its own request fails. Each connection has
   * a reader of its own, which asks again, from the same position, once more of the message has come.
   *
   * A codec that knows the length of a payload beforehand may do more. One that is over the limit: fill in the type and a
   * `BadPayload`, set `reader.oversized` to the length, leave the position before the payload, and return `false`; only
   * its own request fails, and the payload is skipped. One that is whole and longer than `reader.atOnceBytes`: set
   * `reader.postponed`, leave the position behind it, and return `false`; it is asked for again when there is time for it.
   */
  decode(reader: ByteReader, message: DecodedMessage): boolean;
  /**
   * As `decode`, without reading the payload: fills in the type, leaves the position behind the message. For a codec that
   * knows the length beforehand; `reader.missing` must be set then where the payload is not whole. Without it messages
   * that wait (see `maxQueuedBytes` of `serve`) are decoded twice: to find where they end, and when it is their turn.
   */
  skip?(reader: ByteReader, message: DecodedMessage): boolean;
}

/**
 * A payload format. Implement it for a format of your own; where the payload has a length in front (all formats of the
 * library but MUS), `lengthPrefixed` does all but the payload itself.
 */
export interface Codec {
  /** For messages and the inspector: `msgpack`, `json`. */
  readonly name: string;
  /** Makes the coder for one direction; called twice per sender or server, at start-up. */
  bind(messages: MessageSet): MessageCodec;
}

/** Marks bad payloads: the same in every copy of the library that a process loads, since a codec may come from another. */
const badPayloadBrand = Symbol.for('cmd-stream.BadPayload');

/** Stands in for the value of a message whose frame is sound but whose payload the format cannot read. */
export class BadPayload {
  static {
    markClass(BadPayload, badPayloadBrand);
  }

  /** Why it cannot be read. */
  readonly error: unknown;
  /** The codec whose format it seems not to be; none where it is, but is refused. */
  readonly codec: string | undefined;

  /** @param error - what the format threw; `JSON.parse` and others quote the peer in it. */
  constructor(error: unknown, codec?: string) {
    this.error = printableError(error);
    this.codec = codec;
  }

  /** Why it cannot be read, for the message of an error. */
  get reason(): string {
    const reason = describeError(this.error);
    if (this.codec === undefined) return reason;
    return `${this.codec} could not read it: ${reason}; does the other side use another codec?`;
  }

  static [Symbol.hasInstance](this: unknown, value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: a class that extends this one is asked by the same method.
    return isInstance(this, BadPayload, badPayloadBrand, value);
  }
}

/**
 * `value instanceof BadPayload`, for every payload that arrives. Not by a function that is asked about other things as well:
 * to look for the mark is fast where mostly the same kinds of objects are looked at.
 */
export function isBadPayload(value: unknown): value is BadPayload {
  try {
    return (
      typeof value === 'object' && value !== null && (value as { [mark: symbol]: unknown })[badPayloadBrand] === true
    );
  } catch {
    // What cannot be asked (a revoked Proxy) is none.
    return false;
  }
}
