import type { Past, Violation } from '../history.ts';
import { bytesPerMs } from '../world/bounds.ts';

const promise = '9';

/** When faults stop, service resumes by itself within a bound; where there are none, no connection is lost. */
export function* resumes(past: Past): Generator<Violation> {
  const { entries, schedule } = past;
  yield* servesWaiting(past);
  for (const { kind, details, atMs } of entries) {
    if (kind !== 'notResumed') continue;
    const { boundMs, ready, size, state } = details;
    const message = `service has not resumed ${boundMs} ms after the last fault: ${ready} of ${size} clients ready, group ${state}`;
    yield { promise, atMs, message };
  }
  if (!isQuiet(schedule)) return;
  for (const { kind, details, atMs } of entries) {
    if (kind === 'ending') return;
    if (kind === 'client' && (details.state === 'reconnecting' || details.state === 'closed')) {
      yield { promise, atMs, message: `client ${details.client} lost its connection without a fault: ${details.code}` };
      return;
    }
  }
}

/** What is slower is taken for dead: 64 KiB a second. */
const SLOWEST_BYTES_PER_MS = 65.536;

/**
 * Whether nothing in the schedule gives a connection a reason to end: no server at its in-flight limit does, no frame that
 * is too long, no stall of the sender's process (unless a server takes that for silence).
 */
function isQuiet({ network, faults, servers, sender, liar, stalls, meddling }: Past['schedule']): boolean {
  if (bytesPerMs(network) < SLOWEST_BYTES_PER_MS) return false;
  const longestStallMs = Math.max(0, ...stalls.map(({ forMs }) => forMs));
  const fits = servers.every(
    ({ shutdown, errorResults, idleTimeoutMs }) =>
      shutdown === null &&
      errorResults &&
      (idleTimeoutMs === null ||
        (sender.keepalive !== null && idleTimeoutMs > sender.keepalive.timeMs + longestStallMs + 250)),
  );
  const isEnded = meddling?.acts.some((act) => act === 'close' || act === 'drain') ?? false;
  return faults.length === 0 && liar === null && fits && !isEnded && (sender.keepalive?.timeoutMs ?? 1000) > 250;
}

/** A send that waits for a client does not go on waiting once there is one that takes all that comes. */
function* servesWaiting({ entries, sends, schedule, ending }: Past): Generator<Violation> {
  const { maxPending, maxBufferedBytes, hooks } = schedule.sender;
  if (maxPending < 1000 || maxBufferedBytes < 1_000_000 || hooks !== 'watch') return;
  const readyMs = entries.filter(({ kind, details }) => kind === 'client' && details.state === 'ready');
  for (const { id, asked, endings } of sends.values()) {
    const [end] = endings;
    if (asked === undefined || end?.how !== 'timedOut' || end.seq !== 0) continue;
    const came = readyMs.find(({ atMs }) => atMs > asked.atMs && atMs < end.atMs - 0.001);
    if (came === undefined || (ending !== undefined && ending.atMs <= end.atMs)) continue;
    const message = `send ${id} waited until its deadline; ${came.who} was ready at ${came.atMs} ms`;
    yield { promise, id, atMs: end.atMs, message };
  }
}
