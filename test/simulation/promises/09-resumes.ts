import { isSingle, type Past, type Violation } from '../history.ts';
import { bytesPerMs, firesAt, tripMs } from '../world/bounds.ts';

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
  yield* leavesNoWork(past);
  if (!isQuiet(schedule)) return;
  yield* readsBeforeJudging(past);
  for (const { kind, details, atMs } of entries) {
    if (kind === 'ending') return;
    if (kind === 'notStarted') yield { promise, atMs, message: `the sender did not start: ${details.code}` };
    if (kind === 'client' && (details.state === 'reconnecting' || details.state === 'closed')) {
      yield { promise, atMs, message: `client ${details.client} lost its connection without a fault: ${details.code}` };
      return;
    }
  }
}

/** A server learns that nobody waits for a Command any more: its connection is replaced once it is idle. */
function* leavesNoWork({ entries, schedule }: Past): Generator<Violation> {
  if (schedule.faults.length > 0 || schedule.liar !== null) return;
  // A server that cannot be told: a few that never answer are no reason for another connection.
  const canHang = schedule.servers.some(({ goClients }) => goClients);
  const hanging = canHang && schedule.sends.some(({ style }) => style === 'hang') ? 7 : 0;
  for (const { kind, details, atMs } of entries) {
    if (kind !== 'idle' || Number(details.handlers) <= hanging) continue;
    yield { promise, atMs, message: `${details.handlers} handlers go on although nobody waits for them` };
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
    ({ shutdown, goClients, idleTimeoutMs }) =>
      shutdown === null &&
      !goClients &&
      (idleTimeoutMs === null ||
        (sender.keepalive !== null && idleTimeoutMs > sender.keepalive.timeMs + longestStallMs + 250)),
  );
  const isEnded = meddling?.acts.some((act) => act === 'close' || act === 'drain') ?? false;
  return faults.length === 0 && liar === null && fits && !isEnded && (sender.keepalive?.timeoutMs ?? 1000) > 250;
}

/** A process that stood still reads what lies there before it says that nothing has come in time. */
function* readsBeforeJudging({ entries, sends, schedule }: Past): Generator<Violation> {
  // A connection that is not read for the sake of a slow stream, or a slow schema, is another matter.
  const isPaused = entries.some(({ kind, details }) => kind === 'socket.end' && details.paused === true);
  // Of what is read by nobody, a small window holds the rest back.
  if (isPaused || schedule.stalls.length === 0 || schedule.network.windowBytes < 8192) return;
  for (const { kind, details, atMs } of entries) {
    if (kind !== 'handled') continue;
    const send = sends.get(Number(details.id));
    const end = send?.endings[0] ?? send?.settled[0];
    if (send === undefined || end?.code !== 'timeout' || send.call.timeoutMs === null || !isSingle(send)) continue;
    if (send.call.command !== 'Do' && send.call.command !== 'Either') continue;
    const dueMs = send.call.atMs + send.call.timeoutMs;
    // Its answer had come in time, and long after the end of the stall it has not been looked at.
    const cameMs = atMs + tripMs(schedule);
    if (cameMs >= dueMs || firesAt(schedule, dueMs) - dueMs < LATE_MS || !FAST.includes(send.call.style ?? ''))
      continue;
    if (answerBytesBeside(send.call.atMs, dueMs, sends) > schedule.network.windowBytes) continue;
    yield { promise, id: send.id, atMs: end.atMs, message: `send ${send.id} timed out; its answer lay there` };
  }
}

/** What the answers to all that is under way between two times weigh at most: what the window does not take lies elsewhere. */
function answerBytesBeside(fromMs: number, toMs: number, sends: Past['sends']): number {
  let bytes = 0;
  for (const { call, endings, settled } of sends.values()) {
    const endMs = (endings[0] ?? settled[0])?.atMs ?? Number.POSITIVE_INFINITY;
    if (call.atMs <= toMs && endMs >= fromMs) bytes += call.count * (call.padBytes + 64);
  }
  return bytes;
}

/** What a handler that answers at once does. */
const FAST: readonly string[] = ['now', 'later'];
/** A timer that fires so much after its time is late. */
const LATE_MS = 3;

/** A send that waits for a client does not go on waiting once there is one that takes all that comes. */
function* servesWaiting({ entries, sends, schedule, ending }: Past): Generator<Violation> {
  const { maxInFlightCommands, maxBufferedBytes, hooks } = schedule.sender;
  if (maxInFlightCommands < 1000 || maxBufferedBytes < 1_000_000 || hooks !== 'watch') return;
  const readyMs = entries.filter(({ kind, details }) => kind === 'client' && details.state === 'ready');
  for (const { id, asked, endings, refusals } of sends.values()) {
    const [end] = endings;
    // One that a server has turned away did not wait all the while.
    if (asked === undefined || end?.how !== 'timedOut' || end.seq !== 0 || refusals.length > 0) continue;
    const came = readyMs.find(({ atMs }) => atMs > asked.atMs && atMs < end.atMs - 0.001);
    if (came === undefined || (ending !== undefined && ending.atMs <= end.atMs)) continue;
    const message = `send ${id} waited until its deadline; ${came.who} was ready at ${came.atMs} ms`;
    yield { promise, id, atMs: end.atMs, message };
  }
}
