import type { ChannelEvent, ChannelLink } from '../../machines/channel.ts';
import { runOutside } from '../base/async-context.ts';
import type { ByteReader } from '../base/bytes/byte-reader.ts';
import { CmdStreamError, describeError, printableError } from '../base/errors/cmd-stream-error.ts';
import type { MessageCodec } from '../protocol/codec/codec.ts';
import { RESERVED_TYPES } from '../protocol/reserved.ts';
import { ChannelLife, type ChannelTable } from './channel-life.ts';
import { CONNECTION_SEQ } from './extension/control-frame.ts';
import type { Head } from './extension/head.ts';
import { encodeHello, type Hello, readWelcomeFrame, type Welcome } from './extension/introduction.ts';
import type { Flow, FrameChannel, FrameGate, FrameReceiver, SendGate } from './frame-channel.ts';
import { IncomingFrames } from './incoming-frames.ts';
import { ReadingTimes } from './reading-times.ts';
import { readServerInfo } from './server-info.ts';
import type { ByteStream, ByteStreamConsumer } from './transport/transport.ts';
import { WriteBatch, type WriteBatchOptions } from './write-batch.ts';

const NO_BODY = new Uint8Array();

/** Options of a {@link StreamChannel}. */
export interface StreamChannelOptions extends WriteBatchOptions {
  /** Decodes what the other side sends. */
  readonly incoming: MessageCodec;
  /** Description of the first bytes where they are those of another protocol: `is no cmd-stream server: ...`. */
  readonly stranger?: ((bytes: Buffer) => string | undefined) | undefined;
  /** Whether frames of the wire extension are read from the start: by a server that offers it. Default false. */
  readonly extended?: boolean | undefined;
  /** The table that its life walks, where it is another than usual: one that counts. */
  readonly table?: ChannelTable | undefined;
}

/**
 * Turns a byte stream into a channel of frames: batches writes by the turn, and cuts what arrives into frames. What may
 * happen next is what its life says; reading and writing go past that, and only ask it.
 */
export class StreamChannel implements FrameChannel, ByteStreamConsumer, ChannelLink {
  readonly flow: Flow;
  welcome: Welcome | undefined;
  lastReceivedMs: number;
  receivedBytes = 0;

  readonly #stream: ByteStream;
  readonly #options: StreamChannelOptions;
  readonly #life: ChannelLife;
  readonly #batch: WriteBatch;
  readonly #incoming: IncomingFrames;
  readonly #times: ReadingTimes;
  /** Hears how the server has introduced itself, or why there is nothing: what comes first counts. */
  #awaitIntroduction: ((introduction: unknown, error?: CmdStreamError) => void) | undefined;
  /** Why it is over, unless it ended in order. */
  #lostError: CmdStreamError | undefined;

