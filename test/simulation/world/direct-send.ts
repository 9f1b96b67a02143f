import { type ClientGroup, CmdStreamError, type Command, type GroupTicket } from '../../../src/index.ts';
import type { EventLog } from '../../../src/testing.ts';

/** A signal that several sends share. */
export interface Cancelling {
  readonly controller: AbortController;
  /** What forgets the sends that go past the sender. */
  readonly cancels: (() => void)[];
}

/** A send that goes past the sender. */
export interface DirectSend {
  readonly id: number;
  readonly command: Command;
  /** Not a number: none. */
  readonly deadline: number | Date | null;
  /** Who may have it forgotten. */
  readonly cancelling: Cancelling | undefined;
  /** After how many Results it is forgotten; not a number: never. */
  readonly leaveAfter: number | null;
  /** The names of the Results that the Command has. */
  readonly results: readonly string[];
  /** Takes each Result. */
  readonly take: (value: unknown) => void;
}

/**
 * Sends through the group itself: no hooks, no circuit breaker, nowhere to wait; Results come by callbacks. Logs
 * `carried` with the place that its ticket names, and `settled` whenever it is told an end: more than once, should that
 * happen. Resolves at the first.
 */
export function sendDirectly(group: ClientGroup, send: DirectSend, log: EventLog): Promise<void> {
  const { id, command, deadline, cancelling, leaveAfter, results, take } = send;
  return new Promise((resolve) => {
    let ticket: GroupTicket | undefined;
    let taken = 0;
    const isCancelled = () => cancelling?.controller.signal.aborted === true;
    const isPending = () => ticket !== undefined && group.has(ticket.seq, ticket.clientId);
    const settled = (code: string, mayHaveExecuted: boolean | null) => {
      log.add('settled', 'caller', { id, code, mayHaveExecuted, pending: isPending() });
      resolve();
    };
    const forget = (code: string) => {
      if (ticket !== undefined && group.forget(ticket.seq, ticket.clientId)) settled(code, true);
    };
    if (isCancelled()) {
      settled('cancelled', false);
      return;
    }
    const receiver = {
      result: (result: { readonly type: string; readonly value: unknown; readonly last: boolean }) => {
        // Which Results a Command has is for those to know who send past the sender.
        if (!results.includes(result.type)) {
          if (result.last) settled('result-invalid', true);
          else forget('result-invalid');
          return;
        }
        take(result);
        if (result.last) settled('ok', null);
        else if (++taken === leaveAfter) forget('left');
      },
      failed: ({ code, mayHaveExecuted }: CmdStreamError) => settled(code, mayHaveExecuted),
    };
    try {
      ticket = deadline === null ? group.send(command, receiver) : group.sendWithDeadline(command, deadline, receiver);
      log.add('carried', 'caller', { id, seq: ticket.seq, client: ticket.clientId, pending: isPending() });
      cancelling?.cancels.push(() => forget('cancelled'));
      // Encoding it may have run code that cancelled it.
      if (isCancelled()) forget('cancelled');
    } catch (error) {
      if (error instanceof CmdStreamError) settled(error.code, error.mayHaveExecuted);
      else settled(`not an error of the library's: ${String(error)}`, null);
    }
  });
}
