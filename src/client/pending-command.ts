import type { CmdStreamError } from '../errors/cmd-stream-error.ts';
import type { Command } from '../protocol/command.ts';
import type { ResultEntry } from '../protocol/protocol.ts';

/** The connection that a Command was given to. */
export interface Carrier {
  readonly clientId: number;
  /** Where the server is. */
  readonly address: string;
  /** How many times bytes have arrived; the same for all Results that arrived together. */
  readonly deliveries: number;
  /** Waits no more for the Results of a Command. Returns whether it was pending. */
  forget(seq: number): boolean;
}

/** A Command that a client sends, and whom its Results go to. */
export interface PendingCommand {
  readonly command: Command;
  /** How many Results have come for it. */
  readonly received: number;
  /** It has been given to `carrier` under `seq`; `size` is its bytes on the wire. */
  sent(carrier: Carrier, seq: number, size: number): void;
  /**
   * A Result has arrived, and has passed its schema.
   * @param lastOne - whether it says of itself that it is the last; nothing follows then.
   */
  result(entry: ResultEntry, value: unknown, size: number, lastOne: boolean): void;
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