  constructor(stream: ByteStream, options: StreamChannelOptions) {
    this.#stream = stream;
    this.#options = options;
    this.#life = new ChannelLife(this, options.table);
    this.#batch = new WriteBatch(
      stream,
      options,
      this.#life,
      () => this.#incoming.receiver?.drained(),
      this.#streamThrew,
    );
    this.flow = this.#batch.flow;
    this.#incoming = new IncomingFrames(options.incoming, options.maxFrameBytes, this.#life, this.#fail);
    this.#incoming.extended = options.extended === true;
    if (options.stranger !== undefined) this.#incoming.lookAtFirst = this.#lookAtFirst;
    this.#times = new ReadingTimes(options.clock);
    this.lastReceivedMs = options.clock.monotonicMs();
    stream.open(this);
  }

  get remoteAddress(): string {
    return this.#stream.remoteAddress;
  }

  get deliveries(): number {
    return this.#incoming.deliveries;
  }

  get pausedMs(): number {
    return this.#times.pausedMs;
  }

  get heldBytes(): number {
    return this.#incoming.heldBytes;
  }

  get arrivedBytes(): number {
    return this.#incoming.arrivedBytes;
  }

  get partialSinceMs(): number | undefined {
    // While nothing is read, nothing can come.
    return this.#incoming.isInsideFrame && !this.#incoming.paused ? this.#times.partialSinceMs : undefined;
  }

  open(receiver: FrameReceiver, gate?: FrameGate): void {
    this.#incoming.receiver = receiver;
    if (gate !== undefined) this.#incoming.gate = gate;
    this.#life.happen({ type: 'channel.opened' });
    this.#readerCame();
  }

  /**
   * Resolves with the ServerInfo that the server sends first; called by a client before `open`. Rejects when the
   * connection goes, or when what arrives is no ServerInfo.
   */
  async receiveServerInfo(): Promise<string> {
    const info = await this.#receiveFirst((reader) => readServerInfo(reader, this.remoteAddress));
    this.#incoming.lookAtFirst = undefined;
    return info;
  }

  /**
   * Sends the HELLO of a client to a server that offers the wire extension, and resolves with its WELCOME; called before
   * `open`. Rejects as `receiveServerInfo`.
   */
  async greet(hello: Hello): Promise<Welcome> {
    this.sendControl(CONNECTION_SEQ, RESERVED_TYPES.hello, encodeHello(hello));
    this.welcome = await this.#receiveFirst(readWelcomeFrame);
    this.#incoming.extended = true;
    return this.welcome;
  }

  #receiveFirst<T>(read: (reader: ByteReader) => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#awaitIntroduction = (introduction, error) =>
        error === undefined ? resolve(introduction as T) : reject(error);
      this.#incoming.readFirst = (reader) => {
        const introduction = read(reader);
        if (introduction === undefined) return false;
        this.#life.happen({ type: 'introduction.received', introduction });
        return true;
      };
      this.#life.happen({ type: 'handshake.awaited' });
      this.#readerCame();
    });
  }

  /** Sends bytes that are no frame: a server's ServerInfo, before any frame. */
  sendServerInfo(bytes: Uint8Array): void {
    this.#batch.appendBytes(bytes);
  }

  send(seq: number, type: number, value: unknown, gate?: SendGate, head?: Head): number {
    return this.#batch.appendFrame(seq, type, value, gate, head);
  }

  sendEncoded(seq: number, message: Uint8Array, gate?: SendGate, head?: Head): number {
    return this.#batch.appendEncoded(seq, message, gate, head);
  }

  sendControl(seq: number, type: number, body: Uint8Array = NO_BODY): void {
    this.#batch.appendControl(seq, type, body);
  }

  sendPing(): void {
    this.#batch.appendPing();
  }

  pause(): void {
    this.#times.pause();
    this.#incoming.pause();
    this.#stream.pause();
  }

  resume(): void {
    // Whoever makes room is in an async context of its own, which what is delivered has nothing to do with.
    if (this.#incoming.paused) runOutside(this.#readAgain);
  }

  holdFrames(): void {
    this.#incoming.hold();
  }

  releaseFrames(): void {
    runOutside(this.#release);
  }

  end(): void {
    this.#life.happen({ type: 'channel.ended' });
    this.#batch.flush();
  }

  destroy(): void {
    this.#life.happen({ type: 'channel.destroyed' });
  }

  drained(): void {
    this.#batch.drained();
  }

  // ---- reading

  data(bytes: Buffer): void {
    if (this.#life.isOver) return;
    this.lastReceivedMs = this.#options.clock.monotonicMs();
    this.receivedBytes += bytes.length;
    // Nobody to read what comes: it shall wait at the peer, not here.
    if (!this.#incoming.hasReader) this.#stream.pause();
    this.#incoming.arrive(bytes);
    this.#times.notePartial(this.#incoming.partials);
  }

  readonly #readAgain = (): void => {
    this.#times.resume();
    this.#incoming.resume();
    this.#times.notePartial(this.#incoming.partials);
    if (!this.#incoming.paused && this.#incoming.hasReader && !this.#life.isOver) this.#stream.resume();
  };

  readonly #release = (): void => {
    this.#incoming.release();
    this.#times.notePartial(this.#incoming.partials);
  };

  /** Someone reads, or reads again: delivers what waits, then lets more come. */
  #readerCame(): void {
    if (this.#life.isOver) return;
    this.#incoming.goOn();
    this.#times.notePartial(this.#incoming.partials);
    if (!this.#incoming.paused && !this.#life.isOver) this.#stream.resume();
  }

  /** Of a server until its ServerInfo is there, of a client what came first: it is decoded as frames from then on. */
  readonly #lookAtFirst = (bytes: Buffer): void => {
    if (this.#incoming.receiver !== undefined) this.#incoming.lookAtFirst = undefined;
    const stranger = this.#options.stranger?.(bytes);
    if (stranger !== undefined) throw new CmdStreamError('protocol-error', `${this.remoteAddress} ${stranger}`);
  };

  // ---- the end

  closed(error: Error | undefined): void {
    const reason = error ?? (this.#incoming.isInsideFrame ? new Error('it ended in the middle of a frame') : undefined);
    this.#life.happen({ type: 'stream.closed', error: reason && this.#connectionLost(reason) });
  }

  readonly #fail = (error: unknown, isReceivers: boolean): void => {
    const failure = isReceivers
      ? CmdStreamError.from(error, 'internal', `handling a frame from ${this.remoteAddress} failed`)
      : CmdStreamError.from(printableError(error), 'protocol-error', `malformed bytes from ${this.remoteAddress}`);
    this.#life.happen({ type: 'channel.failed', error: failure });
  };

  /** A transport may be the user's. It is asked for in timers, where what it throws would end the process. */
  readonly #streamThrew = (error: unknown): void => {
    const reason = new Error(describeError(error), { cause: error });
    this.#life.happen({ type: 'channel.failed', error: this.#connectionLost(reason) });
  };

  #connectionLost(reason: Error): CmdStreamError {
    return CmdStreamError.from(reason, 'connection-lost', `connection to ${this.remoteAddress} lost`);
  }

  // ---- what the machine makes happen

  introduce(event: ChannelEvent): void {
    if (event.type === 'introduction.received') this.#awaitIntroduction?.(event.introduction);
  }

  endStream(): void {
    this.#tellStream('end');
  }

  destroyStream(): void {
    this.#tellStream('destroy');
  }

  drop(): void {
    this.#incoming.clear();
  }

  keepReason(event: ChannelEvent): void {
    if ('error' in event) this.#lostError = event.error as CmdStreamError | undefined;
  }

  rejectHandshake(): void {
    const why = `${this.remoteAddress} closed the connection during the handshake`;
    this.#awaitIntroduction?.(undefined, this.#lostError ?? new CmdStreamError('connection-lost', why));
  }

  tellLost(): void {
    this.#incoming.receiver?.lost(this.#lostError);
  }

  #tellStream(what: 'end' | 'destroy'): void {
    try {
      this.#stream[what]();
    } catch (error) {
      this.#streamThrew(error);
    }
  }
}
