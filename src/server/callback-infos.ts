import type { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import type { Peer } from '../wire/transport/peer.ts';
import type { ClientConnection } from './client-connection.ts';

/** A connection, as the server's callbacks see it. */
export interface ConnectionInfo {
  /** Where the client is: `127.0.0.1:51234`. */
  readonly remoteAddress: string;
  /** Identity of the client, the same object for all of its connection. */
  readonly peer: Peer;
  /** The connection, as its handlers see it: `context.connection`. */
  readonly connection: ClientConnection;
}

/** A connection that went before the server wanted it to. */
export interface LostConnectionInfo extends ConnectionInfo {
  /** Why; `undefined` where the client closed it in order. */
  readonly error: CmdStreamError | undefined;
}

/** The Command whose handler failed. */
export interface HandlerErrorInfo extends ConnectionInfo {
  /** The name of the Command in the protocol. */
  readonly command: string;
  /** The Command's sequence number at its client. */
  readonly seq: number;
  /** Id that the client was told in place of the message, so that a report of its user's is found in the log. */
  readonly errorId: string | undefined;
}

/** A Command that came to its end. */
export interface CommandDoneInfo extends ConnectionInfo {
  /** The name of the Command in the protocol; `undefined` where the protocol has none of its type. */
  readonly command: string | undefined;
  /** Its type number on the wire. */
  readonly type: number;
  /** The Command's sequence number at its client. */
  readonly seq: number;
}

/**
 * How a Command ended: its last Result was sent, or the error that ended it. `command-failed` (the handler, validator or
 * invoker threw, as `cause`), `command-invalid` (the payload was refused, or the type is not known), `overloaded` (there was
 * no room for it to wait), `connection-lost` and `closed` (nobody waited for it any more, or it came when the server was
 * closing).
 */
export type CommandOutcome = 'success' | CmdStreamError;
