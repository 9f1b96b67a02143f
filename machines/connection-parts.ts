// What a connection's machine is made with, is told and tells: its link to the socket, its events, its memory.
import type { AnyActorRef } from 'xstate';

/** The socket side of a connection: what the machine makes happen. */
export interface ConnectionLink {
  /** Its id among the children of its client, and its name in an inspector. */
  readonly id: string;
  /**
   * Takes the connection into use. Tells of its fate; what it returns closes it, fails what is pending, and then tells
   * `connection.closed`.
   */
  take(tell: (event: ConnectionLinkEvent) => void): () => void;
  /** No more Commands may be sent. */
  refuse(): void;
  /** Asks the peer for a sign that it reads. */
  sendPing(): void;
  /** Lets the peer hear something while the answer to the last Ping is awaited still. */
  repeatPing(): void;
  /** For how long the peer has not been seen to read. */
  unprovenMs(): number;
  /** For how long nothing has been sent. */
  sinceSentMs(): number;
  /** How much of `pingTimeoutMs` is left for the Pong, and of the time for all that is under way; not positive: it is late. */
  pongDueInMs(pingTimeoutMs: number): number;
  /** The Pong is late, and so may this process be: the time in which it did not look counts again, once a Ping. */
  excuseLateness(pingTimeoutMs: number): void;
  /** Whether the peer has been seen to read since the last Ping. */
  hasAnswered(): boolean;
  /** Whether no Result is awaited. */
  isSettled(): boolean;
  /** Tells `pending.settled` once no Result is awaited any more, and `late.settled` once `hasLate` says no. */
  awaitSettled(): void;
  /** Whether Results may still come of Commands that were given up before the first; and of no stream that was left. */
  hasLate(): boolean;
  /** Whether new Commands had better go over another connection. */
  isWorn(): boolean;
  /** How long it is until another one may take its place: dials are not to follow each other too closely. */
  renewalDueInMs(): number;
  /** Whether that is to be at once, since there may soon be no room for more Commands. */
  isRenewalUrgent(): boolean;
  /** Whether its address is still one to use. */
  isAddressCurrent(): boolean;
  /** Whether the peer has closed it as it should. */
  endedInOrder(): boolean;
  /** The error of a connection that did not do its part in time. */
  overdueError(part: ConnectionPart): Error;
  /** It did not do its part in time: it is lost by that error. */
  giveUp(part: ConnectionPart, error: Error): void;
}

/** Part that a connection has to do in time: to answer a Ping, or to bring Results from an address that is none any more. */
export type ConnectionPart = 'ping' | 'results';

/** Events of the link for the machine. */
export type ConnectionLinkEvent =
  | { readonly type: 'connection.lost'; readonly error: Error }
  | { readonly type: 'connection.closed' }
  | { readonly type: 'connection.worn' }
  /** The server takes no more Commands: it is shutting down. */
  | { readonly type: 'connection.goodbye'; readonly error: Error }
  | { readonly type: 'pong.received' }
  | { readonly type: 'pending.settled' }
  | { readonly type: 'late.settled' };

/** Events of a connection. */
export type ConnectionEvent =
  | ConnectionLinkEvent
  /** Another takes its place: what is pending comes to its end on it. */
  | { readonly type: 'connection.retire' }
  /** The client is draining, and limits that by itself. */
  | { readonly type: 'connection.drain' };

/** Events of a connection for its client. */
export type ConnectionReport =
  /** It is to be ended: it was lost, for `error`, or it is retired and nothing is pending any more. */
  | {
      readonly type: 'connection.over';
      readonly id: string;
      readonly error: Error | undefined;
      /** Whether the server has closed it as it should. */
      readonly inOrder: boolean;
    }
  /** It takes no more Commands, since its server is shutting down; what is pending comes to its end on it. */
  | { readonly type: 'connection.leaving'; readonly id: string; readonly error: Error }
  /** New Commands had better go over another one. */
  | { readonly type: 'connection.renew' };

/** How long things take, in milliseconds. */
export interface ConnectionTimings {
  /** When the peer has not been seen to read, or nothing has been sent, for so long, a Ping is sent; Infinity: never. */
  readonly keepaliveTimeMs: number;
  /** For the answer to a Ping, beside the time that what is under way takes. */
  readonly pingTimeoutMs: number;
  /** For the Results of what is pending when its address is none to use any more. */
  readonly drainTimeoutMs: number;
  /** For the late Results of Commands that were given up, once another connection has taken its place. */
  readonly lateTimeMs: number;
}

/** Input of a connection. */
export interface ConnectionInput {
  readonly link: ConnectionLink;
  readonly timings: ConnectionTimings;
  readonly parent: AnyActorRef;
}

/** Context of a connection: its memory. */
export interface ConnectionContext extends ConnectionInput {
  /** Why it is over, unless in order. */
  readonly error: Error | undefined;
}
