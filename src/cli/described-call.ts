import { systemClock } from '../base/clock.ts';
import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import { BadPayload } from '../protocol/codec/codec.ts';
import { ERROR_RESULT_TYPE, RESERVED_TYPES } from '../protocol/reserved.ts';
import { failureOf, unreadableResult } from '../sender/client/check-result.ts';
import type { ControlFrame } from '../wire/extension/control-frame.ts';
import { readGoodbye, shuttingDown } from '../wire/extension/goodbye.ts';
import type { Head } from '../wire/extension/head.ts';
import type { DescribedCommand } from './described-service.ts';
import type { DirectConnection, DirectReceiver } from './direct-connection.ts';
import { KeepAlive } from './keep-alive.ts';
import type { Terminal } from './terminal.ts';

/** The number of the one Command; 1 is for frames about the connection. */
const SEQ = 2;
/** Node's timers may be so early. */
const EARLY_MS = 2;

/** What one Command is to be, and where its Results go. */
export interface DescribedCallOptions {
  readonly payload: unknown;
  readonly metadata: Head['metadata'];
  /** Infinity: it has all the time. */
  readonly timeoutMs: number;
  /** So many Results are wanted. */
  readonly count: number;
  /** Fires when no more are wanted. */
  readonly signal: AbortSignal;
  readonly out: Terminal;
}

/** How a call has ended: by its last Result or the wanted number of them, by the signal, or by its time although nobody knows which Result is the last. */
export type EndOfCall = 'done' | 'interrupted' | 'out-of-time';

/** One Command to a server whose protocol is not known: its Results are printed as they come. */
export class DescribedCall implements DirectReceiver {
  /** How many Results have come. */
  received = 0;
  readonly #connection: DirectConnection;
  readonly #command: DescribedCommand;
  readonly #options: DescribedCallOptions;
  readonly #dueMs: number;
  /** Whether the server says when the last Result has come. */
  readonly #ends: boolean;
  #settle: (end: EndOfCall) => void = () => {};
  #fail: (error: CmdStreamError) => void = () => {};
  #isOver = false;
  readonly #keepAlive: KeepAlive;

  constructor(connection: DirectConnection, command: DescribedCommand, options: DescribedCallOptions) {
    this.#connection = connection;
    this.#command = command;
    this.#options = options;
    this.#dueMs = systemClock.monotonicMs() + options.timeoutMs;
    this.#ends = connection.welcome?.ends === true;
    this.#keepAlive = new KeepAlive(connection.channel, () => {
      this.#failWith(
        this.#lost(new CmdStreamError('connection-lost', `${connection.address} does not answer any more`)),
      );
    });
  }

  /**
   * Sends the Command, and resolves once no more Results of it are printed.
   * @throws CmdStreamError that the Command has failed by.
   */
  async run(): Promise<EndOfCall> {
    const { timeoutMs, signal, payload, metadata } = this.#options;
    const { channel, gone } = this.#connection;
    const ended = new Promise<EndOfCall>((resolve, reject) => {
      this.#settle = resolve;
      this.#fail = reject;
    });
    // Should nobody wait for it any more.
    ended.catch(() => {});
    const hasAllTime = timeoutMs === Number.POSITIVE_INFINITY;
    const timer = hasAllTime ? undefined : systemClock.setTimeout(this.#runOut, timeoutMs);
    signal.addEventListener('abort', this.#interrupt);
    try {
      this.#connection.listen(this);
      this.#keepAlive.start();
      void gone.then((error) => this.#fail(this.#lost(error)));
      channel.send(SEQ, this.#command.type, payload, undefined, { leftMs: timeoutMs, metadata });
      return await ended;
    } finally {
      this.#isOver = true;
      this.#keepAlive.stop();
      systemClock.clearTimeout(timer);
      signal.removeEventListener('abort', this.#interrupt);
    }
  }

  // ---- DirectReceiver

  frame(seq: number, type: number, value: unknown): void {
    if (seq !== SEQ || this.#isOver) return;
    const { name } = this.#command;
    const { address, welcome } = this.#connection;
    const result = welcome?.results[type];
    if (type === ERROR_RESULT_TYPE && !(value instanceof BadPayload)) {
      this.#failWith(failureOf({ command: this.#command, received: this.received }, address, value));
    } else if (value instanceof BadPayload) {
      this.#giveUp(unreadableResult(`${name}: the payload of its ${result ?? 'error'} Result`, value));
    } else if (result === undefined) {
      throw new CmdStreamError('protocol-error', `${address} sent a Result of type ${type}, which it has not told of`);
    } else {
      this.#print(result, value);
    }
  }

  control({ seq, type, body }: ControlFrame): void {
    if (type === RESERVED_TYPES.goodbye) {
      const { lastSeq, retryAfterMs } = readGoodbye(body);
      const { address } = this.#connection;
      if (SEQ > lastSeq) this.#failWith(shuttingDown(this.#command.name, address, retryAfterMs));
    } else if (type === RESERVED_TYPES.ended && seq === SEQ && !this.#isOver) {
      // Of what has run out of time the server says so as well.
      if (systemClock.monotonicMs() >= this.#dueMs - EARLY_MS) this.#runOut();
      else if (this.received > 0) this.#end('done');
      else throw new CmdStreamError('protocol-error', `${this.#connection.address} ended a Command without a Result`);
    }
  }

  ping(): void {
    this.#keepAlive.answered();
  }

  // ---- Results

  #print(type: string, value: unknown): void {
    const { out, count } = this.#options;
    const { returns, several } = this.#command;
    out.json(returns?.length === 1 ? value : { type, value });
    this.received++;
    if (this.received >= count) this.#endEarly('done');
    // Where the server says when it is over, that follows.
    else if (several === false && !this.#ends) this.#end('done');
    else this.#letDrain(out.drained());
  }

  /** Reads no more than the reader of the output takes. */
  #letDrain(drained: Promise<void> | undefined): void {
    if (drained === undefined) return;
    const { channel } = this.#connection;
    channel.pause();
    void drained.then(() => channel.resume());
  }

  // ---- the end

  readonly #interrupt = (): void => this.#endEarly('interrupted');

  readonly #runOut = (): void => {
    const { name } = this.#command;
    const { address } = this.#connection;
    if (!this.#ends && this.received > 0 && this.#command.several !== false) {
      this.#endEarly('out-of-time');
      return;
    }
    const what = `${name} at ${address} was not answered ${this.received > 0 ? 'to its end ' : ''}by its deadline (option --timeout)`;
    this.#giveUp(new CmdStreamError('timeout', what, { mayHaveExecuted: true }));
  };

  #lost(error: CmdStreamError | undefined): CmdStreamError {
    const { address } = this.#connection;
    const reason = error?.message ?? `${address} closed the connection`;
    const code = error?.code ?? 'connection-lost';
    return new CmdStreamError(code, `${this.#command.name}: ${reason}`, { cause: error, mayHaveExecuted: true });
  }

  #end(end: EndOfCall): void {
    this.#isOver = true;
    this.#settle(end);
  }

  /** The server goes on: it is told that nobody waits any more. */
  #endEarly(end: EndOfCall): void {
    this.#cancel();
    this.#end(end);
  }

  #failWith(error: CmdStreamError): void {
    this.#isOver = true;
    this.#fail(error);
  }

  #giveUp(error: CmdStreamError): void {
    this.#cancel();
    this.#failWith(error);
  }

  #cancel(): void {
    this.#connection.channel.sendControl(SEQ, RESERVED_TYPES.cancel);
  }
}
