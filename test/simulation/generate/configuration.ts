import fc from 'fast-check';
import type { BackoffPlan, BreakerPlan, EndingPlan, NetworkPlan, SenderPlan, ServerPlan } from '../schedule.ts';
import { constants, mostly, oneOf, seldom, weighted, whole } from './choices.ts';

export const networkPlan: fc.Arbitrary<NetworkPlan> = fc.record({
  latencyMs: whole(0, 20),
  jitterMs: oneOf(0, 1, 10),
  sliceRate: oneOf(0, 0.1, 0.9),
  coalesceRate: oneOf(0, 0, 0.3),
  maxPieceBytes: oneOf(65_536, 1400, 40),
  windowBytes: oneOf(65_536, 8192, 2048),
});

/** Bounds that no run comes to. */
export const ROOMY_SERVER = {
  maxQueuedBytes: 8_000_000,
  maxInFlightBytes: 64_000_000,
  maxTotalBytes: 256_000_000,
  frameTimeoutMs: 30_000,
} as const;
export const ROOMY_SENDER = { maxWaitingBytes: 16_000_000 } as const;

export const serverPlan: fc.Arbitrary<ServerPlan> = fc.record({
  goClients: weighted([false, 5], [true, 1]),
  idleTimeoutMs: seldom(whole(1300, 2500), 3),
  maxInFlightCommands: weighted([1000, 3], [2, 1], [8, 1]),
  maxBufferedBytes: oneOf(8_000_000, 2000, 200),
  maxFrameBytes: oneOf(65_536, 65_536, 1500),
  shutdown: seldom(
    fc.record({ atMs: whole(0, 6000), timeoutMs: oneOf(500, 0, 50), backAfterMs: fc.constant(null) }),
    12,
  ),
  ...constants({ ...ROOMY_SERVER, age: null }),
});

/** Bounds in bytes that a run has, if it has any beside those above: of its sender, and of all its servers. */
export const byteBounds = fc.record({
  maxWaitingBytes: oneOf(16_000_000, 300, 1500, 6000),
  server: fc.record({
    maxQueuedBytes: oneOf(8_000_000, 300, 4000),
    maxInFlightBytes: oneOf(64_000_000, 2000, 8000),
    maxTotalBytes: oneOf(256_000_000, 20_000, 60_000),
    frameTimeoutMs: oneOf(30_000, 1500),
  }),
});

const backoffPlan: fc.Arbitrary<BackoffPlan> = fc.record({
  initialMs: oneOf(50, 10, 200),
  maxMs: oneOf(800, 200, 1600),
  factor: oneOf(2, 1.5, 4),
  resetAfterMs: oneOf(1000, 200, 3000),
});

const breakerPlan: fc.Arbitrary<BreakerPlan> = fc.record({
  windowSize: whole(1, 12),
  failureRate: oneOf(0.5, 0.25, 0.8, 1),
  openDurationMs: oneOf(300, 50, 1000),
  successThreshold: whole(1, 4),
});

export const senderPlan: fc.Arbitrary<SenderPlan> = fc.record({
  clients: whole(1, 4),
  codec: oneOf('msgpack', 'json'),
  addresses: weighted(['list', 2], ['resolver', 1]),
  addressRefreshMs: oneOf(30_000, 500, 2000),
  lazy: oneOf(true, false),
  timeoutMs: oneOf(1000, 300, 2500),
  waitForReady: oneOf(false, true),
  whenFull: oneOf('fail', 'wait'),
  maxWaiting: oneOf(10_000, 1, 4, 12),
  maxInFlightCommands: oneOf(100_000, 1, 3, 10),
  maxBufferedBytes: oneOf(1_000_000, 100, 1500),
  whenSlow: oneOf('pause', 'fail'),
  maxBufferedResults: oneOf(1000, 1, 3, 8),
  maxBufferedResultBytes: oneOf(1_000_000, 300, 2000),
  maxFrameBytes: oneOf(65_536, 65_536, 1500),
  dispatch: oneOf('round-robin', 'least-pending'),
  keepalive: mostly(fc.record({ timeMs: oneOf(500, 200, 1000), timeoutMs: oneOf(300, 200, 800) }), 6),
  reconnect: mostly(backoffPlan, 12),
  handshakeTimeoutMs: oneOf(1000, 400, 2000),
  drainTimeoutMs: oneOf(1000, 50, 3000),
  breaker: seldom(breakerPlan, 2),
  hooks: weighted(['watch', 4], ['none', 1], ['slow', 2], ['refuse', 1], ['throw', 1]),
  inspect: weighted([false, 15], [true, 1]),
  ...constants(ROOMY_SENDER),
});

export const endingPlan: fc.Arbitrary<EndingPlan> = fc.record({
  kind: oneOf('close', 'drain', 'closeAndWait'),
  atMs: seldom(whole(0, 999), 6),
  timeoutMs: oneOf(500, 1, 2000),
  closeAfterMs: seldom(oneOf(0, 1, 30, 400), 3),
});
