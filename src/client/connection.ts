import { BadPayload } from '../codec/codec.ts';
import { CmdStreamError, describeError } from '../errors/cmd-stream-error.ts';
import type { ResultEntry } from '../protocol/protocol.ts';
import { ERROR_RESULT_NAME, ERROR_RESULT_TYPE, readErrorResult } from '../protocol/reserved.ts';
import { type Validation, validate } from '../protocol/validate.ts';
import type { FrameChannel, FrameReceiver } from '../wire/frame-channel.ts';
import { Abandoned } from './abandoned.ts';
import { Liveness } from './liveness.ts';
import type { PendingCommand, UnexpectedResult } from './pending-command.ts';
import { PendingTable } from './pending-table.ts';

/** What a connection tells its client. */
export interface ConnectionEvents {
  lost(error: CmdStreamError): void;
  /** The Ping that was sent last is answered. */
  pong(): void;
  /** The server goes on working on one more Command that nobody waits for. */
  abandoned(): void;
  /** New Commands had better go over another connection. */
  retire(): void;
  /** There is room again: a pending Command settled, or waiting bytes were written. */
  room(): void;
  unexpected(result: UnexpectedResult): void;
}

/** What connections of one sender have in common. */
export interface ConnectionContext {
  readonly resultEntries: readonly ResultEntry[];
  /** How many Results of one Command may wait for an asynchronous schema. */
  readonly maxBufferedResults: number;
}

/** The Results of one Command that wait for an asynchronous schema, in order. */
interface Validating {
  tail: Promise<void>;
  count: number;
  /** The delivery that is being read, and how many waited already when it came: many may arrive at once. */
  delivery: number;
  waitingBefore: number;
}

/**
 * One connection in use: the table of Commands that wait for Results, and the way of a Result to its Command. It lives
 * from the handshake to the loss of its socket; Commands never move to another connection.
 */
export class Connection implements FrameReceiver {
  readonly clientId: number;
  readonly address: string;
  /** Whether the peer reads. */
  readonly liveness: Liveness;
  readonly #channel: FrameChannel;
  readonly #context: ConnectionContext;
  readonly #events: ConnectionEvents;
  readonly #pending = new PendingTable<PendingCommand>();
  /** Only Commands whose Results have an asynchronous schema stand here. */
  readonly #validating = new Map<number, Validating>();
  readonly #abandoned = new Abandoned();

  constructor(
    clientId: number,
    address: string,
    channel: FrameChannel,
    context: ConnectionContext,
    events: ConnectionEvents,
  ) {
    this.clientId = clientId;
    this.address = address;
    this.#channel = channel;
    this.liveness = new Liveness(channel);
    this.#context = context;
    this.#events = events;
  }

  /** Starts reading. What has arrived already is handed over at once, the end of the connection included. */
  open(): void {
    this.#channel.open(this);
  }

  /** How many Commands wait for Results. */
  get pending(): number {
    return this.#pending.size;
  }

  get bufferedBytes(): number {
    return this.#channel.bufferedBytes;
  }

  /** Whether too many bytes wait to be written. */
  get full(): boolean {
    return this.#channel.full;
  }

  /** How many Commands the server works on for nobody. */
  get abandoned(): number {
    return this.#abandoned.count;
  }

  get lastSentMs(): number {
    return this.#channel.lastSentMs;
  }

  get deliveries(): number {
    return this.#channel.deliveries;
  }

  /** @throws CmdStreamError `encode-failed` or `frame-too-large`; nothing is sent then. */
  send(seq: number, pending: PendingCommand): void {
    const { command } = pending;
    const size = this.#channel.send(seq, command.type, command.payload);
    this.#pending.add(seq, pending);
    this.liveness.lastSeq = seq;
    pending.sent(this, seq, size);
  }

  has(seq: number): boolean {
    return this.#pending.has(seq);
  }

  /** Lets go of a Command: its Results, should they come, are unexpected. */
  forget(seq: number): boolean {
    const pending = this.#pending.get(seq);
    if (pending === undefined) return false;
    this.#pending.delete(seq);
    // One that has given no Result may never have begun; of one that has given some, more are to come.
    if (pending.received > 0 && this.#abandoned.add(seq)) this.#events.abandoned();
    this.#events.room();
    return true;
  }

  /** Closes the socket and fails what is pending with what `reason` makes of the name of each Command. */
  dispose(reason: (commandName: string, mayHaveExecuted: boolean) => CmdStreamError): void {
    this.#channel.destroy();
    const { lastFlushedSeq } = this.#channel;
    for (const [seq, pending] of this.#pending.all()) {
      if (this.#pending.delete(seq)) pending.failed(reason(pending.command.name, seq <= lastFlushedSeq));
    }
    this.#validating.clear();
  }

  // ---- FrameReceiver

  frame(seq: number, type: number, value: unknown, size: number): void {
    if (seq >= this.liveness.provingSeq) this.liveness.proved();
    const entry = this.#context.resultEntries[type];
    if (entry === undefined && type !== ERROR_RESULT_TYPE) {
      throw new CmdStreamError(
        'protocol-error',
        `${this.address} sent a Result of type ${type}; the protocol has ${this.#context.resultEntries.length} Result types`,
      );
    }
    const pending = this.#pending.get(seq);
    if (pending === undefined) {
      this.#unexpected(seq, entry, value, size);
    } else if (this.#validating.size === 0 && isPlain(entry, value)) {
      this.#deliver(seq, pending, entry, value, size);
    } else {
      this.#check(seq, pending, entry, value, size);
    }
  }

  partial(): void {
    // A client has few servers; each is read as it sends.
  }

  ping(): void {
    if (this.liveness.receivePong()) this.#events.pong();
  }

  drained(): void {
    this.#events.room();
  }

  lost(error: CmdStreamError | undefined): void {
    const reason = new CmdStreamError('connection-lost', `${this.address} closed the connection`);
    this.#events.lost(error ?? reason);
  }

  // ---- what nobody waits for

  #unexpected(seq: number, entry: ResultEntry | undefined, value: unknown, size: number): void {
    const type = entry?.name ?? ERROR_RESULT_NAME;
    const readable = value instanceof BadPayload ? undefined : value;
    this.#events.unexpected({ seq, clientId: this.clientId, type, value: readable, size });
    if (isLast(entry, value)) this.#abandoned.delete(seq);
    else if (seq <= this.#channel.lastFlushedSeq && this.#abandoned.add(seq)) this.#events.abandoned();
  }

  // ---- the way of a Result

  #deliver(seq: number, pending: PendingCommand, entry: ResultEntry, value: unknown, size: number): void {
    let lastOne: boolean;
    try {
      lastOne = entry.lastOne(value);
    } catch (error) {
      const what = `lastOne of ${entry.name} threw: ${describeError(error)}`;
      this.#fail(seq, pending, new CmdStreamError('result-invalid', what, { cause: error, mayHaveExecuted: true }));
      return;
    }
    if (!lastOne) {
      pending.result(entry, value, size, false);
      return;
    }
    this.#pending.delete(seq);
    pending.result(entry, value, size, true);
    this.#events.room();
  }

  #fail(seq: number, pending: PendingCommand, error: CmdStreamError): void {
    this.#pending.delete(seq);
    pending.failed(error);
    this.#events.room();
  }

