import type { DeadlineQueue } from '../base/deadline-queue.ts';
import type { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import type { FairTurn } from '../base/fair-turn.ts';
import type { RefusalPace } from '../base/refusal-pace.ts';
import type { ErrorResult } from '../protocol/reserved.ts';
import type { ServerWatchers } from '../telemetry/watchers.ts';
import type { ServerChannel } from '../wire/frame-channel.ts';
import type { Budget } from './budget.ts';
import type { ConnectionInfo } from './callback-infos.ts';
import type { CommandCredit } from './command-credit.ts';
import type { ResolvedServerOptions } from './options.ts';
import type { Route } from './route.ts';
import type { SendingOrder } from './sending-order.ts';
import type { Welcomes } from './welcomes.ts';

/** Parts that all sessions of a server have in common. */
export interface Service {
  readonly options: ResolvedServerOptions;
  /** What it says to clients that have the wire extension. */
  readonly welcomes: Welcomes;
  /** The bytes by which the server introduces itself. */
  readonly introduction: Uint8Array;
  /** Receiver that the handlers work on. */
  readonly receiver: unknown;
  /** Route of each Command; the index is its type number. */
  readonly routes: readonly Route[];
  readonly turn: FairTurn;
  /** At which what handlers and invokers ask in vain is refused. */
  readonly pace: RefusalPace;
  /** Deadlines of Commands that are being executed. */
  readonly deadlines: DeadlineQueue;
  /** Those who watch the server. */
  readonly watchers: ServerWatchers;
  /** The memory that the connections share. */
  readonly budget: Budget;
}

/** A connection that was accepted, with the channel of frames that was made of it. */
export interface AcceptedConnection {
  readonly info: ConnectionInfo;
  readonly channel: ServerChannel;
}

/** A Command that is answered. */
export interface SettledCommand {
  /** Its sequence number at its client. */
  readonly seq: number;
  /** How many bytes were held for it. */
  readonly heldBytes: number;
}

/** A Command that wants to know when nobody waits for it any more. */
export interface AbandonedCommand {
  /** Nobody waits for its Results any more; told at most once, and not after it is settled. */
  abandoned(reason: CmdStreamError): void;
}

/** Parts of its session that a Command needs while it is being executed. */
export interface ResultPort {
  readonly service: Service;
  /** Info on the connection and its client; made once for all of its Commands. */
  readonly info: ConnectionInfo;
  /** When what was read last arrived (monotonic milliseconds). */
  readonly arrivedMs: number;
  /** Sending order to be asked before anything is sent by code of the user's that may run while a Result is being encoded. */
  readonly order: SendingOrder;
  /** Whether Results can still reach the client. */
  readonly isOpen: boolean;
  /** Whether so much waits for the client that Results should wait as well; `whenRoom` tells when that is over. */
  readonly isFull: boolean;
  /** Whether so much waits that no handler which cared for `isFull` can have caused it. */
  readonly isOverfull: boolean;
  /**
   * Sends a Result, and returns its bytes on the wire.
   * @throws CmdStreamError `encode-failed` or `frame-too-large`.
   */
  send(seq: number, type: number, value: unknown): number;
  /**
   * Sends an error Result, or ends the connection in order where the server is to send none; a client that cannot even
   * be told loses its connection.
   */
  sendError(seq: number, error: ErrorResult): void;
  /** Calls back once there is room, or once there is nothing to wait for. */
  whenRoom(goOn: () => void): void;
  /** What its client lets it send for one Command at first; nothing where that says nothing of it. */
  makeCredit(seq: number): CommandCredit | undefined;
  /** A promise where a handler should wait before it gives more, whatever its Command. */
  room(): Promise<void> | undefined;
  /** Makes a signal that fires when the client can no longer be reached. */
  makeSignal(owner: object): AbortSignal;
  /** Tells a Command that is not settled when nobody waits for it any more. */
  watch(command: AbandonedCommand): void;
  /** The last Result of the Command is sent. */
  succeeded(command: SettledCommand): void;
  /** The Command is answered. */
  settled(command: SettledCommand): void;
  /** The handler of a Command that nobody waits for any more is through. */
  ended(command: SettledCommand): void;
  /** Fires the signal that {@link makeSignal} has made for `owner`, if it has. */
  fireSignal(owner: object, reason: CmdStreamError): void;
  /** A Result that takes about so many bytes is to wait for room; returns whether there is memory for that. */
  resultWaits(bytes: number): boolean;
  /** It waits no longer. */
  resultWent(bytes: number): void;
}
