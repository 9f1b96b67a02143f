import type { NatsConnection } from '@nats-io/transport-node';
import type { ChannelEvent, ChannelLink } from '../../machines/channel.ts';
import { ByteReader } from '../base/bytes/byte-reader.ts';
import type { TimerHandle } from '../base/clock.ts';
import { CmdStreamError, describeError } from '../base/errors/cmd-stream-error.ts';
import type { DecodedMessage } from '../protocol/codec/codec.ts';
import { decodeNow } from '../protocol/codec/prompt.ts';
import { ChannelLife } from '../wire/channel-life.ts';
import type { EngineParts } from '../wire/engine.ts';
import type { Head } from '../wire/extension/head.ts';
import type { Welcome } from '../wire/extension/introduction.ts';
import { type FrameGate, type FrameReceiver, OPEN_GATE, type SendGate } from '../wire/frame-channel.ts';
import { frameTooLarge, MAX_HEADER_BYTES } from '../wire/frame-size.ts';
import { ReadingTimes } from '../wire/reading-times.ts';
import { Arrivals } from './arrivals.ts';
import { BrokerFlow } from './broker-flow.ts';
import { MessageWriter } from './message-writer.ts';

const NO_BYTES = Buffer.alloc(0);
/** Time from one beat to the next: with each, servers give signs of life, and clients see who has given none. */
export const BEAT_MS = 1_000;

/** A message of the broker, as a channel takes it. */
export interface Arrival {
  /** Its bytes. */
  readonly size: number;
}

/**
 * One connection to a broker that carries frames as messages, one each: what the channels of clients and of workers have in
 * common. Its life is that of any channel.
 */
export abstract class BrokerChannel<A extends Arrival> implements ChannelLink {
  readonly remoteAddress: string;
  readonly flow: BrokerFlow;
  readonly welcome: Welcome | undefined = undefined;
  receivedBytes = 0;
  deliveries = 0;
  lastReceivedMs: number;
  /** A message is there whole, or not at all. */
  readonly partialSinceMs = undefined;
  protected readonly broker: NatsConnection;
  protected readonly parts: EngineParts;
  protected readonly writer: MessageWriter;
  protected readonly arrivals = new Arrivals<A>((arrival) => this.#deliver(arrival));
  protected receiver: FrameReceiver | undefined;
  protected gate: FrameGate = OPEN_GATE;
  protected readonly reader = new ByteReader();
  protected readonly message: DecodedMessage = { type: 0, value: undefined, weight: 0 };
  /** Counts the beats: a process that stands still has none. */
  protected beats = 0;
  #timer: TimerHandle;
  readonly #life = new ChannelLife(this);
  readonly #times: ReadingTimes;
  /** Why it is over, unless it ended in order. */
  #lostError: CmdStreamError | undefined;

  constructor(broker: NatsConnection, address: string, parts: EngineParts) {
    this.broker = broker;
    this.remoteAddress = address;
    this.parts = parts;
    this.writer = new MessageWriter(parts.outgoing);
    this.#times = new ReadingTimes(parts.clock);
    this.lastReceivedMs = parts.clock.monotonicMs();
    const asked = { flush: () => broker.flush(), drained: () => this.receiver?.drained() };
    this.flow = new BrokerFlow(asked, parts.bufferBound, parts.clock);
    void broker.closed().then((error) => this.#closed(error ?? undefined));
  }

  get pausedMs(): number {
    return this.#times.pausedMs;
  }

  get heldBytes(): number {
    return this.arrivals.bytes;
  }

  get arrivedBytes(): number {
    return this.arrivals.bytes;
  }

  open(receiver: FrameReceiver, gate: FrameGate = OPEN_GATE): void {
    this.receiver = receiver;
    this.gate = gate;
    this.#life.happen({ type: 'channel.opened' });
    this.opened();
    this.#awaitBeat();
    this.arrivals.paused = false;
    this.arrivals.goOn();
  }

  abstract send(seq: number, type: number, value: unknown, gate?: SendGate, head?: Head): number;
  abstract sendEncoded(seq: number, message: Uint8Array, gate?: SendGate, head?: Head): number;
  abstract sendControl(seq: number, type: number, body?: Uint8Array): void;
  /** Somebody reads from now on. */
  protected abstract opened(): void;
  /** A beat has passed. */
  protected abstract beat(): void;
  /** Takes a message; returns whether it was taken, and does not have to wait. */
  protected abstract take(arrival: A): boolean;

  sendPing(): void {
    void this.flow.confirm().then((isThere) => {
      if (isThere && !this.isOver) this.receiver?.ping();
    });
  }

  pause(): void {
    this.#times.pause();
    this.arrivals.paused = true;
  }

  resume(): void {
    if (!this.arrivals.paused || this.isOver) return;
    this.#times.resume();
    this.arrivals.paused = false;
    this.arrivals.goOn();
  }

  holdFrames(): void {
    this.arrivals.holding = true;
  }

  releaseFrames(): void {
    this.arrivals.holding = false;
    this.arrivals.goOn();
  }

  end(): void {
    this.#life.happen({ type: 'channel.ended' });
    void this.flow.confirm().then(() => this.#life.happen({ type: 'writes.taken' }));
  }

  destroy(): void {
    this.#life.happen({ type: 'channel.destroyed' });
  }

  protected get isOver(): boolean {
    return this.#life.isOver;
  }

  #awaitBeat(): void {
    if (this.isOver) return;
    this.#timer = this.parts.clock.setTimeout(() => {
      this.beats++;
      this.beat();
      this.#awaitBeat();
    }, BEAT_MS);
  }

