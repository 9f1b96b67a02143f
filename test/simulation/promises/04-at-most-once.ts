import { isDirect, type Past, type Violation } from '../history.ts';

const promise = '4';
/** So long before a call a goodbye may have been sent that is not heard yet. */
const GOODBYE_MS = 1000;

/** A Command is never sent twice by itself, and every error says whether the server may have executed it. */
export function* atMostOnce({ entries, sends, schedule, corrupted, corruption }: Past): Generator<Violation> {
  // Whose they were that were turned away unread, nobody can tell.
  const someTurnedAway = entries.some(({ kind, details }) => kind === 'refused' && details.id === null);
  // Connections of a certain age say goodbye at any time.
  const isAging = schedule.servers.some(({ age }) => age !== null);
  const endingsMs = entries.filter(({ kind }) => kind === 'server.ending').map(({ atMs }) => atMs);
  for (const send of sends.values()) {
    const { id, settled, endings, call, carried } = send;
    const isSpared = !corrupted || corruption.spares(send);
    const executions = send.executions.filter((execution) => !corrupted || corruption.isFact(execution));
    const [, second] = executions;
    if (second !== undefined) {
      yield { promise, id, atMs: second.atMs, message: `send ${id} was executed ${executions.length} times` };
    }
    const [outcome] = settled;
    if (outcome === undefined) continue;
    const { code, mayHaveExecuted, atMs } = outcome;
    const executed = executions.length > 0;
    if (code === 'ok' && !executed && isSpared)
      yield { promise, id, atMs, message: `send ${id} succeeded and was not executed` };
    // That it was refused, the server says; all else, this side.
    if (mayHaveExecuted === false && executed && (isSpared || code !== 'command-invalid')) {
      yield { promise, id, atMs, message: `send ${id} (${code}) was executed; its error said that it was not` };
    }
    // What is too much for a server, or cannot be read by it, was refused before it was executed.
    if (mayHaveExecuted === true && code === 'overloaded' && isSpared) {
      yield {
        promise,
        id,
        atMs,
        message: `send ${id} was refused (${code}); its error said that it may have been executed`,
      };
    }
    // What was turned away is encoded anew; by a goodbye also before it has come.
    const late =
      someTurnedAway || isAging || send.refusals.length > 0
        ? undefined
        : executions.find((execution) => execution.isLate);
    const meetsGoodbye = (endingMs: number) => endingMs > call.atMs - GOODBYE_MS && endingMs <= (late?.atMs ?? 0);
    if (late !== undefined && !endingsMs.some(meetsGoodbye)) {
      yield {
        promise,
        id,
        atMs: late.atMs,
        message: `send ${id} was executed with what its payload became after the call`,
      };
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
    const isExcused = code === 'left' || (isDirect(send) && (code === 'timeout' || code === 'cancelled'));
    if (call.payload === 'foreign' && code !== 'invalid-argument' && !(isExcused && carried === undefined)) {
      yield { promise, id, atMs, message: `send ${id} of another protocol ended with ${code}` };
    }
    if (call.aborted && executed) yield { promise, id, atMs, message: `send ${id} was executed, cancelled before` };
  }
}
