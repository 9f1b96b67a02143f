import type { Past, Violation } from '../history.ts';
import { backoffModel } from '../models/backoff.ts';

const promise = '6';
const SLOWEST_BYTES_PER_SECOND = 64 * 1024;

/** A dead peer is found within keepalive time and ping timeout, and the time of what is under way. Dials during an outage stay inside the backoff envelope. */
export function* deadPeers(past: Past): Generator<Violation> {
  yield* silences(past);
  yield* backoffModel(past);
}

function* silences({ entries, schedule }: Past): Generator<Violation> {
  const { keepalive, handshakeTimeoutMs } = schedule.sender;
  if (keepalive === null) return;
  for (const { kind, details, atMs, who } of entries) {
    if (kind !== 'socket.end') continue;
    const { silentMs, sinceMs, openedMs, bytes, address } = details as unknown as SocketEnd;
    // One turn more is for what a busy process has not read.
    let boundMs = keepalive.timeMs + keepalive.timeoutMs + 2.01;
    // What is under way gets its time, and what waits to be sent.
    boundMs += ((bytes + waitingBytes(schedule)) * 1000) / SLOWEST_BYTES_PER_SECOND;
    // During the handshake its own limit counts.
    if (sinceMs - openedMs < handshakeTimeoutMs) boundMs = Math.max(boundMs, handshakeTimeoutMs + 2.01);
    if (silentMs <= boundMs) continue;
    const message = `${who} to ${address} was silent for ${silentMs.toFixed(3)} ms before it was given up; bound ${boundMs} ms`;
    yield { promise, atMs, message };
  }
}

/** What Commands may at most wait to be written. */
function waitingBytes({ sends, sender }: Past['schedule']): number {
  const bytes = sends
    .map(({ times, padBytes }) => times * (padBytes + FRAME_BYTES))
    .reduce((sum, each) => sum + each, 0);
  return Math.min(bytes, sender.maxBufferedBytes + sender.maxFrameBytes);
}

/** What stands in a frame beside the padding of its payload. */
const FRAME_BYTES = 100;

interface SocketEnd {
  readonly silentMs: number;
  readonly sinceMs: number;
  readonly openedMs: number;
  readonly bytes: number;
  readonly address: string;
}
