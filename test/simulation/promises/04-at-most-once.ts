import { isDirect, type Past, type Violation } from '../history.ts';

const promise = '4';

/** A Command is never sent twice by itself, and every error says whether the server may have executed it. */
export function* atMostOnce({ sends, corrupted }: Past): Generator<Violation> {
  if (corrupted) return;
  for (const send of sends.values()) {
    const { id, executions, settled, endings, call, carried } = send;
    const [, second] = executions;
    if (second !== undefined) {
      yield { promise, id, atMs: second.atMs, message: `send ${id} was executed ${executions.length} times` };
    }
    const [outcome] = settled;
    if (outcome === undefined) continue;
    const { code, mayHaveExecuted, atMs } = outcome;
    const executed = executions.length > 0;
    if (code === 'ok' && !executed) yield { promise, id, atMs, message: `send ${id} succeeded and was not executed` };
    if (mayHaveExecuted === false && executed) {
      yield { promise, id, atMs, message: `send ${id} (${code}) was executed; its error said that it was not` };
    }
    const [ending] = endings;
    const saysMaybe = isDirect(send) ? carried === undefined && mayHaveExecuted === true : ending?.mayHaveExecuted;
    if (saysMaybe === true && (ending?.seq ?? 0) === 0) {
      yield {
        promise,
        id,
        atMs,
        message: `send ${id} (${code}) never left; its error said that it may have been executed`,
      };
    }
    // Past the sender, a deadline or a signal that has come already is looked at first.
    const isSpared = code === 'left' || (isDirect(send) && (code === 'timeout' || code === 'cancelled'));
    if (call.payload === 'foreign' && code !== 'invalid-argument' && !(isSpared && carried === undefined)) {
      yield { promise, id, atMs, message: `send ${id} of another protocol ended with ${code}` };
    }
    if (call.aborted && executed) yield { promise, id, atMs, message: `send ${id} was executed, cancelled before` };
  }
}
