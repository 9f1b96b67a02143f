import type { Msg, NatsConnection } from '@nats-io/transport-node';
import { NEED_MORE } from '../base/bytes/byte-reader.ts';
import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import { PendingTable } from '../base/pending-table.ts';
import { BadPayload } from '../protocol/codec/codec.ts';
import { RESERVED_TYPES } from '../protocol/reserved.ts';
import type { EngineSenderParts } from '../wire/engine.ts';
import { CONNECTION_SEQ, ControlFrame } from '../wire/extension/control-frame.ts';
import { encodeGoodbye } from '../wire/extension/goodbye.ts';
import type { Head } from '../wire/extension/head.ts';
import type { Welcome } from '../wire/extension/introduction.ts';
import { NO_METADATA } from '../wire/extension/metadata.ts';
import type { FrameChannel, SendGate } from '../wire/frame-channel.ts';
import { type Arrival, BEAT_MS, BrokerChannel } from './broker-channel.ts';
import { encodeCancel, encodeControl } from './controls.ts';
import { creditLine, writeHeaders, writeTime } from './heads.ts';
import { Refusals } from './refusals.ts';

/** Where a client sends to, and hears. */
export interface ClientSubjects {
  readonly service: string;
  /** By the type numbers of the Commands. */
  readonly commands: readonly string[];
  /** To all servers. */
  readonly cancel: string;
  /** The inbox: a sequence number behind it is where the Results of that Command go. */
  readonly inbox: string;
}

/** A Command whose Results are awaited. */
interface AwaitedCommand {
  readonly type: number;
  /** How many Results have come. */
  results: number;
  /** The beat at which its server was last heard of. */
  heardAt: number;
  /** Where its server hears of it, where that is known. */
  server: string;
}

/** A message for a client. */
interface ClientArrival extends Arrival {
  readonly seq: number;
  readonly msg: Msg;
}

const NO_BYTES = new Uint8Array();
/** A server gives the first sign up to two beats after it has taken a Command, and then one each beat. */
const LEAST_SILENT_BEATS = 4;
/** The servers are many, and all of this library: what they say of themselves is not asked. */
const EXTENDED: Welcome = Object.freeze({
  codec: '',
  commands: [],
  results: [],
  maxFrameBytes: Number.POSITIVE_INFINITY,
  instance: '',
  version: '',
  schemas: {},
  returns: [],
  several: [],
  ends: false,
  refused: undefined,
});

/** The channel of a client: Commands go to the subjects of their types, and Results come to an inbox, by the number behind it. */
export class ClientChannel extends BrokerChannel<ClientArrival> implements FrameChannel {
  override readonly welcome = EXTENDED;
  readonly #subjects: ClientSubjects;
  readonly #timeoutMs: number;
  /** What may be sent for a stream at first, where that is not the usual. */
  readonly #credit: string | undefined;
  /** After so many beats without a sign a server is taken for dead. */
  readonly #silentBeats: number;
  readonly #awaited = new PendingTable<AwaitedCommand>();
  readonly #refusals: Refusals;
  readonly #control = new ControlFrame();
  /** Types of which a Command was given up. */
  readonly #givenUp = new Set<number>();

  constructor(broker: NatsConnection, address: string, parts: EngineSenderParts, subjects: ClientSubjects) {
    super(broker, address, parts);
    this.#subjects = subjects;
    this.#timeoutMs = parts.hello.timeoutMs;
    this.#credit = creditLine(parts.hello.credit);
    this.#silentBeats = Math.max(LEAST_SILENT_BEATS, Math.ceil(parts.silenceMs / BEAT_MS) + 1);
    this.#refusals = new Refusals(this.flow, this.#forbidden, subjects.commands);
    void this.#watch();
  }

