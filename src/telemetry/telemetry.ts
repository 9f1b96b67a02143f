import type { countedEdges, EdgeCounts } from '../base/edge-counts.ts';
import type { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import type { Command } from '../protocol/command.ts';
import type { SentCommand } from '../protocol/sent-command.ts';

/**
 * What watches senders and servers: metrics (`cmd-stream/metrics`), or something of your own. Given to `createSender` and `serve` as
 * `telemetry`; one may watch any number of them. What a method of it throws, or rejects with, becomes a warning of the process and changes
 * nothing else. All of them are called for every send: they must be quick.
 */
export interface Telemetry {
  /** A sender begins. Returns what watches it; nothing where that is of no interest. */
  ofSender?(sender: WatchedSender): SenderTelemetry | undefined;
  /** A server begins. Returns what watches it; nothing where that is of no interest. */
  ofServer?(server: WatchedServer): ServerTelemetry | undefined;
  /** @internal Counts the edges that their charts walk, where it wants them counted. */
  readonly [countedEdges]?: EdgeCounts | undefined;
}

/** How something ended: with its last Result, or by the error that ended it. */
export type Outcome = 'success' | CmdStreamError;

/** A protocol, as those see it who watch. */
export interface WatchedProtocol {
  /** Its name; `undefined` where it has none. */
  readonly name: string | undefined;
  /** The names of its Commands; the index is the type number. */
  readonly commands: readonly string[];
}

// ---- senders

/** A sender, as those see it who watch it. */
export interface WatchedSender {
  /** Its name, as its option says; `undefined` where it has none. */
  readonly name: string | undefined;
  readonly protocol: WatchedProtocol;
  /** Where its servers are, `host:port`, as far as it was told so; none where a function says it. */
  readonly addresses: readonly string[];
  /** How things stand at this moment. */
  now(): SenderFigures;
}

/** How things stand at a sender. */
export interface SenderFigures {
  /** The states of its clients, in order: `ready`, `connecting`, `reconnecting`, ... */
  readonly clients: readonly string[];
  /** Commands that wait for Results. */
  readonly pending: number;
  /** Commands that wait to be sent. */
  readonly waiting: number;
  /** Bytes that wait to be written. */
  readonly bufferedBytes: number;
  /** The state of its circuit breaker; `undefined` where it has none. */
  readonly circuitBreaker: string | undefined;
}

/** A send, as those see it who watch. */
export interface WatchedSend extends SentCommand {
  /** The address of the server that it was sent to, `host:port`; `undefined` while it has not been sent. */
  readonly address: string | undefined;
}

/** What goes along with one send: a span of a trace. */
export interface SendSpan {
  /** Texts that go along with the Command as its metadata; they take the place of texts of the same keys. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** The Command to be sent in place of the caller's: one of the same type, with a trace in its payload. */
  readonly command?: Command | undefined;
  /** Calls what gives the Command to a client, in whatever context that is to run: hooks run in it. */
  run?<Value>(start: () => Value): Value;
  /** The send has ended; called once. */
  ended(send: WatchedSend, outcome: Outcome): void;
}

/** Watches one sender. */
export interface SenderTelemetry {
  /**
   * A send begins; called in the async context of its caller, before its hooks. Returns what goes along with it to its end: a
   * span; nothing where there is none for it. Told of all but those whose arguments are not acceptable.
   */
  sendStarted?(send: WatchedSend): SendSpan | undefined;
  /**
   * A send has ended, whatever became of it; also one that never left, or that was refused before its hooks were asked.
   *
   * @param command - the name of its Command; `undefined` for what is no Command of the protocol.
   * @param durationMs - from the call to the end: of a stream, to the arrival of its last Result.
   */
  sendEnded?(send: WatchedSend | undefined, command: string | undefined, outcome: Outcome, durationMs: number): void;
  /**
   * A client has been connected, or has lost its connection, or has dialled in vain.
   *
   * @param error - why it is not connected; `undefined`: in order, or it is.
   */
  clientChanged?(what: ClientChange, address: string, error: Error | undefined): void;
  /** The sender is closed: nothing more is told of it. */
  closed?(): void;
}

/** What has become of a connection of a client's. */
export type ClientChange = 'connected' | 'disconnected' | 'connect-failed';

// ---- servers

/** A server, as those see it who watch it. */
export interface WatchedServer {
  /** Its name, as its option says; `undefined` where it has none. */
  readonly name: string | undefined;
  readonly protocol: WatchedProtocol;
  /** Where it listens: `127.0.0.1:9000`; `undefined` until it does. */
  readonly address: string | undefined;
  /** The time by its clock: milliseconds since the Unix epoch. */
  nowMs(): number;
  /** How things stand at this moment. */
  now(): ServerFigures;
}

/** How things stand at a server. */
export interface ServerFigures {
  readonly connections: number;
  /** Commands that are being executed. */
  readonly inFlight: number;
  /** About how many bytes of memory its connections hold. */
  readonly heldBytes: number;
}

/** A Command that has arrived, as those see it who watch. */
export interface ArrivedCommand {
  /** Its name; `undefined` where the protocol has none of its type. */
  readonly command: string | undefined;
  /** Its type number on the wire. */
  readonly type: number;
  /** Its sequence number at its client. */
  readonly seq: number;
  /** When it arrived: milliseconds since the Unix epoch. */
  readonly receivedAt: number;
  /** Where its client is: `127.0.0.1:51234`. */
  readonly remoteAddress: string;
  /** Texts that its caller has sent along. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** What goes along with one Command at its server: a span of a trace. */
export interface CommandSpan {
  /** Calls the handler, in whatever context it is to run. */
  run<Value>(call: () => Value): Value;
  /** The Command has come to its end; called once. Its handler may still run. */
  ended(outcome: Outcome, results: number): void;
}

/** Watches one server. */
export interface ServerTelemetry {
  /**
   * A Command has arrived: before its payload is looked at, and also one that is refused. Returns what goes along with it to its end: a
   * span; nothing where there is none for it.
   *
   * @param payload - as it has come, not checked; `undefined` where it was not read.
   */
  commandStarted?(command: ArrivedCommand, payload: unknown): CommandSpan | undefined;
  /**
   * A Command that has arrived has come to its end, whatever became of it; also one that was refused.
   *
   * @param command - its name; `undefined` where the protocol has none of its type.
   * @param results - how many Results were sent; the error Result is none.
   * @param durationMs - from its arrival on.
   */
  commandEnded?(command: string | undefined, outcome: Outcome, results: number, durationMs: number): void;
  /** A connection has been accepted, or has gone before the server wanted it to; `error`: why, where not in order. */
  connectionChanged?(what: 'accepted' | 'lost' | 'refused', error: CmdStreamError | undefined): void;
  /** The server is closed: nothing more is told of it. */
  closed?(): void;
}
