import type { ByteReader } from '../base/bytes/byte-reader.ts';
import type { ByteWriter } from '../base/bytes/byte-writer.ts';
import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import type { DecodedMessage, MessageCodec } from '../protocol/codec/codec.ts';

/** Codec of a connection that is made before it is known which one its server has. */
export class LateCodec implements MessageCodec {
  /** The codec of what is sent, once it is known. */
  outgoing: MessageCodec | undefined;
  /** The codec of what comes, once it is known. */
  incoming: MessageCodec | undefined;
  readonly #address: string;

  constructor(address: string) {
    this.#address = address;
  }

  encode(type: number, value: unknown, writer: ByteWriter): void {
    if (this.outgoing === undefined) throw this.#unknown();
    this.outgoing.encode(type, value, writer);
  }

  decode(reader: ByteReader, message: DecodedMessage): boolean {
    if (this.incoming === undefined) throw this.#unknown();
    return this.incoming.decode(reader, message);
  }

  #unknown(): CmdStreamError {
    return new CmdStreamError('protocol-error', `${this.#address} sent a Result although no Command was sent`);
  }
}
