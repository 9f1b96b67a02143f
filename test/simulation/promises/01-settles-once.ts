import { type History, isDirect, isSingle, type Past, type Violation } from '../history.ts';
import type { Schedule } from '../schedule.ts';
import { firesAt } from '../world/bounds.ts';

const promise = '1';

/** Deadlines that are far away share ticks of 10 ms, others those of 1 ms; the timer may be 1 ms late. */
const FINE_TICK_MS = 2.01;
const COARSE_TICK_MS = 11.01;

/** Every send settles exactly once, at the latest at its deadline (plus one timer tick), and at once when cancelled. */
export function* settlesOnce(past: Past): Generator<Violation> {
  for (const send of past.sends.values()) {
    const { id, call, settled, endings, abort } = send;
    const { atMs } = call;
    if (settled.length !== 1) {
      yield { promise, id, atMs, message: `${send.call.method} ${id} settled ${settled.length} times` };
      continue;
    }
    if (endings.length > 1) {
      const ways = endings.map(({ how }) => how).join(', ');
      yield {
        promise,
        id,
        atMs: endings[1]?.atMs ?? atMs,
        message: `send ${id} ended ${endings.length} times: ${ways}`,
      };
    }
    const endMs = endOf(send, past.hooked);
    if (endMs === undefined) continue;
    const late = lateness(send, endMs, past.schedule);
    if (late > 0) {
      yield { promise, id, atMs: endMs, message: `send ${id} ended ${late.toFixed(3)} ms after its deadline` };
    }
    const outcome = past.hooked && !isDirect(send) ? endings[0]?.code : settled[0]?.code;
    if (outcome === 'timeout' && call.timeoutMs !== null && endMs < atMs + call.timeoutMs - 0.001) {
      yield { promise, id, atMs: endMs, message: `send ${id} timed out ${atMs + call.timeoutMs - endMs} ms early` };
    }
    if (abort !== undefined && endMs > Math.max(abort.atMs, atMs) + 0.001) {
      const waited = endMs - abort.atMs;
      yield {
        promise,
        id,
        atMs: endMs,
        message: `send ${id} went on for ${waited.toFixed(3)} ms after it was cancelled`,
      };
    }
  }
  yield* asHooksSay(past);
  yield* asTheGroupSays(past);
}

/** When a send came to its end inside the library: a consumer may take longer to see it. */
function endOf(send: History, hooked: boolean): number | undefined {
  const [ending] = send.endings;
  if (hooked && ending !== undefined) return ending.atMs;
  return isSingle(send) || isDirect(send) ? send.settled[0]?.atMs : undefined;
}

/** What a process that stood still has not read comes before its timers: one turn more, whose timer may be 1 ms late as well. */
const TURN_MS = 2.01;

function lateness({ call }: History, endMs: number, schedule: Schedule): number {
  const { timeoutMs, atMs } = call;
  if (timeoutMs === null) return 0;
  const tick = timeoutMs < 500 ? FINE_TICK_MS : COARSE_TICK_MS;
  const dueMs = atMs + Math.max(timeoutMs, 0);
  // Whichever of its tick's moments falls into a stall.
  const limits = [dueMs, dueMs + tick].map((at) => {
    const firesMs = firesAt(schedule, at);
    // The turn after a stall may fall into the next one.
    return firesMs === at ? at : firesAt(schedule, firesMs + TURN_MS);
  });
  return endMs - Math.max(dueMs + tick, ...limits);
}

/** The group knows of what was sent through it from then until it settles. */
function* asTheGroupSays({ sends }: Past): Generator<Violation> {
  for (const { id, carried, settled } of sends.values()) {
    if (carried === undefined) continue;
    const [end] = settled;
    if (!carried.pending) yield { promise, id, atMs: carried.atMs, message: `the group knows nothing of send ${id}` };
    if (end?.pending === true)
      yield { promise, id, atMs: end.atMs, message: `the group still waits for send ${id}, which has settled` };
  }
}

/** What the caller is told and what the hooks are told is the same; hooks that were asked learn how it ended. */
function* asHooksSay({ sends, hooked, schedule }: Past): Generator<Violation> {
  if (!hooked) return;
  for (const send of sends.values()) {
    const { id, asked, endings } = send;
    const [settled] = send.settled;
    const [ending] = endings;
    if (settled === undefined) continue;
    const { atMs } = settled;
    if (asked === undefined) {
      if (ending !== undefined) yield { promise, id, atMs, message: `hooks of send ${id} were told its end unasked` };
      continue;
    }
    const refused = schedule.sender.hooks === 'refuse' && id % 4 === 0;
    // Their own code may have ended the send before they refused it.
    if (refused && schedule.meddling?.places.includes('hook')) continue;
    if (refused !== (ending === undefined)) {
      const what = refused ? 'that refused were told an end' : 'that were asked were never told the end';
      yield { promise, id, atMs, message: `hooks of send ${id} ${what}` };
      continue;
    }
    if (ending === undefined || !isSingle(send)) continue;
    if (ending.code !== settled.code || ending.atMs !== atMs) {
      const told = `${ending.code} at ${ending.atMs} ms`;
      yield {
        promise,
        id,
        atMs,
        message: `send ${id} settled with ${settled.code} at ${atMs} ms, its hooks heard ${told}`,
      };
    }
  }
}
