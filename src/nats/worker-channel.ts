import type { Msg, NatsConnection } from '@nats-io/transport-node';
import { ByteWriter } from '../base/bytes/byte-writer.ts';
import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import { PendingTable } from '../base/pending-table.ts';
import { BadPayload } from '../protocol/codec/codec.ts';
import { ERROR_RESULT_TYPE, type ErrorResult, RESERVED_TYPES } from '../protocol/reserved.ts';
import type { EngineServerParts } from '../wire/engine.ts';
import { CONNECTION_SEQ, ControlFrame, readControlFrame } from '../wire/extension/control-frame.ts';
import type { Credit } from '../wire/extension/credit.ts';
import { writeHeadFrame } from '../wire/extension/head.ts';
import { encodeHello } from '../wire/extension/introduction.ts';
import { NO_METADATA } from '../wire/extension/metadata.ts';
import type { SendGate, ServerChannel } from '../wire/frame-channel.ts';
import { LARGE_FRAME_BYTES } from '../wire/frame-size.ts';
import { type Arrival, BrokerChannel } from './broker-channel.ts';
import { encodeForClient } from './controls.ts';
import { type Described, Discovery } from './discovery.ts';
import { readCredit, readMetadata, readTime, USUAL_CREDIT } from './heads.ts';
import { QueueGroup } from './queue-group.ts';
import { type Signs, signsOf } from './signs.ts';

/** Where a server hears. */
export interface WorkerSubjects {
  /** What is told of the server. */
  readonly described: Described;
  /** By the type numbers of the Commands. */
  readonly commands: readonly string[];
  /** Of all servers of the service. */
  readonly cancel: string;
  /** Its own: the number of a Command behind it is where that one's client reaches it. */
  readonly inbox: string;
}

/** A Command that has come and is not answered. */
interface TakenCommand extends Arrival {
  /** Its number at this server. */
  readonly seq: number;
  readonly type: number;
  readonly msg: Msg;
  /** Where its Results go. */
  readonly reply: string;
  /** How many have been sent. */
  results: number;
  /** The beat at which it has come, and the time (monotonic milliseconds). */
  readonly cameAt: number;
  readonly cameMs: number;
}

/** Before the number of a client, where the broker says that it is gone. */
const CLIENT = 'c';
/** What clients grant at first: none introduces itself, and whoever grants something else says so with a Command. */
const HELLO = encodeHello({
  timeoutMs: Number.POSITIVE_INFINITY,
  metadata: NO_METADATA,
  version: '',
  describe: false,
  credit: USUAL_CREDIT,
});

/**
 * The channel of a server to its broker: Commands of all clients come by it, as one of the group that gets them. Each has a
 * number here, for as long as it is not answered.
 */
export class WorkerChannel extends BrokerChannel<TakenCommand> implements ServerChannel {
  readonly #parts: EngineServerParts;
  readonly #subjects: WorkerSubjects;
  readonly #group: QueueGroup;
  readonly #taken = new PendingTable<TakenCommand>();
  /** Their numbers, by where their Results go: that is all that a client knows of one that has had none. */
  readonly #seqs = new Map<string, number>();
  readonly #control = new ControlFrame();
  readonly #heads = new ByteWriter(64);
  #discovery: Discovery | undefined;
  #seq = 0;
  /** The clients that were given signs last. */
  #signed: readonly Signs[] = [];

  constructor(broker: NatsConnection, address: string, parts: EngineServerParts, subjects: WorkerSubjects) {
    super(broker, address, parts);
    this.#parts = parts;
    this.#subjects = subjects;
    this.#group = new QueueGroup(broker, subjects.commands, this.#receive);
  }

