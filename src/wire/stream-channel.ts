import { ByteReader, NEED_MORE } from '../bytes/byte-reader.ts';
import type { DecodedMessage, MessageCodec } from '../codec/codec.ts';
import { CmdStreamError } from '../errors/cmd-stream-error.ts';
import type { ByteStream, ByteStreamConsumer } from '../transport/transport.ts';
import type { FrameChannel, FrameReceiver } from './frame-channel.ts';
import { frameTooLarge, MAX_HEADER_BYTES } from './frame-size.ts';
import { KeptBytes } from './kept-bytes.ts';
import { MAX_SERVER_INFO_BYTES } from './server-info.ts';
import { WriteBatch, type WriteBatchOptions } from './write-batch.ts';

/** What a {@link StreamChannel} needs to know. */
export interface StreamChannelOptions extends WriteBatchOptions {
  /** Decodes what the other side sends. */
  readonly incoming: MessageCodec;
}

const NO_BYTES = Buffer.alloc(0);

/** Turns a byte stream into a channel of frames: batches writes by the turn, and cuts what arrives into frames. */
export class StreamChannel implements FrameChannel, ByteStreamConsumer {
  lastReceivedMs: number;
  receivedBytes = 0;
  readingSinceMs: number;
  deliveries = 0;

  readonly #stream: ByteStream;
  readonly #options: StreamChannelOptions;
  readonly #batch: WriteBatch;
  readonly #message: DecodedMessage = { type: 0, value: undefined };
  readonly #reader = new ByteReader();
  #receiver: FrameReceiver | undefined;
  #awaitServerInfo: ((info: string | CmdStreamError) => void) | undefined;

  readonly #kept = new KeptBytes();
  /** How many kept bytes it takes before decoding is worth another try. */
  #wantedBytes = 0;
  #paused = false;
  #delivering = false;
  /** Whether an error that is thrown while delivering is the receiver's: it is no fault of the bytes then. */
  #handedOver = false;
  #over = false;
  #lost = false;
  #lostError: CmdStreamError | undefined;

  constructor(stream: ByteStream, options: StreamChannelOptions) {
    this.#stream = stream;
    this.#options = options;
    this.#batch = new WriteBatch(stream, options, () => this.#receiver?.drained());
    this.lastReceivedMs = options.clock.monotonicMs();
    this.readingSinceMs = this.lastReceivedMs;
    stream.open(this);
  }

  get remoteAddress(): string {
    return this.#stream.remoteAddress;
  }

  get bufferedBytes(): number {
    return this.#batch.bufferedBytes;
  }

  get full(): boolean {
    return this.#batch.full;
  }

  get lastFlushedSeq(): number {
    return this.#batch.lastFlushedSeq;
  }

  get lastSentMs(): number {
    return this.#batch.lastSentMs;
  }

  get sentBytes(): number {
    return this.#batch.sentBytes;
  }

