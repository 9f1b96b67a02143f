import { ENDLESS, type NetworkPlan, type Schedule, type SendPlan } from '../schedule.ts';

/** What the way there and back takes at most without a fault, what was held back included. */
export function tripMs({ network, faults }: Schedule): number {
  const { latencyMs, jitterMs, coalesceRate, windowBytes } = network;
  // What was under way slowly when the path was healed still takes its time.
  const slowest = Math.min(
    ...faults.map((fault) => (fault.kind === 'link' ? (fault.link.bytesPerSecond ?? 1e9) : 1e9)),
  );
  return 2 * (latencyMs + jitterMs + (coalesceRate > 0 ? 40 : 0)) + (2 * windowBytes * 1000) / slowest + 20;
}

/** How long after the end of all faults it takes until the sender is as good as new, at most. */
export function resumeBoundMs(schedule: Schedule): number {
  const { sender, servers } = schedule;
  const { keepalive, reconnect, handshakeTimeoutMs, breaker, clients } = sender;
  const longestMs = longestWorkMs(schedule) + (schedule.sends.some(isEndless) ? renewalMs(schedule) : 0);
  const findMs = keepalive === null ? 2 * PROBE_MS : keepalive.timeMs + keepalive.timeoutMs;
  // A dial that began before hangs until its end; then each server that is gone for good takes a wait more.
  const dialMs = 2 * handshakeTimeoutMs + (servers.length + 1) * ((reconnect?.maxMs ?? 0) + 4 * tripMs(schedule));
  const breakerMs = breaker === null ? 0 : 2 * (breaker.openDurationMs + breaker.windowSize * PROBE_MS);
  // Sends that wait, and streams, end before.
  return (
    findMs +
    dialMs +
    breakerMs +
    clients * PROBE_MS +
    4 * tripMs(schedule) +
    longestMs +
    backlogMs(schedule) +
    backMs(schedule)
  );
}

/** How long a server takes at most to be back that is shutting down. */
function backMs({ servers }: Schedule): number {
  return Math.max(...servers.map(({ shutdown }) => (shutdown?.timeoutMs ?? 0) + 1600 + (shutdown?.backAfterMs ?? 0)));
}

/**
 * How long it takes where server or sender have few Commands under way at a time: all that was sent, long forgotten or not.
 * And how long one connection carries all of it: a window in each round trip.
 */
function backlogMs({ sends, sender, servers, network }: Schedule): number {
  const served = Math.min(
    ...servers.map(({ maxInFlightCommands, maxInFlightBytes, maxTotalBytes }) => {
      const bytes = Math.min(maxInFlightBytes, maxTotalBytes);
      return Math.min(maxInFlightCommands, Math.max(1, bytes / COMMAND_BYTES));
    }),
  );
  const atOnce = Math.min(served, sender.clients * sender.maxInFlightCommands);
  let workMs = 0;
  let bytes = 0;
  for (const send of sends) {
    const { times, count, everyMs, padBytes } = send;
    // A stream without an end is over with its connection.
    const most = isEndless(send) ? 200 : count;
    workMs += isEndless(send) ? 0 : times * Math.max(count, 3) * everyMs;
    bytes += times * (1 + most) * (padBytes + FRAME_BYTES);
  }
  return workMs / atOnce + bytes / bytesPerMs(network);
}

/** How fast one connection carries bytes, without a fault: a window in each round trip. */
export function bytesPerMs({ latencyMs, jitterMs, coalesceRate, windowBytes }: NetworkPlan): number {
  return windowBytes / (2 * (latencyMs + jitterMs) + (coalesceRate > 0 ? 40 : 0));
}

/** What stands in a frame beside the padding of its payload. */
const FRAME_BYTES = 100;

/** What a Command in flight weighs at a server, with a small payload. */
const COMMAND_BYTES = 2000;

/** Whether a send is of a stream that ends only with its connection. */
export const isEndless = ({ count }: SendPlan): boolean => count === ENDLESS;