  /** Takes Commands from now on; they wait until somebody reads. Resolves once the broker knows. */
  async join(): Promise<void> {
    const { broker } = this;
    broker.subscribe(`${this.#subjects.inbox}*`, { callback: this.#hear });
    broker.subscribe(this.#subjects.cancel, { callback: this.#hearCancel });
    this.#group.join();
    this.#discovery = new Discovery(broker, this.#subjects.described);
    await broker.flush();
  }

  protected override opened(): void {
    this.#tell(CONNECTION_SEQ, RESERVED_TYPES.hello, HELLO);
  }

  /** Clients know without: who has the same protocol asks for its Commands. */
  sendServerInfo(): void {}

  send(seq: number, type: number, value: unknown, gate?: SendGate): number {
    const command = this.#taken.get(seq);
    const bytes = this.writer.encode((command?.results ?? 0) + 1, type, value);
    if (type === ERROR_RESULT_TYPE && command !== undefined) {
      const { code, message } = value as ErrorResult;
      this.#subjects.described.figures.failed(command.type, `${code}: ${message}`);
    }
    return this.#leave(command, type, bytes, gate);
  }

  sendEncoded(seq: number, message: Uint8Array, gate?: SendGate): number {
    const command = this.#taken.get(seq);
    const type = this.read(message).readVarint();
    return this.#leave(command, type, this.writer.wrap((command?.results ?? 0) + 1, message), gate);
  }

  #leave(command: TakenCommand | undefined, type: number, bytes: Uint8Array, gate: SendGate | undefined): number {
    this.checkSize(bytes.length);
    if (gate !== undefined && !gate.mayLeave) return 0;
    if (command === undefined) return bytes.length;
    command.results++;
    // Of several Results each says where this server hears of the Command; the broker says so where nobody listens to them.
    const mayFollow = this.#parts.commands[command.type]?.several === true && type !== ERROR_RESULT_TYPE;
    const options = mayFollow ? { reply: `${this.#subjects.inbox}${command.seq}` } : undefined;
    if (this.publish(command.reply, bytes, options)) this.flow.left(bytes.length, command.seq);
    if (type === ERROR_RESULT_TYPE) this.settled(command.seq);
    return bytes.length;
  }

  sendControl(seq: number, type: number): void {
    if (type !== RESERVED_TYPES.ended) return;
    const command = this.#taken.get(seq);
    if (command === undefined) return;
    this.publish(command.reply, encodeForClient(type));
    this.settled(seq);
  }

  readonly settled = (seq: number): void => {
    const command = this.#taken.get(seq);
    if (command === undefined) return;
    this.#taken.delete(seq);
    this.#seqs.delete(command.reply);
    this.#subjects.described.figures.ended(command.type, this.parts.clock.monotonicMs() - command.cameMs);
    if (!this.#group.isIn && this.#hasRoom) this.#group.join();
  };

  get #hasRoom(): boolean {
    return !this.arrivals.holding && this.#taken.size <= this.#parts.maxInFlightCommands / 2;
  }

  /** At a limit others had better take what comes next. */
  override holdFrames(): void {
    super.holdFrames();
    if (this.#group.isIn) void this.#group.pause();
  }

  override releaseFrames(): void {
    super.releaseFrames();
    if (!this.#group.isIn && this.#hasRoom) this.#group.join();
  }

  creditOf(seq: number): Credit | undefined {
    return readCredit(this.#taken.get(seq)?.msg.headers);
  }

  /** What is here and waits to be read is taken as well: a session that drains takes nothing more. */
  async leave(): Promise<void> {
    this.#discovery?.stop();
    await this.#group.leave();
    await this.arrivals.emptied();
  }

  // ---- what comes

  readonly #receive = (type: number, error: Error | null, msg: Msg): void => {
    if (error !== null) {
      const what = `the broker at ${this.remoteAddress} refuses ${this.#subjects.commands[type]}`;
      this.fail(CmdStreamError.from(error, 'connection-lost', what));
      return;
    }
    const { data, reply } = msg;
    // Whoever wants no answer has not sent it by a channel like this one.
    if (!reply || this.isOver) return;
    const command = {
      seq: ++this.#seq,
      type,
      msg,
      reply,
      results: 0,
      cameAt: this.beats,
      cameMs: this.parts.clock.monotonicMs(),
      size: data.length,
    };
    this.#taken.add(command.seq, command);
    this.#seqs.set(reply, command.seq);
    if (this.arrivals.holding) this.#hold(command);
    else this.arrived(command);
  };

  #hold(command: TakenCommand): void {
    const { seq, type, size } = command;
    if (!this.gate.mayHold(size)) {
      this.gate.refused(seq, type, size);
      return;
    }
    this.arrivals.keep(command);
    this.gate.held(size);
  }

  protected override take(command: TakenCommand): boolean {
    const { seq, type, msg, size } = command;
    if (size >= LARGE_FRAME_BYTES && !this.gate.admit(size)) {
      this.gate.postponed(size);
      return false;
    }
    const leftMs = readTime(Math.max(0, this.read(msg.data).readVarint()));
    const value = this.#readPayload(type);
    const { weight = 0 } = this.message;
    this.#tellHead(seq, leftMs, msg);
    this.receiver?.frame(seq, type, value, size, this.reader.oversized > 0 ? 0 : weight || size);
    return true;
  }

  /** The payload; where it is none, or of another type than its subject says, that is its own fault alone. */
  #readPayload(type: number): unknown {
    const why = this.decode();
    if (why !== undefined) return new BadPayload(new Error(why));
    if (this.message.type === type) return this.message.value;
    return new BadPayload(new Error(`it is of type ${this.message.type}, and its subject of type ${type}`));
  }

  #tellHead(seq: number, leftMs: number, msg: Msg): void {
    const heads = this.#heads;
    heads.position = 0;
    writeHeadFrame(heads, seq, { leftMs, metadata: readMetadata(msg.headers) });
    const reader = this.read(heads.buffer.subarray(0, heads.position));
    reader.readVarint();
    if (readControlFrame(reader, seq, this.#control)) this.receiver?.control(this.#control);
  }

  /** Something has come of a Command that is not answered: it is given up, it may send more, or nobody listens to its Results. */
  readonly #hear = (error: Error | null, msg: Msg): void => {
    if (error !== null) return;
    const whose = msg.subject.slice(this.#subjects.inbox.length);
    if (whose.startsWith(CLIENT)) {
      if (msg.headers?.code === 503) this.#clientGone(Number(whose.slice(CLIENT.length)));
      return;
    }
    const seq = Number(whose);
    if (!this.#taken.has(seq)) return;
    if (msg.data.length === 0) {
      if (msg.headers?.code === 503) this.#tell(seq, RESERVED_TYPES.cancel);
      return;
    }
    const type = this.read(msg.data).readVarint();
    if (type !== RESERVED_TYPES.cancel && type !== RESERVED_TYPES.credit) return;
    this.#tell(seq, type, this.reader.buffer.subarray(this.reader.position));
  };

  /** Tells clients that their Commands are being worked on; of one that is gone the broker says so. */
  protected override beat(): void {
    if (this.#taken.size === 0) return;
    const old = this.#taken.all().flatMap(([, command]) => (this.beats - command.cameAt >= 2 ? [command.reply] : []));
    this.#signed = signsOf(old);
    for (const [index, { inbox, bytes }] of this.#signed.entries()) {
      this.publish(`${inbox}0`, bytes, { reply: `${this.#subjects.inbox}${CLIENT}${index}` });
    }
  }

  /** A client is gone: nobody waits for its Commands. */
  #clientGone(index: number): void {
    const inbox = this.#signed[index]?.inbox;
    if (inbox === undefined) return;
    for (const [seq, { reply }] of this.#taken.all()) {
      if (reply.startsWith(inbox)) this.#tell(seq, RESERVED_TYPES.cancel);
    }
  }

  readonly #hearCancel = (error: Error | null, msg: Msg): void => {
    if (error !== null) return;
    const seq = this.#seqs.get(msg.string());
    if (seq !== undefined) this.#tell(seq, RESERVED_TYPES.cancel);
  };

  /** What anybody may have sent must not be the end of the channel. */
  #tell(seq: number, type: number, body: Buffer = Buffer.alloc(0)): void {
    const frame = this.#control;
    Object.assign(frame, { seq, type, buffer: body, start: 0, end: body.length });
    try {
      this.receiver?.control(frame);
    } catch (error) {
      if (!CmdStreamError.is(error) || error.code !== 'protocol-error') {
        this.fail(CmdStreamError.from(error, 'internal', `handling a message from ${this.remoteAddress} failed`));
      }
    }
  }
}