  open(receiver: FrameReceiver): void {
    this.#receiver = receiver;
    if (this.#over) this.#tellLost(this.#lostError);
    else this.#readerCame();
  }

  /**
   * Resolves with the ServerInfo that the server sends first; called by a client before `open`. Rejects when the
   * connection goes, or when what arrives is no ServerInfo.
   */
  receiveServerInfo(): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#awaitServerInfo = (info) => (typeof info === 'string' ? resolve(info) : reject(info));
      if (this.#over) this.#rejectServerInfo(this.#lostError);
      else this.#readerCame();
    });
  }

  /** Sends bytes that are no frame: a server's ServerInfo, before any frame. */
  sendServerInfo(bytes: Uint8Array): void {
    this.#batch.appendBytes(bytes);
  }

  send(seq: number, type: number, value: unknown): number {
    return this.#batch.appendFrame(seq, type, value);
  }

  sendPing(): void {
    this.#batch.appendPing();
  }

  pause(): void {
    this.#paused = true;
    this.readingSinceMs = Number.POSITIVE_INFINITY;
    this.#stream.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.readingSinceMs = this.#options.clock.monotonicMs();
    if (this.#hasReader()) this.#readerCame();
  }

  end(): void {
    if (!this.#over) this.#batch.end();
  }

  destroy(): void {
    this.#over = true;
    this.#batch.stop();
    this.#stream.destroy();
  }

  drained(): void {
    this.#batch.drained();
  }

  // ---- reading

  data(bytes: Buffer): void {
    if (this.#over) return;
    this.lastReceivedMs = this.#options.clock.monotonicMs();
    this.receivedBytes += bytes.length;
    if (this.#kept.length === 0 && !this.#paused && this.#hasReader()) {
      const position = this.#deliver(bytes, 0, bytes.length);
      if (position === bytes.length || this.#over) return;
      this.#kept.append(bytes.subarray(position));
    } else {
      this.#kept.append(bytes);
      // Nobody to read what comes: it shall wait at the peer, not here.
      if (!this.#hasReader()) this.#stream.pause();
      this.#deliverKept();
    }
    if (this.#isInsideFrame()) this.#receiver?.partial(Math.min(bytes.length, this.#kept.length));
  }

  #hasReader(): boolean {
    return this.#receiver !== undefined || this.#awaitServerInfo !== undefined;
  }

  /** Someone reads, or reads again: delivers what waits, then lets more come. */
  #readerCame(): void {
    this.#deliverKept();
    if (!this.#paused && !this.#over) this.#stream.resume();
  }

  #deliverKept(): void {
    const kept = this.#kept;
    if (this.#delivering || this.#paused || kept.length === 0 || kept.length < this.#wantedBytes) return;
    if (!this.#hasReader()) return;
    kept.consumeTo(this.#deliver(kept.buffer, kept.start, kept.end));
  }

  /** Decodes and hands over all whole frames in `bytes[start, end)`. Returns where the first that is not whole begins. */
  #deliver(bytes: Buffer, start: number, end: number): number {
    const reader = this.#reader;
    reader.buffer = bytes;
    reader.position = start;
    reader.end = end;
    this.#wantedBytes = 0;
    this.#delivering = true;
    this.deliveries++;
    try {
      while (reader.position < end && !this.#paused && !this.#over && this.#hasReader()) {
        if (!this.#deliverNext(reader)) break;
      }
    } catch (error) {
      this.#fail(
        this.#handedOver
          ? CmdStreamError.from(error, 'internal', `handling a frame from ${this.remoteAddress} failed`)
          : CmdStreamError.from(error, 'protocol-error', `malformed bytes from ${this.remoteAddress}`),
      );
    } finally {
      this.#delivering = false;
      // A quiet connection shall not hold on to the memory of what it read last.
      reader.buffer = NO_BYTES;
    }
    return reader.position;
  }

  /** Reads one frame, or the ServerInfo while that is awaited. Returns whether it was there whole. */
  #deliverNext(reader: ByteReader): boolean {
    this.#handedOver = false;
    const receiver = this.#receiver;
    if (receiver === undefined) return this.#readServerInfo(reader);
    const start = reader.position;
    const seq = reader.readVarint();
    if (seq === 0) {
      this.#handedOver = true;
      receiver.ping();
      return true;
    }
    const message = this.#message;
    reader.missing = 0;
    if (seq !== NEED_MORE && this.#options.incoming.decode(reader, message)) {
      const { value } = message;
      message.value = undefined;
      this.#handedOver = true;
      receiver.frame(seq, message.type, value, reader.position - start);
      return true;
    }
    this.#wantedBytes = reader.missing > 0 ? reader.position - start + reader.missing : 0;
    reader.position = start;
    const largest = this.#options.maxFrameBytes + MAX_HEADER_BYTES;
    if (reader.available > largest || this.#wantedBytes > largest) {
      throw frameTooLarge(Math.max(reader.available, this.#wantedBytes), this.#options.maxFrameBytes);
    }
    return false;
  }

  #readServerInfo(reader: ByteReader): boolean {
    const start = reader.position;
    const length = reader.readVarint();
    if (length !== NEED_MORE) {
      if (length < 1 || length > MAX_SERVER_INFO_BYTES) {
        throw new CmdStreamError(
          'protocol-error',
          `${this.remoteAddress} did not send a ServerInfo: its length would be ${length}, not 1 to ${MAX_SERVER_INFO_BYTES}`,
        );
      }
      if (reader.available >= length) {
        const info = reader.buffer.toString('utf8', reader.position, reader.position + length);
        reader.position += length;
        this.#awaitServerInfo?.(info);
        this.#awaitServerInfo = undefined;
        return true;
      }
    }
    reader.position = start;
    return false;
  }

  // ---- the end

  #fail(error: CmdStreamError): void {
    this.#lostError = error;
    this.destroy();
    this.#tellLost(error);
  }

  closed(error: Error | undefined): void {
    const reason = error ?? (this.#isInsideFrame() ? new Error('it ended in the middle of a frame') : undefined);
    this.#over = true;
    this.#batch.stop();
    if (reason !== undefined && this.#lostError === undefined) {
      this.#lostError = CmdStreamError.from(reason, 'connection-lost', `connection to ${this.remoteAddress} lost`);
    }
    this.#tellLost(this.#lostError);
  }

  /** Whether the start of a frame has come whose rest has not. What waits while paused may be whole frames. */
  #isInsideFrame(): boolean {
    return this.#receiver !== undefined && this.#kept.length > 0 && !this.#paused && !this.#over;
  }

  #tellLost(error: CmdStreamError | undefined): void {
    this.#rejectServerInfo(error);
    if (this.#lost || this.#receiver === undefined) return;
    this.#lost = true;
    this.#kept.clear();
    this.#receiver.lost(error);
  }

  #rejectServerInfo(error: CmdStreamError | undefined): void {
    this.#awaitServerInfo?.(
      error ??
        new CmdStreamError('connection-lost', `${this.remoteAddress} closed the connection during the handshake`),
    );
    this.#awaitServerInfo = undefined;
  }
}
