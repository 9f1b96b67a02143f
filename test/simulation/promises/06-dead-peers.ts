import type { Past, Violation } from '../history.ts';
import { backoffModel } from '../models/backoff.ts';
import { stalledMs, tripMs } from '../world/bounds.ts';

const promise = '6';
const SLOWEST_BYTES_PER_SECOND = 64 * 1024;

/** A dead peer is found within keepalive time and ping timeout, and the time of what is under way. Dials during an outage stay inside the backoff envelope. */
export function* deadPeers(past: Past): Generator<Violation> {
  yield* silences(past);
  yield* deafness(past);
  // Whose timers fire late counts other attempts than the model.
  if (past.schedule.stalls.length === 0) yield* backoffModel(past);
}

function* silences({ entries, schedule }: Past): Generator<Violation> {
  const { keepalive, handshakeTimeoutMs } = schedule.sender;
  if (keepalive === null) return;
  // A client that does not read for the sake of slow consumers, one after the other, hears nothing until they have caught up.
  const catchUpMs = schedule.sends
    .map(({ times, count, consumeMs, napMs }) => times * (Math.min(count, 20) * consumeMs + napMs))
    .reduce((sum, each) => sum + each, 0);
  for (const { kind, details, atMs, who } of entries) {
    if (kind !== 'socket.end') continue;
    const { silentMs, sinceMs, openedMs, paused, bytes, address } = details as unknown as SocketEnd;
    // One turn more is for what a busy process has not read, another for the look whether a Result has come meanwhile.
    let boundMs = keepalive.timeMs + keepalive.timeoutMs + 3.01;
    if (paused && schedule.sender.whenSlow === 'pause') boundMs += catchUpMs;
    // What is under way gets its time; what waits to be sent, the time in which it is taken.
    boundMs += (bytes * 1000) / SLOWEST_BYTES_PER_SECOND + (waitingBytes(schedule) * 1000) / slowestTaking(schedule);
    // During the handshake its own limit counts; after a stall once more.
    const handshakeMs = handshakeTimeoutMs * (schedule.stalls.length > 0 ? 2 : 1) + 2.01;
    if (sinceMs - openedMs < handshakeTimeoutMs) boundMs = Math.max(boundMs, handshakeMs);
    const stallMs = stalledMs(schedule, sinceMs - keepalive.timeMs, sinceMs + silentMs);
    // What lies there when a process goes on may have to be read before the Pong.
    boundMs += stallMs + Math.min(stallMs, keepalive.timeoutMs);
    if (silentMs <= boundMs) continue;
    const message = `${who} to ${address} was silent for ${silentMs.toFixed(3)} ms before it was given up; bound ${boundMs} ms`;
    yield { promise, atMs, message };
  }
}

/** How long an answer that was under way when nothing got through any more may take to come. */
const UNDER_WAY_MS = 1000;

/** Within so long a connection is in use. */
const HANDSHAKE_MS = 150;

/** A server to which nothing gets through is found, whatever comes from it. */
function* deafness({ entries, schedule }: Past): Generator<Violation> {
  const { keepalive } = schedule.sender;
  const mayDelay = schedule.servers.some(
    ({ maxInFlightCommands, maxInFlightBytes, maxTotalBytes, maxBufferedBytes }) =>
      maxInFlightCommands < 1000 || Math.min(maxInFlightBytes, maxTotalBytes, maxBufferedBytes) < 1_000_000,
  );
  // What a server has that stands still, or a client that does not read, shows later that it was read before.
  const isRead = schedule.stalls.length === 0 && schedule.faults.every(({ kind }) => kind !== 'slow-reader');
  if (keepalive === null || mayDelay || !isRead) return;
  const deafMs = schedule.faults.flatMap((fault) =>
    fault.kind === 'partition' && fault.oneWay === true && fault.from === 'client'
      ? [{ host: fault.to, fromMs: fault.atMs ?? 0, forMs: fault.forMs ?? 0 }]
      : [],
  );
  const healedMs = entries.find(({ kind }) => kind === 'healed')?.atMs ?? Number.POSITIVE_INFINITY;
  for (const { kind, details, atMs, who } of entries) {
    if (kind !== 'socket.end') continue;
    const { openedMs, bytes, address, paused } = details as unknown as SocketEnd;
    if (paused) continue;
    // What was sent before has its time, the handshake its own.
    const underWayMs = ((bytes + waitingBytes(schedule)) * 1000) / SLOWEST_BYTES_PER_SECOND + 2 * tripMs(schedule);
    const boundMs = keepalive.timeMs + keepalive.timeoutMs + UNDER_WAY_MS + underWayMs;
    for (const { host, fromMs, forMs } of deafMs) {
      if ((host !== undefined && !address.startsWith(host)) || openedMs > fromMs - HANDSHAKE_MS) continue;
      const lastMs = Math.min(atMs, fromMs + forMs, healedMs) - fromMs;
      if (lastMs <= boundMs) continue;
      const message = `${who}: ${address} heard nothing for ${lastMs.toFixed(3)} ms and was not given up; bound ${boundMs} ms`;
      yield { promise, atMs, message };
    }
  }
}

/** What Commands may at most wait to be written. */
function waitingBytes({ sends, sender }: Past['schedule']): number {
  const bytes = sends
    .map(({ times, padBytes }) => times * (padBytes + FRAME_BYTES))
    .reduce((sum, each) => sum + each, 0);
  return Math.min(bytes, sender.maxBufferedBytes + sender.maxFrameBytes);
}

/** How many bytes a second are taken, at the least, of a peer that shows by this that it lives. */
function slowestTaking({ faults }: Past['schedule']): number {
  const rates = faults.map((fault) => {
    const rate =
      fault.kind === 'link' ? fault.link.bytesPerSecond : fault.kind === 'slow-reader' && fault.bytesPerSecond;
    // What takes nothing shows nothing.
    return rate || SLOWEST_BYTES_PER_SECOND;
  });
  return Math.min(SLOWEST_BYTES_PER_SECOND, ...rates);
}

/** What stands in a frame beside the padding of its payload. */
const FRAME_BYTES = 100;

interface SocketEnd {
  readonly silentMs: number;
  readonly sinceMs: number;
  readonly openedMs: number;
  readonly paused: boolean;
  readonly bytes: number;
  readonly address: string;
}
