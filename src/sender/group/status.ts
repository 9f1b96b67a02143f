import type { ClientPhase } from '../../../machines/client.ts';

/** State of a group. */
export type GroupState = 'starting' | 'ready' | 'degraded' | 'unavailable' | 'draining' | 'closing' | 'closed';

/** Status of one client of a group. */
export interface ClientStatus {
  readonly type: 'client';
  /** 0 for the first client, 1 for the second, ... */
  readonly id: number;
  readonly state: ClientPhase;
  /** The address of its connection, or of its last attempt; empty before the first. */
  readonly address: string;
  /** Dials since the last connection that lived. */
  readonly attempt: number;
  /** The wait before the next dial, while reconnecting, in milliseconds. */
  readonly delayMs: number;
  /** Why its last connection or attempt ended. */
  readonly error: Error | undefined;
}

/** Status of a group: its own state, and its clients'. */
export interface GroupStatus {
  readonly type: 'group';
  /** The name of the sender, as its option says; `undefined` where it has none. */
  readonly name: string | undefined;
  readonly state: GroupState;
  /** How many clients are ready. */
  readonly ready: number;
  /** How many clients there are. */
  readonly size: number;
  readonly clients: readonly ClientStatus[];
  /** Why the last client that is not ready is not. */
  readonly error: Error | undefined;
}
