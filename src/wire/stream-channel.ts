import { ByteReader, NEED_MORE } from '../bytes/byte-reader.ts';
import { ByteWriter } from '../bytes/byte-writer.ts';
import { MAX_VARINT_BYTES } from '../bytes/varint.ts';
import type { DecodedMessage, MessageCodec } from '../codec/codec.ts';
import { CmdStreamError } from '../errors/cmd-stream-error.ts';
import type { Clock, Defer } from '../system/clock.ts';
import type { ByteStream, ByteStreamConsumer } from '../transport/transport.ts';
import type { FrameChannel, FrameReceiver } from './frame-channel.ts';
import { KeptBytes } from './kept-bytes.ts';
import { MAX_SERVER_INFO_BYTES } from './server-info.ts';

/** What a {@link StreamChannel} needs to know. */
export interface StreamChannelOptions {
  /** Encodes what this side sends. */
  readonly outgoing: MessageCodec;
  /** Decodes what the other side sends. */
  readonly incoming: MessageCodec;
  /** A frame that is longer is refused. */
  readonly maxFrameBytes: number;
  /** From this many waiting bytes on the channel is `full`. */
  readonly maxBufferedBytes: number;
  readonly clock: Clock;
  readonly defer: Defer;
}

/** A buffer that grew beyond this for one large frame is given back after it. */
const KEEP_BUFFER_BYTES = 64 * 1024;
/** The bytes in front of a payload: sequence number, type, length. */
const MAX_HEADER_BYTES = 3 * MAX_VARINT_BYTES;
const NO_BYTES = Buffer.alloc(0);

/** Turns a byte stream into a channel of frames: batches writes by the turn, and cuts what arrives into frames. */
export class StreamChannel implements FrameChannel, ByteStreamConsumer {
  lastFlushedSeq = 0;
  lastReceivedMs: number;

  readonly #stream: ByteStream;
  readonly #options: StreamChannelOptions;
  readonly #flush = () => this.#writeBatch();
  readonly #message: DecodedMessage = { type: 0, value: undefined };
  readonly #reader = new ByteReader();
  #receiver: FrameReceiver | undefined;
  #awaitServerInfo: ((info: string | CmdStreamError) => void) | undefined;

  #batch = new ByteWriter();
  #spare: Buffer | undefined;
  #lastAppendedSeq = 0;
  #flushScheduled = false;
  #writing: Buffer | undefined;
  #wasFull = false;
  #ending = false;

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
    this.lastReceivedMs = options.clock.monotonicMs();
    stream.open(this);
  }

  get remoteAddress(): string {
    return this.#stream.remoteAddress;
  }

  get bufferedBytes(): number {
    return this.#batch.position + this.#stream.bufferedBytes;
  }

  get full(): boolean {
    if (this.bufferedBytes < this.#options.maxBufferedBytes) return false;
    this.#wasFull = true;
    return true;
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
    this.#batch.writeBytes(bytes);
    this.#scheduleFlush();
  }

  send(seq: number, type: number, value: unknown): number {
    const batch = this.#batch;
    const start = batch.position;
    batch.writeVarint(seq);
    try {
      this.#options.outgoing.encode(type, value, batch);
    } catch (error) {
      batch.position = start;
      throw CmdStreamError.from(error, 'encode-failed', 'cannot be encoded');
    }
    const size = batch.position - start;
    if (size > this.#options.maxFrameBytes + MAX_HEADER_BYTES) {
      batch.position = start;
      throw this.#tooLarge(size);
    }
    this.#lastAppendedSeq = seq;
    this.#scheduleFlush();
    return size;
  }

  sendPing(): void {
    this.#batch.writeByte(0);
    this.#scheduleFlush();
  }

  pause(): void {
    this.#paused = true;
    this.#stream.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    if (this.#hasReader()) this.#readerCame();
  }

  end(): void {
    if (this.#over) return;
    this.#ending = true;
    this.#writeBatch();
  }

  destroy(): void {
    this.#over = true;
    this.#stream.destroy();
  }

  // ---- writing

  #scheduleFlush(): void {
    if (this.#flushScheduled || this.#writing !== undefined) return;
    this.#flushScheduled = true;
    this.#options.defer(this.#flush);
  }

  /** Hands the batch to the stream. While a write is under way the next batch gathers, and leaves when it is done. */
  #writeBatch(): void {
    this.#flushScheduled = false;
    const batch = this.#batch;
    if (this.#over) batch.position = 0;
    if (this.#over || this.#writing !== undefined) return;
    if (batch.position > 0) {
      const { buffer } = batch;
      this.lastFlushedSeq = this.#lastAppendedSeq;
      if (!this.#stream.write(buffer.subarray(0, batch.position))) {
        this.#writing = buffer;
        batch.buffer = this.#spare ?? Buffer.allocUnsafeSlow(1024);
        this.#spare = undefined;
      } else if (buffer.length > KEEP_BUFFER_BYTES) {
        batch.buffer = Buffer.allocUnsafeSlow(KEEP_BUFFER_BYTES);
      }
      batch.position = 0;
    }
    if (this.#ending && this.#writing === undefined) this.#stream.end();
    this.#tellDrained();
  }

  drained(): void {
    const written = this.#writing;
    this.#writing = undefined;
    if (written !== undefined && written.length <= KEEP_BUFFER_BYTES) this.#spare = written;
    this.#writeBatch();
  }

  #tellDrained(): void {
    if (!this.#wasFull || this.bufferedBytes > this.#options.maxBufferedBytes / 2) return;
    this.#wasFull = false;
    this.#receiver?.drained();
  }

  // ---- reading

  data(bytes: Buffer): void {
    if (this.#over) return;
    this.lastReceivedMs = this.#options.clock.monotonicMs();
    if (this.#kept.length === 0 && !this.#paused && this.#hasReader()) {
      const position = this.#deliver(bytes, 0, bytes.length);
      if (position < bytes.length && !this.#over) this.#kept.append(bytes.subarray(position));
      return;
    }
    this.#kept.append(bytes);
    // Nobody to read what comes: it shall wait at the peer, not here.
    if (!this.#hasReader()) this.#stream.pause();
    this.#deliverKept();
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
      throw this.#tooLarge(Math.max(reader.available, this.#wantedBytes));
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

  #tooLarge(bytes: number): CmdStreamError {
    return new CmdStreamError(
      'frame-too-large',
      `a frame of ${bytes} bytes is over the limit of ${this.#options.maxFrameBytes} (option 'maxFrameBytes')`,
    );
  }

  #fail(error: CmdStreamError): void {
    this.#lostError = error;
    this.destroy();
    this.#tellLost(error);
  }

  closed(error: Error | undefined): void {
    this.#over = true;
    if (error !== undefined && this.#lostError === undefined) {
      this.#lostError = CmdStreamError.from(error, 'connection-lost', `connection to ${this.remoteAddress} lost`);
    }
    this.#tellLost(this.#lostError);
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