  /** The way of a Result that is an error, is not readable, or has a schema. Results of a Command stay in order. */
  #check(seq: number, pending: PendingCommand, entry: ResultEntry | undefined, value: unknown, size: number): void {
    const ahead = this.#validating.get(seq);
    if (ahead === undefined) {
      const waitsFor = this.#checkNow(seq, pending, entry, value, size);
      if (waitsFor === undefined) return;
      const line = { tail: Promise.resolve(), count: 0, delivery: this.deliveries, waitingBefore: 0 };
      this.#queue(seq, line, () => waitsFor);
    } else if (this.#isFull(ahead)) {
      const what = `${pending.command.name}: Results arrive faster than their schema checks them`;
      this.#fail(seq, pending, new CmdStreamError('result-overflow', what, { mayHaveExecuted: true }));
    } else {
      this.#queue(seq, ahead, () => this.#checkNow(seq, pending, entry, value, size));
    }
  }

  #isFull(line: Validating): boolean {
    if (line.delivery !== this.deliveries) {
      line.delivery = this.deliveries;
      line.waitingBefore = line.count;
    }
    return line.waitingBefore >= this.#context.maxBufferedResults;
  }

  #queue(seq: number, line: Validating, task: () => Promise<void> | undefined): void {
    line.count++;
    this.#validating.set(seq, line);
    line.tail = line.tail.then(task).then(() => {
      line.count--;
      if (line.count === 0) this.#validating.delete(seq);
    });
  }

  #checkNow(
    seq: number,
    pending: PendingCommand,
    entry: ResultEntry | undefined,
    value: unknown,
    size: number,
  ): Promise<void> | undefined {
    if (this.#pending.get(seq) !== pending) return;
    const { name } = pending.command;
    if (value instanceof BadPayload) {
      const what = `${name}: the payload of its ${entry?.name ?? 'error'} Result is not readable`;
      this.#fail(seq, pending, invalidResult(`${what}: ${describeError(value.error)}`, value.error));
    } else if (entry === undefined) {
      const { code, message } = readErrorResult(value);
      const mayHaveExecuted = code === 'command-failed';
      this.#fail(seq, pending, new CmdStreamError(code, `${name} at ${this.address}: ${message}`, { mayHaveExecuted }));
    } else {
      return this.#applySchema(seq, pending, entry, value, size);
    }
  }

  #applySchema(
    seq: number,
    pending: PendingCommand,
    entry: ResultEntry,
    value: unknown,
    size: number,
  ): Promise<void> | undefined {
    const { name } = pending.command;
    const { schema } = entry.definition;
    if (schema === undefined) {
      this.#deliver(seq, pending, entry, value, size);
      return;
    }
    const settle = (outcome: Validation) => {
      if (this.#pending.get(seq) !== pending) return;
      if (outcome.refusal === undefined) this.#deliver(seq, pending, entry, outcome.value, size);
      else this.#fail(seq, pending, invalidResult(`${name}: its ${entry.name} Result is refused: ${outcome.refusal}`));
    };
    const refuse = (error: unknown) => settle({ refusal: `its schema threw: ${describeError(error)}` });
    try {
      const outcome = validate(schema, value);
      if (outcome instanceof Promise) return outcome.then(settle, refuse);
      settle(outcome);
    } catch (error) {
      refuse(error);
    }
  }
}

/** Whether a Result that nobody waits for is the last of its Command; one that cannot say so is taken for it. */
function isLast(entry: ResultEntry | undefined, value: unknown): boolean {
  if (entry === undefined || value instanceof BadPayload) return true;
  try {
    return entry.lastOne(value);
  } catch {
    return true;
  }
}

/** Whether a Result needs no check: most do not. */
function isPlain(entry: ResultEntry | undefined, value: unknown): entry is ResultEntry {
  return entry !== undefined && entry.definition.schema === undefined && !(value instanceof BadPayload);
}

function invalidResult(message: string, cause?: unknown): CmdStreamError {
  return new CmdStreamError('result-invalid', message, { cause, mayHaveExecuted: true });
}