/** How long it takes at most until the connections are replaced on which a server works for nobody. */
export function renewalMs(schedule: Schedule): number {
  return 2 * (2000 + schedule.sender.handshakeTimeoutMs) + 4 * tripMs(schedule) + 500;
}

/** How long a probe may take. */
export const PROBE_MS = 1500;

/** The longest that a handler goes on, or a consumer takes. */
function longestWorkMs({ sends }: Schedule): number {
  return 20 * 200 + 1000 + Math.max(...sends.map(({ napMs }) => napMs));
}

/** How long after the last send all are settled, at the latest: by their deadlines, or as streams that are read out. */
export function settleBoundMs(schedule: Schedule): number {
  return Math.max(schedule.sender.timeoutMs, 800) + longestWorkMs(schedule) + resumeBoundMs(schedule);
}

/** Whether service must resume: there is a server, somebody reconnects, and somebody notices what is dead. */
export function mustResume({ ending, sender, servers, faults, meddling }: Schedule): boolean {
  if (meddling?.acts.some((act) => act === 'close' || act === 'drain')) return false;
  if (ending.atMs !== null || sender.reconnect === null) return false;
  if (servers.every(({ shutdown }) => shutdown !== null && shutdown.backAfterMs === null)) return false;
  // Without keepalive, nobody learns of a connection on which nothing passes.
  // (TCP would send again what a machine without power has not taken, and be reset once it is back; the network does not.)
  const isSilent = faults.some(({ kind }) => kind === 'half-open' || kind === 'power-off');
  if (sender.keepalive === null && isSilent) return false;
  // Clients that never ping are closed again and again where that is too idle: seldom are all of them ready.
  if (sender.keepalive === null && servers.some(({ idleTimeoutMs }) => idleTimeoutMs !== null)) return false;
  // A length that is another than was sent makes a reader wait for bytes that never come.
  return !faults.some(({ kind }) => kind === 'corrupt');
}

/** When a timer that is due at `atMs` fires in the sender's process: at once, or when the stall that it falls into is over. */
export function firesAt({ stalls }: Schedule, atMs: number): number {
  const stall = stalls.find((one) => one.atMs <= atMs && atMs <= one.atMs + one.forMs);
  return stall === undefined ? atMs : stall.atMs + stall.forMs;
}

/**
 * Within what time a server hears that nobody waits for a Command any more: the way there, and what is under way before it;
 * `undefined` where something may keep it from hearing, such as a client that does not read.
 */
export function talkSlackMs(schedule: Schedule): number | undefined {
  const { servers, sends, network, faults, strangers, stalls, liar, meddling, ending } = schedule;
  if (faults.length + strangers.length + stalls.length > 0 || liar !== null || meddling !== null) return undefined;
  if (ending.atMs !== null || sends.some(({ consumeMs, napMs }) => consumeMs + napMs > 0)) return undefined;
  const isFree = servers.every(
    ({ goClients, shutdown, maxBufferedBytes, maxTotalBytes, maxInFlightBytes, maxFrameBytes }) =>
      !goClients &&
      shutdown === null &&
      maxFrameBytes > 4000 &&
      Math.min(maxBufferedBytes, maxTotalBytes, maxInFlightBytes) >= 1_000_000,
  );
  if (!isFree || network.windowBytes < 8192) return undefined;
  const bytes = sends.reduce((sum, send) => {
    const results = isEndless(send) ? 200 : send.count;
    return sum + send.times * (1 + results) * (send.padBytes + FRAME_BYTES);
  }, 0);
  return tripMs(schedule) + bytes / bytesPerMs(network) + 3;
}

/** How long the sender's process stands still within a span of time. */
export function stalledMs({ stalls }: Schedule, fromMs: number, untilMs: number): number {
  const overlaps = stalls.map(({ atMs, forMs }) => Math.min(untilMs, atMs + forMs) - Math.max(fromMs, atMs));
  return overlaps.reduce((sum, overlap) => sum + Math.max(0, overlap), 0);
}
