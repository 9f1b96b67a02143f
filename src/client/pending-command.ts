import type { CmdStreamError } from '../errors/cmd-stream-error.ts';
import type { Command } from '../protocol/command.ts';
import type { ResultEntry } from '../protocol/protocol.ts';
import type { Connection } from './connection.ts';

/** A Command that a client sends, and whom its Results go to. */
export interface PendingCommand {
  readonly command: Command;
  /** It has been given to `connection` under `seq`; `size` is its bytes on the wire. */
  sent(connection: Connection, seq: number, size: number): void;
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
  /** The name of its type. */
  readonly type: string;
  readonly value: unknown;
  /** Its bytes on the wire. */
  readonly size: number;
}
