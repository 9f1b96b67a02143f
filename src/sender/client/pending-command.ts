import type { CmdStreamError } from '../../base/errors/cmd-stream-error.ts';
import type { Command } from '../../protocol/command.ts';
import type { ResultEntry } from '../../protocol/protocol.ts';
import type { Metadata } from '../../wire/extension/metadata.ts';
import type { Arrival, Pressure, WhenSlow } from './backlog.ts';
import type { StreamCredit } from './stream-credit.ts';

/** The connection that a Command was given to. */
export interface Carrier extends Arrival {
  readonly clientId: number;
  /** Where the server is. */
  readonly address: string;
  /** Waits no more for the Results of a Command. Returns whether it was pending. */
  forget(seq: number): boolean;
  /**
   * How much waits for the consumer of a stream has changed. From `slow` on nothing need be read for its sake, until it is
   * `none` again or the stream is no longer pending.
   */
  pressed(seq: number, pressure: Pressure): void;
  /**
   * The first of several Results has come. Returns the credit of the stream, which its server waits for; none where that does
   * not, or is not to.
   */
  openCredit(seq: number, whenSlow: WhenSlow): StreamCredit | undefined;
}

/** What goes before a Command where the server has the wire extension. */
export interface PendingHead {
  /** When its caller gives it up (monotonic milliseconds); Infinity: never; `undefined`: as the client's HELLO says. */
  readonly deadlineMs: number | undefined;
  /** How long that is from now on, for one that leaves at once: the clock need not be asked again. */
  readonly leftMs?: number | undefined;
  readonly metadata: Metadata;
}

/** A Command that a client sends, and whom its Results go to. */
export interface PendingCommand {
  readonly command: Command;
  /** What is to be told beside what the client's HELLO has said; `undefined`: nothing. */
  readonly head: PendingHead | undefined;
  readonly whenSlow: WhenSlow;
  /** How many Results it has had. */
  readonly received: number;
  /** Whether it has come to its end: it must not leave any more. Code of the user's that runs before it leaves may end it. */
  readonly settled: boolean;
  /** It has been given to `carrier` under `seq`; `size` is its bytes on the wire. */
  sent(carrier: Carrier, seq: number, size: number): void;
  /**
   * A Result has arrived, and has passed its schema.
   * @param size - its bytes on the wire.
   * @param lastOne - whether it says of itself that it is the last; nothing follows then.
   * @param weight - about how many bytes it takes in memory.
   */
  result(entry: ResultEntry, value: unknown, size: number, lastOne: boolean, weight: number): void;
  /**
   * The server has not executed it and never will, since it is shutting down: another one may. The connection has let go
   * of it; `error` is what it fails with otherwise.
   */
  returned(error: CmdStreamError): void;
  /** Nothing will follow: the connection was lost, the handler failed, the Result is not acceptable. */
  failed(error: CmdStreamError): void;
}

/** A Result that nobody waits for: its request timed out, was cancelled, or has had its last Result already. */
export interface UnexpectedResult {
  /** The sequence number of its Command. */
  readonly seq: number;
  /** The client that received it. */
  readonly clientId: number;
  /** The name of its type; `(error)` for the error Result. */
  readonly type: string;
  /** As it came, unchecked by any schema; `undefined` when its payload was not readable. */
  readonly value: unknown;
  /** Its bytes on the wire. */
  readonly size: number;
}
