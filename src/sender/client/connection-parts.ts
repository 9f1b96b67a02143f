import type { Clock } from '../../base/clock.ts';
import type { CmdStreamError } from '../../base/errors/cmd-stream-error.ts';
import type { FairTurn } from '../../base/fair-turn.ts';
import type { ResultEntry } from '../../protocol/protocol.ts';
import type { ResultBounds } from './backlog.ts';
import type { CreditBudget } from './credit-budget.ts';
import type { UnexpectedResult } from './pending-command.ts';

/** Events of a connection for its client. */
export interface ConnectionEvents {
  /** @param inOrder - whether the peer has closed it as it should. */
  lost(error: CmdStreamError, inOrder: boolean): void;
  /** The Ping that was sent last is answered. */
  pong(): void;
  /** The server goes on working on one more Command that nobody waits for. */
  abandoned(): void;
  /** One more Command was given up before its first Result. */
  givenUp(): void;
  /** A late Result has come, for nobody. */
  late(): void;
  /** There is room again: a pending Command settled, or waiting bytes were written. */
  room(): void;
  /** A stream is slow: new Commands had better go over another connection, since this one may have to stop reading. */
  retire(): void;
  unexpected(result: UnexpectedResult): void;
  /** The server takes no more Commands: it is shutting down. */
  goodbye(): void;
}

/** Context that connections of one sender have in common. */
export interface ConnectionContext {
  readonly resultEntries: readonly ResultEntry[];
  /** How many Results of one Command may wait for an asynchronous schema. */
  readonly bounds: ResultBounds;
  /** How much the servers of streams may send that is not taken. */
  readonly credit: CreditBudget;
  /** Turns in which connections are read. */
  readonly turn: FairTurn;
  readonly clock: Clock;
}
