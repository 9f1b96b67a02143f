import { type Past, type Violation, wasTurnedAway } from '../history.ts';
import { firesAt } from '../world/bounds.ts';

const promise = '5';
/** One timer tick. */
const TICK_MS = 1.01;
/** How long a server may take for its goodbyes beyond what it was given. */
const GOODBYE_MS = 1000 + TICK_MS;

/** After `close()` nothing is left: no timer, no socket, no pending send; closing is always bounded in time. */
export function* nothingLeft(past: Past): Generator<Violation> {
  const { entries, sends, run, ending, schedule, corrupted } = past;
  if (run.failure !== undefined)
    yield { promise, atMs: run.durationMs, message: `the run did not end: ${run.failure}` };
  let endedMs: number | undefined;
  const servers = new Map<string, { readonly atMs: number; readonly atMost: number }>();
  for (const { kind, who, details, atMs } of entries) {
    if (kind === 'ended.sender' || kind === 'notStarted') {
      endedMs = atMs;
      for (const what of ['timers', 'dialling', 'open'] as const) {
        if (details[what] !== 0)
          yield { promise, atMs, message: `the closed sender has left: ${what} ${details[what]}` };
      }
      if (kind === 'ended.sender' && details.state !== 'closed') {
        yield { promise, atMs, message: `the sender is ${details.state} after its end` };
      }
    } else if (kind === 'server.ending') {
      servers.set(who, { atMs, atMost: servers.get(who)?.atMost ?? Number(details.atMost) });
    } else if (kind === 'server.ended') {
      const began = servers.get(who);
      if (began !== undefined && atMs > began.atMs + began.atMost + GOODBYE_MS) {
        yield { promise, atMs, message: `the server ${who} took ${(atMs - began.atMs).toFixed(3)} ms for its end` };
      }
      servers.delete(who);
      if (details.connections !== 0) yield { promise, atMs, message: `the closed server ${who} has connections` };
    } else if (kind === 'left' && (details.timers !== 0 || details.connections !== 0 || details.handlers !== 0)) {
      yield { promise, atMs, message: `at the end there is left: ${JSON.stringify(details)}` };
    }
  }
  for (const [who, { atMs }] of servers) {
    if (run.failure === undefined) yield { promise, atMs, message: `the server ${who} never came to its end` };
  }
  if (ending === undefined || endedMs === undefined) return;
  const atMost = Number(entries[ending.index]?.details.atMost);
  if (endedMs > firesAt(schedule, ending.atMs + atMost) + TICK_MS) {
    yield { promise, atMs: endedMs, message: `closing took ${(endedMs - ending.atMs).toFixed(3)} ms of ${atMost} ms` };
  }
  for (const send of sends.values()) {
    const { id, call, asked, endings, carried, settled } = send;
    const end = endings[0] ?? (carried && settled[0] && { ...settled[0], seq: carried.seq });
    // A client to whom a server seems to be another one, for changed bytes, is closed for good.
    if (
      !corrupted &&
      !wasTurnedAway(send, past) &&
      end?.code === 'closed' &&
      end.seq > 0 &&
      end.atMs < ending.atMs + atMost - TICK_MS
    ) {
      const early = (ending.atMs + atMost - end.atMs).toFixed(3);
      yield { promise, id, atMs: end.atMs, message: `send ${id} was cut off ${early} ms before draining had to end` };
    }
    if ((asked ?? carried) === undefined || end === undefined || call.atMs > endedMs || end.atMs <= endedMs + TICK_MS)
      continue;
    yield { promise, id, atMs: end.atMs, message: `send ${id} was pending after the end of its sender` };
  }
}
