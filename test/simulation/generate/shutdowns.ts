import fc from 'fast-check';
import type { Schedule, SendPlan, ServerPlan } from '../schedule.ts';
import { oneOf, seldom, weighted, whole } from './choices.ts';

/** How servers shut down in turn, and come back. */
export const rollingPlan = fc.record({
  servers: weighted([3, 2], [2, 2], [1, 1]),
  timeoutMs: weighted([5000, 4], [500, 1], [50, 1], [0, 1]),
  backAfterMs: oneOf(100, 1, 1500),
  gapMs: weighted([3500, 3], [200, 1]),
  load: oneOf('short', 'streams', 'long', 'all', 'rare', 'over'),
  waitForReady: oneOf(false, true),
  isMeddled: weighted([false, 2], [true, 1]),
});

type RollingPlan = typeof rollingPlan extends fc.Arbitrary<infer T> ? T : never;

const LONGEST_MS = 1500;

/**
 * One server after the other shuts down and is back, and nothing else goes wrong.
 * @param calm - a schedule in which nothing does.
 */
export function rolling(calm: Schedule, schedule: Schedule, plan: RollingPlan): Schedule {
  const { timeoutMs, backAfterMs, gapMs, waitForReady } = plan;
  const [first] = calm.servers as [ServerPlan, ...ServerPlan[]];
  const stepMs = gapMs + LONGEST_MS + backAfterMs;
  const servers = Array.from({ length: plan.servers }, (_, at) => ({
    ...(calm.servers[at] ?? first),
    maxBufferedBytes: 8_000_000,
    idleTimeoutMs: null,
    shutdown: { atMs: 2500 + at * stepMs, timeoutMs, backAfterMs },
  }));
  const lengthMs = 2500 + plan.servers * stepMs;
  const { keepalive, reconnect } = calm.sender;
  const sender = {
    ...calm.sender,
    waitForReady,
    maxInFlightCommands: 1000,
    maxBufferedBytes: 1_000_000,
    keepalive: keepalive === null ? null : { timeMs: 500, timeoutMs: 300 },
    reconnect: reconnect === null ? null : { ...reconnect, resetAfterMs: 1000 },
  };
  const sends = calm.sends
    .flatMap((send) => loadsOf(plan.load, send, lengthMs))
    .map((send) => ({ ...send, waitForReady: null }));
  const ends = schedule.meddling?.acts.some((act) => act === 'close' || act === 'drain') ?? true;
  const meddling = plan.isMeddled && !ends ? schedule.meddling : null;
  return { ...calm, network: roomy(calm.network), servers, sender, sends, lengthMs, meddling, ...UNDISTURBED };
}

/** Nothing else happens in the meantime, and the end is the usual one. */
export const UNDISTURBED = {
  strangers: [],
  breakerResetsMs: [],
  ending: { kind: 'close', atMs: null, timeoutMs: 500, closeAfterMs: null },
} as const;

/** Paths that hold no more back than they must. */
export const roomy = (network: Schedule['network']) => ({ ...network, windowBytes: 65_536, maxPieceBytes: 65_536 });

/** Many short ones, some streams, some that take long, hardly any, or none from some time on. */
export function loadsOf(load: RollingPlan['load'], send: SendPlan, lengthMs: number): SendPlan[] {
  const calm = {
    ...send,
    payload: 'good',
    cancelAfterMs: null,
    timeoutMs: 4000,
    padBytes: 0,
    atMs: send.atMs % 40,
  } as const;
  const often = (gapMs: number) => ({ gapMs, times: Math.floor(lengthMs / gapMs) });
  const short = { ...calm, method: 'send', command: 'Do', style: 'now', ...often(31) } as const;
  const long = { ...calm, method: 'send', command: 'Do', style: 'later', everyMs: 300, ...often(170) } as const;
  const several = { ...calm, method: 'sendMulti', command: 'Watch', style: 'later', ...often(230) } as const;
  const streams = { ...several, count: 8, everyMs: 100, resultsCount: null, leaveAfter: null } as const;
  if (load === 'short') return [short];
  if (load === 'long') return [long];
  // Over connections that have nothing else to carry, one is on its way when the first server shuts down.
  if (load === 'rare') return [{ ...short, atMs: 500 - (calm.atMs % 8), ...often(500) }];
  // Nobody says anything any more when it does.
  if (load === 'over') return [{ ...short, gapMs: 200, times: 10 }];
  return load === 'streams' ? [streams] : [short, long, streams];
}

