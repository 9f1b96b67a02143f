import type { ByteReader } from '../bytes/byte-reader.ts';
import type { ByteWriter } from '../bytes/byte-writer.ts';
import { printableError } from '../errors/cmd-stream-error.ts';

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

/** What {@link MessageCodec.decode} fills in. */
export interface DecodedMessage {
  /** The type number that arrived. */
  type: number;
  /** The payload. */
  value: unknown;
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
   */
  decode(reader: ByteReader, message: DecodedMessage): boolean;
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

/** Stands in for the value of a message whose frame is sound but whose payload the format cannot read. */
export class BadPayload {
  readonly error: unknown;

  /** @param error - what the format threw; `JSON.parse` and others quote the peer in it. */
  constructor(error: unknown) {
    this.error = printableError(error);
  }
}
