import { CmdStreamError } from '../../base/errors/cmd-stream-error.ts';
import { isThenable } from '../../base/thenable.ts';
import { BadPayload } from '../../protocol/codec/codec.ts';
import type { ResultEntry } from '../../protocol/protocol.ts';
import type { Validation } from '../../protocol/validate.ts';
import type { Cover, ResultBounds } from './backlog.ts';
import { applySchema, failureOf, invalidResult, unreadableResult } from './check-result.ts';
import type { Carrier, PendingCommand } from './pending-command.ts';
import { type OnPressure, SchemaLines } from './schema-lines.ts';

/** Cost of a Result: its bytes on the wire, and about how many of memory. */
export interface ResultCost {
  readonly size: number;
  readonly weight: number;
}

/** The connection whose Results are checked. */
export interface CheckedConnection {
  readonly carrier: Carrier;
  /** Whether a Command still waits under this sequence number. */
  isPending(seq: number, pending: PendingCommand): boolean;
  /** Hands over a Result that has passed. */
  deliver(seq: number, pending: PendingCommand, entry: ResultEntry, value: unknown, cost: ResultCost): void;
  fail(seq: number, pending: PendingCommand, error: CmdStreamError): void;
  /** The server has not executed a Command, since it is shutting down. */
  turnAway(seq: number, pending: PendingCommand, error: CmdStreamError): void;
}

/** The way of Results that are errors, are not readable, or have a schema. Results of a Command stay in order. */
export class ResultChecks {
  readonly #connection: CheckedConnection;
  /** Only Commands whose Results have an asynchronous schema stand here. */
  readonly #lines: SchemaLines;

  /** @param cover - what the server is granted at most for a stream; none where it waits for nothing. */
  constructor(connection: CheckedConnection, bounds: ResultBounds, cover: Cover | undefined, onPressure: OnPressure) {
    this.#connection = connection;
    this.#lines = new SchemaLines(bounds, cover, onPressure);
  }

  /** Whether a Result of this Command must wait for one before it. */
  isWaiting(seq: number): boolean {
    return this.#lines.has(seq);
  }

  check(seq: number, pending: PendingCommand, entry: ResultEntry | undefined, value: unknown, cost: ResultCost): void {
    const { whenSlow } = pending;
    const { carrier } = this.#connection;
    const why = this.#lines.refusal(seq, carrier, whenSlow);
    if (why !== undefined) {
      const what = `${pending.command.name}: Results arrive faster than their schema checks them: ${why}`;
      this.#connection.fail(seq, pending, new CmdStreamError('result-overflow', what, { mayHaveExecuted: true }));
    } else if (this.#lines.has(seq)) {
      const check = () => this.#checkNow(seq, pending, entry, value, cost);
      this.#lines.add(seq, cost.weight, carrier.deliveries, whenSlow, check);
    } else {
      const checking = this.#checkNow(seq, pending, entry, value, cost);
      if (checking !== undefined) this.#lines.add(seq, cost.weight, carrier.deliveries, whenSlow, () => checking);
    }
  }

  /** Drops what waits for a Command that is over. */
  drop(seq: number): void {
    this.#lines.drop(seq);
  }

  /** Drops all that waits. */
  clear(): void {
    this.#lines.clear();
  }

  #checkNow(
    seq: number,
    pending: PendingCommand,
    entry: ResultEntry | undefined,
    value: unknown,
    cost: ResultCost,
  ): Promise<void> | undefined {
    const connection = this.#connection;
    if (!connection.isPending(seq, pending)) return;
    const { name } = pending.command;
    if (value instanceof BadPayload) {
      const what = `${name}: the payload of its ${entry?.name ?? 'error'} Result`;
      connection.fail(seq, pending, unreadableResult(what, value));
    } else if (entry === undefined) {
      const error = failureOf(pending, connection.carrier.address, value);
      if (error.code === 'closed' && !error.mayHaveExecuted) connection.turnAway(seq, pending, error);
      else connection.fail(seq, pending, error);
    } else {
      return this.#applySchema(seq, pending, entry, value, cost);
    }
  }

  #applySchema(
    seq: number,
    pending: PendingCommand,
    entry: ResultEntry,
    value: unknown,
    cost: ResultCost,
  ): Promise<void> | undefined {
    const connection = this.#connection;
    const { name } = pending.command;
    const { schema } = entry.definition;
    if (schema === undefined) {
      connection.deliver(seq, pending, entry, value, cost);
      return;
    }
    const settle = (outcome: Validation) => {
      if (!connection.isPending(seq, pending)) return;
      if (outcome.refusal === undefined) connection.deliver(seq, pending, entry, outcome.value, cost);
      else {
        const what = `${name}: its ${entry.name} Result is refused: ${outcome.refusal}`;
        connection.fail(seq, pending, invalidResult(what));
      }
    };
    const outcome = applySchema(schema, value);
    if (isThenable(outcome)) return outcome.then(settle);
    settle(outcome);
  }
}
