import type { ByteReader } from '../../../src/base/bytes/byte-reader.ts';
import type { ByteWriter } from '../../../src/base/bytes/byte-writer.ts';
import { type Clock, deferToEndOfTurn, systemClock } from '../../../src/base/clock.ts';
import type { CmdStreamError } from '../../../src/base/errors/cmd-stream-error.ts';
import type { DecodedMessage, MessageCodec, MessageSet } from '../../../src/protocol/codec/codec.ts';
import { msgpack } from '../../../src/protocol/codec/msgpack/msgpack.ts';
import type { ControlFrame } from '../../../src/wire/extension/control-frame.ts';
import type { FrameReceiver } from '../../../src/wire/frame-channel.ts';
import { StreamChannel, type StreamChannelOptions } from '../../../src/wire/stream-channel.ts';
import type { ByteStream, ByteStreamConsumer } from '../../../src/wire/transport/transport.ts';
import { fixedBound } from '../../../src/wire/write-flow.ts';

export const MAX_FRAME_BYTES = 1024 * 1024;
export const MAX_BUFFERED_BYTES = 64 * 1024;

const messages: MessageSet = { kind: 'command', types: ['A', 'B', 'C'], maxPayloadBytes: MAX_FRAME_BYTES };

/** The library's default codec. */
export function msgpackCodec(maxPayloadBytes = MAX_FRAME_BYTES): MessageCodec {
  return msgpack().bind({ ...messages, maxPayloadBytes });
}

/** A codec without any length: one byte of type, the text, a NUL. It cannot say how many bytes are missing. */
export const nulTerminated: MessageCodec = {
  encode(type: number, value: unknown, writer: ByteWriter): void {
    if (typeof value !== 'string' || value.includes('\0')) throw new TypeError('only text without NUL');
    writer.writeByte(type);
    writer.writeUtf8(value);
    writer.writeByte(0);
  },
  decode(reader: ByteReader, message: DecodedMessage): boolean {
    const { buffer, position, end } = reader;
    const nul = buffer.subarray(0, end).indexOf(0, position + 1);
    if (nul < 0) return false;
    message.type = buffer[position] as number;
    message.value = buffer.toString('utf8', position + 1, nul);
    reader.position = nul + 1;
    return true;
  },
};

/** A byte stream that a test plays by hand: it sees each write and says what arrives. */
export class ScriptedStream implements ByteStream {
  readonly remoteAddress = '192.0.2.7:9000';
  /** What has been written, one entry for each call, as it was at the time. */
  readonly writes: Buffer[] = [];
  /** The memory of the last write. */
  lastWrite: Buffer | undefined;
  /** Whether writes are taken at once. */
  takes = true;
  bufferedBytes = 0;
  paused = false;
  ended = false;
  destroyed = false;
  consumer: ByteStreamConsumer | undefined;

  open(consumer: ByteStreamConsumer): void {
    this.consumer = consumer;
  }

  write(bytes: Buffer): boolean {
    if (this.bufferedBytes > 0) throw new Error('written to while a write waits');
    this.writes.push(Buffer.from(bytes));
    this.lastWrite = bytes;
    if (!this.takes) this.bufferedBytes = bytes.length;
    return this.takes;
  }

  /** The write that waited is taken. */
  drain(): void {
    this.bufferedBytes = 0;
    this.consumer?.drained();
  }

  /** Bytes arrive, in memory that is gone after the call. */
  arrive(bytes: Uint8Array): void {
    const memory = Buffer.from(bytes);
    this.consumer?.data(memory);
    memory.fill(0xdd);
  }

  close(error?: Error): void {
    this.consumer?.closed(error);
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  end(): void {
    this.ended = true;
  }

  destroy(): void {
    this.destroyed = true;
  }

  get written(): Buffer {
    return Buffer.concat(this.writes);
  }
}

export interface SeenFrame {
  readonly seq: number;
  readonly type?: number;
  readonly value?: unknown;
  readonly size?: number;
}

/** Keeps what a channel tells. A ping is a frame of sequence number 0. */
export class FrameLog implements FrameReceiver {
  readonly frames: SeenFrame[] = [];
  /** Frames of the wire extension. */
  readonly controls: { readonly seq: number; readonly type: number; readonly body: Buffer }[] = [];
  readonly losses: (CmdStreamError | undefined)[] = [];
  /** How many bytes of frames have come whose rest had not. */
  readonly partials: number[] = [];
  drains = 0;
  onFrame: (frame: SeenFrame) => void = () => {};

  frame(seq: number, type: number, value: unknown, size: number): void {
    this.#see({ seq, type, value, size });
  }

  control({ seq, type, body }: ControlFrame): void {
    // The memory is the reader's.
    this.controls.push({ seq, type, body: Buffer.from(body) });
  }

  ping(): void {
    this.#see({ seq: 0 });
  }

  partial(size: number): void {
    this.partials.push(size);
  }

  drained(): void {
    this.drains++;
  }

  lost(error: CmdStreamError | undefined): void {
    this.losses.push(error);
  }

  #see(frame: SeenFrame): void {
    this.frames.push(frame);
    this.onFrame(frame);
  }
}

export function makeChannel(stream: ByteStream, options: Partial<StreamChannelOptions> = {}): StreamChannel {
  return new StreamChannel(stream, {
    outgoing: options.outgoing ?? msgpackCodec(),
    incoming: options.incoming ?? msgpackCodec(),
    maxFrameBytes: MAX_FRAME_BYTES,
    bufferBound: fixedBound(MAX_BUFFERED_BYTES),
    clock: systemClock,
    defer: deferToEndOfTurn,
    ...options,
  });
}

/** A channel over a scripted stream, with what it tells. */
export function openChannel(options: Partial<StreamChannelOptions> = {}) {
  const stream = new ScriptedStream();
  const channel = makeChannel(stream, options);
  const log = new FrameLog();
  channel.open(log);
  return { stream, channel, log };
}

/** The bytes of frames, as a channel sends them. Sequence number 0 is a ping. */
export function bytesOf(frames: readonly SeenFrame[], codec: MessageCodec = msgpackCodec()): Buffer {
  const stream = new ScriptedStream();
  const flushes: (() => void)[] = [];
  const channel = makeChannel(stream, { outgoing: codec, defer: (task) => flushes.push(task) });
  for (const { seq, type = 0, value } of frames) {
    if (seq === 0) channel.sendPing();
    else channel.send(seq, type, value);
  }
  for (const flush of flushes) flush();
  return stream.written;
}

/** The end of the current turn, when batches leave. */
export function endOfTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A clock that stands where a test puts it. */
export function stoppedClock(): Clock & { at: number } {
  return {
    ...systemClock,
    at: 0,
    monotonicMs() {
      return this.at;
    },
  };
}
