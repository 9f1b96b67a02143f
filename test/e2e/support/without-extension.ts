import { tcpTransport } from '../../../src/wire/transport/tcp.ts';
import type { ByteStreamConsumer, Transport } from '../../../src/wire/transport/transport.ts';

const OFFER = ';x1';

/** TCP for a client that is to take every server for an older one: what servers offer in their ServerInfo is cut out. */
export function withoutExtension(): Transport {
  const tcp = tcpTransport();
  return {
    ...tcp,
    async connect(...dialled) {
      const stream = await tcp.connect(...dialled);
      const open = stream.open.bind(stream);
      stream.open = (consumer) => open(new Cut(consumer));
      return stream;
    },
  };
}

/** What a client hears, from behind the offer on. */
class Cut implements ByteStreamConsumer {
  readonly #consumer: ByteStreamConsumer;
  /** What has come of the ServerInfo; none once it was there whole. */
  #first: Buffer | undefined = Buffer.alloc(0);

  constructor(consumer: ByteStreamConsumer) {
    this.#consumer = consumer;
  }

  data(bytes: Buffer): void {
    if (this.#first === undefined) {
      this.#consumer.data(bytes);
      return;
    }
    this.#first = Buffer.concat([this.#first, bytes]);
    const [length = Number.POSITIVE_INFINITY] = this.#first;
    if (this.#first.length <= length) return;
    const info = this.#first.toString('utf8', 1, length + 1).replace(OFFER, '');
    const rest = this.#first.subarray(length + 1);
    this.#first = undefined;
    this.#consumer.data(Buffer.concat([Buffer.of(info.length), Buffer.from(info), rest]));
  }

  drained(): void {
    this.#consumer.drained();
  }

  closed(error: Error | undefined): void {
    this.#consumer.closed(error);
  }
}
