import type { Past, Violation } from '../history.ts';
import { backoffModel } from '../models/backoff.ts';
import { stalledMs } from '../world/bounds.ts';

const promise = '6';

/** A dead peer is found within keepalive time and ping timeout. Dials during an outage stay inside the backoff envelope. */
export function* deadPeers(past: Past): Generator<Violation> {
  yield* silences(past);
  // Whose timers fire late counts other attempts than the model.
  if (past.schedule.stalls.length === 0) yield* backoffModel(past);
}

function* silences({ entries, schedule }: Past): Generator<Violation> {
  const { keepalive, handshakeTimeoutMs } = schedule.sender;
  if (keepalive === null) return;
  const drainTimeoutMs = Math.max(schedule.sender.drainTimeoutMs, schedule.ending.timeoutMs);
  // While its last Results are awaited nobody pings: that has a limit of its own.
  const leaving = entries.filter(
    ({ kind, details }) =>
      kind === 'ending' || (kind === 'client' && (details.state === 'moving' || details.state === 'draining')),
  );
  // A client that does not read for the sake of a slow consumer hears nothing until that has caught up.
  const catchUpMs = Math.max(0, ...schedule.sends.map(({ count, consumeMs }) => count * consumeMs));
  for (const { kind, details, atMs, who } of entries) {
    if (kind !== 'socket.end') continue;
    const { silentMs, sinceMs, openedMs, paused, address } = details as unknown as SocketEnd;
    // One turn more is for what a busy process has not read.
    let boundMs = keepalive.timeMs + keepalive.timeoutMs + 2.01;
    if (paused && schedule.sender.whenSlow === 'pause') boundMs += catchUpMs;
    // During the handshake its own limit counts.
    if (sinceMs - openedMs < handshakeTimeoutMs) boundMs = Math.max(boundMs, handshakeTimeoutMs + 1.01);
    const untilMs = sinceMs + silentMs;
    boundMs += stalledMs(schedule, sinceMs - keepalive.timeMs, untilMs);
    if (leaving.some((left) => left.atMs <= untilMs && left.atMs >= sinceMs - drainTimeoutMs))
      boundMs += drainTimeoutMs;
    if (silentMs <= boundMs) continue;
    const message = `${who} to ${address} was silent for ${silentMs.toFixed(3)} ms before it was given up; bound ${boundMs} ms`;
    yield { promise, atMs, message };
  }
}

interface SocketEnd {
  readonly silentMs: number;
  readonly sinceMs: number;
  readonly openedMs: number;
  readonly paused: boolean;
  readonly address: string;
}