  // ---- to and fro

  /**
   * Refuses a message that is too long for this side, or for the broker.
   * @param limit - the bytes of a message that the broker takes.
   * @throws CmdStreamError `frame-too-large`.
   */
  protected checkSize(bytes: number): void {
    const { maxFrameBytes } = this.parts;
    if (bytes > maxFrameBytes + MAX_HEADER_BYTES) throw frameTooLarge(bytes, maxFrameBytes);
    const limit = this.broker.info?.max_payload ?? Number.POSITIVE_INFINITY;
    if (bytes <= limit) return;
    const message = `a message of ${bytes} bytes is over the limit of ${limit} of the broker at ${this.remoteAddress} (its max_payload)`;
    throw new CmdStreamError('frame-too-large', message);
  }

  /** Hands a message to the broker; one that is sent when all is over goes nowhere. Returns whether it has left. */
  protected publish(subject: string, bytes: Uint8Array, options?: Parameters<NatsConnection['publish']>[2]): boolean {
    if (!this.#life.mayWrite || this.broker.isClosed()) return false;
    this.broker.publish(subject, bytes, options);
    return true;
  }

  /** A message has arrived. */
  protected arrived(arrival: A): void {
    if (this.isOver) return;
    this.lastReceivedMs = this.parts.clock.monotonicMs();
    this.receivedBytes += arrival.size;
    this.deliveries++;
    this.arrivals.arrive(arrival);
  }

  #deliver(arrival: A): boolean {
    try {
      return this.take(arrival);
    } catch (error) {
      const what = `handling a message from ${this.remoteAddress} failed`;
      this.fail(CmdStreamError.from(error, 'internal', what));
      return true;
    }
  }

  /** Reads what has come from its first byte on. */
  protected read(data: Uint8Array): ByteReader {
    const { reader } = this;
    reader.buffer = Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.length);
    reader.position = 0;
    reader.end = data.length;
    reader.oversized = 0;
    return reader;
  }

  /** Decodes the rest of a message; returns why it is none, where it is none. */
  protected decode(): string | undefined {
    const { reader, message } = this;
    message.type = 0;
    message.value = undefined;
    message.weight = 0;
    try {
      const isWhole = decodeNow(this.parts.incoming, reader, message);
      if (reader.oversized > 0) return undefined;
      if (!isWhole) return 'it is cut off';
      return reader.available > 0 ? 'something stands behind it' : undefined;
    } catch (error) {
      return describeError(error);
    } finally {
      reader.buffer = NO_BYTES;
    }
  }

  // ---- the end

  protected fail(error: CmdStreamError): void {
    this.#life.happen({ type: 'channel.failed', error });
  }

  #closed(error: Error | undefined): void {
    if (error === undefined && !this.#life.mayWrite) this.#life.happen({ type: 'stream.closed' });
    else this.#life.happen({ type: 'stream.closed', error: this.#lost(error ?? new Error('the broker closed it')) });
  }

  #lost(reason: Error): CmdStreamError {
    return CmdStreamError.from(reason, 'connection-lost', `connection to the broker at ${this.remoteAddress} lost`);
  }

  // ---- what the machine makes happen

  introduce(): void {}

  rejectHandshake(): void {}

  endStream(): void {
    void this.broker.close();
  }

  destroyStream(): void {
    void this.broker.close();
  }

  drop(): void {
    this.parts.clock.clearTimeout(this.#timer);
    this.arrivals.clear();
  }

  keepReason(event: ChannelEvent): void {
    if ('error' in event) this.#lostError = event.error as CmdStreamError | undefined;
  }

  tellLost(): void {
    this.receiver?.lost(this.#lostError);
  }
}
