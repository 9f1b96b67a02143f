import { CmdStreamError, type Command, type Group, type GroupTicket } from '../../../src/index.ts';
import type { EventLog } from '../../../src/testing.ts';

/** A send that goes past the sender. */
export interface DirectSend {
  readonly id: number;
  readonly command: Command;
  /** Not a number: none. */
  readonly deadline: number | Date | null;
  /** What forgets it. */
  readonly signal: AbortSignal | undefined;
  /** After how many Results it is forgotten; not a number: never. */
  readonly leaveAfter: number | null;
  /** Takes each Result. */
  readonly take: (value: unknown) => void;
}

/**
 * Sends through the group itself: no hooks, no circuit breaker, nowhere to wait; Results come by callbacks. Logs
 * `carried` with the place that its ticket names, and `settled` whenever it is told an end: more than once, should that
 * happen. Resolves at the first.
 */
export function sendDirectly(group: Group, send: DirectSend, log: EventLog): Promise<void> {
  const { id, command, deadline, signal, leaveAfter, take } = send;
  return new Promise((resolve) => {
    let ticket: GroupTicket | undefined;
    let taken = 0;
    const isPending = () => ticket !== undefined && group.has(ticket.seq, ticket.clientId);
    const settled = (code: string, mayHaveExecuted: boolean | null) => {
      signal?.removeEventListener('abort', cancel);
      log.add('settled', 'caller', { id, code, mayHaveExecuted, pending: isPending() });
      resolve();
    };
    const forget = (code: string) => {
      if (ticket !== undefined && group.forget(ticket.seq, ticket.clientId)) settled(code, true);
    };
    const cancel = () => forget('cancelled');
    if (signal?.aborted === true) {
      settled('cancelled', false);
      return;
    }
    const receiver = {
      result: (result: { readonly value: unknown; readonly last: boolean }) => {
        take(result);
        if (result.last) settled('ok', null);
        else if (++taken === leaveAfter) forget('left');
      },
      failed: ({ code, mayHaveExecuted }: CmdStreamError) => settled(code, mayHaveExecuted),
    };
    try {
      ticket = deadline === null ? group.send(command, receiver) : group.sendWithDeadline(command, deadline, receiver);
      log.add('carried', 'caller', { id, seq: ticket.seq, client: ticket.clientId, pending: isPending() });
      signal?.addEventListener('abort', cancel);
    } catch (error) {
      if (error instanceof CmdStreamError) settled(error.code, error.mayHaveExecuted);
      else settled(`not an error of the library's: ${String(error)}`, null);
    }
  });
}