  /** A message of the inbox has come. */
  readonly receive = (error: Error | null, msg: Msg): void => {
    if (error !== null) {
      this.fail(CmdStreamError.from(error, 'connection-lost', `${this.remoteAddress} refuses an inbox`));
      return;
    }
    const seq = Number(msg.subject.slice(this.#subjects.inbox.length));
    // Signs of life do not wait until somebody reads.
    if (seq === 0) this.#takeSigns(msg.data);
    else if (Number.isSafeInteger(seq) && seq > 0) this.arrived({ seq, msg, size: msg.data.length });
  };

  protected override opened(): void {}

  send(seq: number, type: number, value: unknown, gate?: SendGate, head?: Head): number {
    return this.#leave(seq, type, this.writer.encode(this.#timeOf(head), type, value), gate, head);
  }

  sendEncoded(seq: number, message: Uint8Array, gate?: SendGate, head?: Head): number {
    const type = this.read(message).readVarint();
    return this.#leave(seq, type, this.writer.wrap(this.#timeOf(head), message), gate, head);
  }

  #timeOf(head: Head | undefined): number {
    return writeTime(head?.leftMs ?? this.#timeoutMs);
  }

  #leave(seq: number, type: number, bytes: Uint8Array, gate: SendGate | undefined, head: Head | undefined): number {
    this.checkSize(bytes.length);
    if (gate !== undefined && !gate.mayLeave) return 0;
    const reply = `${this.#subjects.inbox}${seq}`;
    const credit = this.#credit !== undefined && this.parts.commands[type]?.several ? this.#credit : undefined;
    const headers = writeHeaders(head?.metadata ?? NO_METADATA, credit);
    const options = headers === undefined ? { reply } : { reply, headers };
    const hasLeft = this.publish(this.#subjects.commands[type] as string, bytes, options);
    this.#awaited.add(seq, { type, results: 0, heardAt: this.beats, server: '' });
    if (hasLeft) this.flow.left(bytes.length, seq);
    return bytes.length;
  }

  sendControl(seq: number, type: number, body: Uint8Array = NO_BYTES): void {
    const command = this.#awaited.get(seq);
    if (command === undefined) return;
    if (type === RESERVED_TYPES.cancel) this.#givenUp.add(command.type);
    if (command.server !== '') this.publish(command.server, encodeControl(type, body));
    else if (type === RESERVED_TYPES.cancel) {
      this.publish(this.#subjects.cancel, encodeCancel(`${this.#subjects.inbox}${seq}`));
    }
  }

  readonly settled = (seq: number): void => {
    this.#awaited.delete(seq);
  };

  // ---- what comes

  protected override take({ seq, msg, size }: ClientArrival): boolean {
    const { data } = msg;
    if (data.length === 0) {
      if (msg.headers?.code === 503) this.#fail(seq, this.#noServer(seq));
      return true;
    }
    const command = this.#awaited.get(seq);
    if (command !== undefined && msg.reply) command.server = msg.reply;
    const number = this.read(data).readVarint();
    if (number === 0) this.#takeControl(seq);
    else if (command === undefined || number === command.results + 1) this.#takeResult(seq, command, size);
    else this.#lose(seq, this.#gap(number, command.results));
    return true;
  }

  /** A server works on these, one number behind the other. */
  #takeSigns(data: Uint8Array): void {
    const reader = this.read(data);
    if (reader.readVarint() !== 0) return;
    for (let seq = reader.readVarint(); seq !== NEED_MORE; seq = reader.readVarint()) {
      const command = this.#awaited.get(seq);
      if (command !== undefined) command.heardAt = this.beats;
    }
  }

  protected override beat(): void {
    if (this.#awaited.size === 0) return;
    for (const [seq, { heardAt }] of this.#awaited.all()) {
      if (this.beats - heardAt >= this.#silentBeats) this.#lose(seq, this.#silence());
    }
  }

  #takeControl(seq: number): void {
    const frame = this.#control;
    frame.seq = seq;
    frame.type = this.reader.readVarint();
    frame.buffer = this.reader.buffer;
    frame.start = this.reader.position;
    frame.end = this.reader.end;
    if (frame.type === RESERVED_TYPES.ended) this.receiver?.control(frame);
  }

  #takeResult(seq: number, command: AwaitedCommand | undefined, size: number): void {
    if (command !== undefined) {
      command.results++;
      command.heardAt = this.beats;
    }
    const { reader, message } = this;
    const why = this.decode();
    const { type, weight = 0 } = message;
    const value = why === undefined ? message.value : new BadPayload(new Error(why));
    const isTooLong = reader.oversized > 0;
    try {
      this.receiver?.frame(seq, type, value, size, isTooLong ? 0 : weight || size);
    } catch (error) {
      this.#fail(seq, CmdStreamError.from(error, 'internal', `handling a Result from ${this.remoteAddress} failed`));
    }
  }

  // ---- what does not come

  #fail(seq: number, error: CmdStreamError): void {
    this.receiver?.failed?.(seq, error);
  }

  /** Fails a Command that its server may be at. */
  #lose(seq: number, error: CmdStreamError): void {
    this.sendControl(seq, RESERVED_TYPES.cancel);
    this.#fail(seq, error);
  }

  #silence(): CmdStreamError {
    const message = `the server that has taken it gave no sign of life for ${this.#silentBeats * BEAT_MS} ms (option 'keepalive')`;
    return new CmdStreamError('connection-lost', message, { mayHaveExecuted: true });
  }

  #noServer(seq: number): CmdStreamError {
    const subject = this.#subjects.commands[this.#awaited.get(seq)?.type ?? -1];
    return new CmdStreamError(
      'unavailable',
      `nobody takes ${subject} at the broker ${this.remoteAddress}: is a server of the service there?`,
    );
  }

  /** What is sent to the one that has lost some is dropped by the broker, or by this process. */
  #gap(number: number, results: number): CmdStreamError {
    const message = `Result ${number} came behind Result ${results}: the broker at ${this.remoteAddress} has lost what was between`;
    return new CmdStreamError('connection-lost', message, { mayHaveExecuted: true });
  }

  /** The last so many Commands of a type that were sent are refused; which ones is not certain where some were given up. */
  readonly #forbidden = (type: number, count: number): void => {
    const message = `the broker at ${this.remoteAddress} does not let this client publish to ${this.#subjects.commands[type]}`;
    const mayHaveExecuted = this.#givenUp.has(type);
    const sent = this.#awaited.all().filter(([, command]) => command.type === type);
    for (const [seq] of sent.slice(-count))
      this.#fail(seq, new CmdStreamError('unavailable', message, { mayHaveExecuted }));
  };

  async #watch(): Promise<void> {
    for await (const status of this.broker.status()) {
      if (status.type === 'ldm') this.#sayGoodbye();
      else if (status.type === 'error') this.#refusals.note(status.error);
    }
  }

  /** The broker takes its leave: what is under way comes to its end, and new Commands go over another. */
  #sayGoodbye(): void {
    const frame = this.#control;
    const body = Buffer.from(encodeGoodbye(Number.MAX_SAFE_INTEGER));
    Object.assign(frame, {
      seq: CONNECTION_SEQ,
      type: RESERVED_TYPES.goodbye,
      buffer: body,
      start: 0,
      end: body.length,
    });
    this.receiver?.control(frame);
  }
}