/** When servers shut down and are back, whatever else goes wrong. */
export const returnPlan = fc.record({
  atMs: whole(0, 999),
  timeoutMs: oneOf(500, 0, 50, 2000),
  backAfterMs: oneOf(100, 1, 1000),
});

/** Servers shut down and are back. */
export function returning(
  schedule: Schedule,
  plans: readonly (typeof returnPlan extends fc.Arbitrary<infer T> ? T : never)[],
): Schedule {
  const servers = schedule.servers.map((server, at) => {
    const plan = plans[at];
    if (plan === undefined) return server;
    return { ...server, shutdown: { ...plan, atMs: Math.floor((plan.atMs * schedule.lengthMs) / 1000) } };
  });
  return { ...schedule, servers };
}

/** How sends are given up before they are answered. */
export const givingUpPlan = fc.record({
  hanging: oneOf(1, 8, 12),
  everyMs: oneOf(200, 400, 700),
  timeoutMs: oneOf(200, 300),
});

/** Many Commands are given up, some of which are never answered: they must not hold their places for ever. */
export function givingUp(
  calm: Schedule,
  plan: typeof givingUpPlan extends fc.Arbitrary<infer T> ? T : never,
  goClients: boolean,
): Schedule {
  const { hanging, everyMs, timeoutMs } = plan;
  const maxInFlightCommands = hanging > 1 ? 8 : 1000;
  const [server] = calm.servers as [ServerPlan];
  const [first] = calm.sends as [SendPlan];
  const one = { ...first, method: 'send', command: 'Do', payload: 'good', cancelAfterMs: null, padBytes: 0 } as const;
  const quick = { ...one, count: 1, gapMs: 1, atMs: 500, timeoutMs, waitForReady: true } as const;
  const sender = {
    ...calm.sender,
    clients: 1,
    maxInFlightCommands: 1000,
    maxBufferedBytes: 1_000_000,
    hooks: 'watch',
    breaker: null,
  } as const;
  return {
    ...calm,
    network: roomy(calm.network),
    servers: [{ ...server, goClients, maxInFlightCommands, idleTimeoutMs: null }],
    sender: { ...sender, reconnect: sender.reconnect ?? { initialMs: 50, maxMs: 800, factor: 2, resetAfterMs: 1000 } },
    sends: [
      { ...quick, style: 'hang', everyMs: 0, times: hanging },
      { ...quick, style: 'later', everyMs, times: 10 },
      { ...quick, style: 'now', everyMs: 0, times: 40, gapMs: 120, timeoutMs: 500 },
    ],
    lengthMs: 5500,
    ...UNDISTURBED,
  };
}

/** How the servers are not there at first. */
export const absentPlan = fc.record({ backAfterMs: oneOf(800, 2500), count: oneOf(1, 5), gapMs: oneOf(1, 40) });

/** No server is there yet when the first sends are made, which do not want to wait for one. */
export function absent(calm: Schedule, plan: typeof absentPlan extends fc.Arbitrary<infer T> ? T : never): Schedule {
  const { backAfterMs, count, gapMs } = plan;
  const shutdown = { atMs: 0, timeoutMs: 0, backAfterMs };
  const [first] = calm.sends as [SendPlan];
  const one = { ...first, method: 'send', command: 'Do', payload: 'good', style: 'now', cancelAfterMs: null } as const;
  const { reconnect } = calm.sender;
  return {
    ...calm,
    servers: calm.servers.map((server) => ({ ...server, shutdown })),
    sender: {
      ...calm.sender,
      lazy: true,
      waitForReady: false,
      whenFull: 'fail',
      hooks: 'watch',
      breaker: null,
      reconnect: { ...(reconnect ?? { maxMs: 800, factor: 2, resetAfterMs: 1000 }), initialMs: 400 },
    },
    sends: [{ ...one, atMs: 0, times: count, gapMs, timeoutMs: 300, waitForReady: null }],
    lengthMs: 4000,
    ...UNDISTURBED,
  };
}

/** One of these, if any. */
export const shutdownMood = seldom(
  fc.oneof(
    { arbitrary: fc.record({ kind: fc.constant('rolling' as const), plan: rollingPlan }), weight: 5 },
    {
      arbitrary: fc.record({
        kind: fc.constant('returning' as const),
        plan: fc.array(returnPlan, { minLength: 1, maxLength: 3, size: 'max' }),
      }),
      weight: 3,
    },
    { arbitrary: fc.record({ kind: fc.constant('givingUp' as const), plan: givingUpPlan }), weight: 2 },
    { arbitrary: fc.record({ kind: fc.constant('absent' as const), plan: absentPlan }), weight: 1 },
  ),
  6,
);
