// What a client machine is made of and talks to: its link to the network, its events, its timings, its memory.
import type { AnyActorRef } from 'xstate';
import type { ConnectionLink, ConnectionReport, ConnectionTimings } from './connection.ts';

/** Phase of a client, as its group and its user see it. */
export type ClientPhase = 'connecting' | 'ready' | 'reconnecting' | 'draining' | 'closed';

/** The network side of a client: what the machine makes happen. */
export interface ClientLink {
  /** Dials, does TLS, and checks the ServerInfo. */
  connect(signal: AbortSignal): Promise<ConnectionLink>;
  /** Whether the address that is being dialled is still one to use. */
  isDialCurrent(): boolean;
  /** Whether the address of the connection that takes Commands is still one to use. */
  isAddressCurrent(): boolean;
  /**
   * Whether the address where this client belongs is another one than that of its newest connection, which may not have
   * been taken into use yet.
   */
  isAway(connectionId: string | undefined): boolean;
  /** Whether it may try to go there now: that address is not known to be down, and no other client of the group is going. */
  mayGoHome(): boolean;
  /**
   * Whether a client that was sent away not long ago, and is sent away again, had better dial at once: there is an address that
   * is not known to be down, or the last connection has lived for `forMs`.
   */
  isWorthMoving(forMs: number): boolean;
  /** Whether there is an address that it has not tried since its last connection. */
  hasUntriedAddress(): boolean;
  /** How much longer a handshake may take whose timeout has just fired: as long as it fired late, since nobody looked. */
  handshakeGraceMs(): number;
  /**
   * How long it is until this client has its turn among those of its group, which take turns of `turnMs` while none of them
   * is connected; Infinity while one is. `share`, within [0, 1), is the place within the turn.
   */
  turnInMs(share: number, turnMs: number): number;
  /** Whether another service has been found at every address: to dial again soon is of no use. */
  isOtherService(): boolean;
  /** The error of a handshake that takes too long. */
  overdueError(): Error;
  /** The dial that is under way has come to nothing: another address is to have its turn. */
  giveUpDial(): void;
}

/** Events of a client. */
export type ClientEvent =
  | ConnectionReport
  /** A dial is through. */
  | { readonly type: `xstate.done.actor.${string}`; readonly output: ConnectionLink }
  | { readonly type: 'dial.overdue'; readonly error: Error }
  | { readonly type: 'addresses.changed' }
  /** Another client of the group has come through: the service is there again. */
  | { readonly type: 'client.hurry' }
  | { readonly type: 'client.drain'; readonly timeoutMs: number }
  | { readonly type: 'client.close' };

/** Event that a client sends its group whenever its phase changes; that it is closed, its end tells by itself. */
export interface ClientChanged {
  readonly type: 'client.changed';
  readonly id: number;
  readonly phase: Exclude<ClientPhase, 'closed'>;
  readonly error: Error | undefined;
}

/** Output that a client leaves behind when it is closed. */
export interface ClientOutput {
  readonly id: number;
  /** Why it was closed, where it was not asked to. */
  readonly error: Error | undefined;
}

/** How long things take, in milliseconds, and how waits grow. */
export interface ClientTimings extends ConnectionTimings {
  /** For dial, TLS and ServerInfo together. */
  readonly handshakeTimeoutMs: number;
  /** The bound of the first wait before dialling again; the wait itself is random below it. */
  readonly backoffInitialMs: number;
  /** The bound that waits grow to. */
  readonly backoffMaxMs: number;
  /** By how much the bound grows with each attempt. */
  readonly backoffFactor: number;
  /** A connection that has lived so long sets the waits back to the first. */
  readonly backoffResetMs: number;
}

/** Input of a client. */
export interface ClientInput {
  readonly id: number;
  readonly link: ClientLink;
  readonly timings: ClientTimings;
  /** Whether a lost connection is opened again. */
  readonly reconnect: boolean;
  /** Random numbers within [0, 1), for the jitter of waits. */
  readonly random: () => number;
  /** How many connections may be retired at a time, beside the one in use; 8 where nothing is said. */
  readonly maxRetired?: number | undefined;
  /** Actor that is told of changes; undefined where a client stands alone. */
  readonly parent?: AnyActorRef | undefined;
}

/** Context of a client: its memory. */
export interface ClientContext extends ClientInput {
  /** Dials since the last connection that lived long enough. */
  readonly attempt: number;
  /** The wait before the next dial. */
  readonly delayMs: number;
  /** Whether a wait was cut short because another client came through: once for each connection that lives. */
  readonly hurried: boolean;
  /** How long Results may still take when draining. */
  readonly drainTimeoutMs: number;
  /** Why the last connection, or attempt, ended. */
  readonly error: Error | undefined;
  /** The connections that are not over, the newest last. In `connected` that is the one that takes Commands. */
  readonly connections: readonly string[];
  /** Dials in vain for another connection beside the one in use. */
  readonly renewals: number;
}
