// What the two ends tell each other by the wire extension: texts, deadlines, and that nobody waits any more.
import fc from 'fast-check';
import type { Schedule, SendPlan } from '../schedule.ts';
import { oneOf, seldom, whole } from './choices.ts';
import { listening } from './moods.ts';

/** How Commands are given up. */
export const cancellingPlan = fc.record({
  style: oneOf('later', 'hang', 'proxy', 'now'),
  method: oneOf('send', 'sendMulti'),
  command: oneOf('Do', 'Watch', 'Checked', 'Either'),
  times: oneOf(3, 12, 40),
  gapMs: oneOf(0, 1, 20),
  everyMs: oneOf(30, 3, 200),
  padBytes: oneOf(0, 100),
  maxInFlightCommands: oneOf(1000, 2, 8),
  cancelAfterMs: seldom(oneOf(10, 0, 1, 50, 300), 2),
  leaveAfter: seldom(whole(1, 3), 3),
  timeoutMs: oneOf(800, 40, 200),
  clients: oneOf(1, 2),
});

type CancellingPlan = typeof cancellingPlan extends fc.Arbitrary<infer T> ? T : never;

/** Commands are given up by signal, deadline or consumer, while they are on their way, wait at the server or are executed. */
export function cancelling(schedule: Schedule, plan: CancellingPlan): Schedule {
  const calm = listening(schedule);
  const { maxInFlightCommands, clients, leaveAfter, method, style, ...rest } = plan;
  const [first] = calm.sends as [SendPlan];
  // One that hangs ends by its signal; a stream has none.
  const isSingle = plan.command === 'Do' || plan.command === 'Either';
  const given = {
    ...first,
    ...rest,
    method,
    style: style === 'hang' && !isSingle ? 'later' : style,
    count: 8,
    atMs: 300,
    leaveAfter: method === 'sendMulti' ? leaveAfter : null,
    waitForReady: true,
  } as const;
  const later = {
    ...first,
    method: 'send',
    command: 'Do',
    style: 'now',
    everyMs: 0,
    count: 1,
    timeoutMs: 2000,
  } as const;
  return {
    ...calm,
    network: { ...calm.network, windowBytes: 65_536 },
    servers: calm.servers.map((server) => ({
      ...server,
      maxInFlightCommands,
      maxBufferedBytes: 8_000_000,
      idleTimeoutMs: null,
    })),
    sender: {
      ...calm.sender,
      clients,
      maxInFlightCommands: 1000,
      maxBufferedBytes: 1_000_000,
      hooks: 'watch',
      breaker: null,
    },
    sends: [given, { ...later, times: 10, gapMs: 100, atMs: 320, waitForReady: true }],
    lengthMs: Math.max(calm.lengthMs, 2500),
    strangers: [],
    breakerResetsMs: [],
    ending: { kind: 'close', atMs: null, timeoutMs: 500, closeAfterMs: null },
  };
}

/** Streams whose consumers are slow. */
export const creditingPlan = fc.record({
  slow: fc.array(
    fc.record({
      method: oneOf('sendMulti', 'sendMultiWithDeadline'),
      command: oneOf('Watch', 'Watch', 'Checked'),
      style: oneOf('now', 'proxy', 'later'),
      consumer: oneOf('loop', 'handler'),
      consumeMs: oneOf(40, 5, 100),
      napMs: oneOf(0, 0, 600),
      times: oneOf(1, 3, 8),
      padBytes: oneOf(0, 100, 1200),
      everyMs: oneOf(0, 3),
      leaveAfter: seldom(whole(1, 6), 6),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  maxBufferedResults: oneOf(1, 3, 8, 1000),
  maxBufferedResultBytes: oneOf(1_000_000, 2000, 6000),
  clients: oneOf(1, 2),
});

type CreditingPlan = typeof creditingPlan extends fc.Arbitrary<infer T> ? T : never;

/** Streams whose consumers are slow, a fast stream and single Commands beside them: nobody else waits for a consumer. */
export function crediting(schedule: Schedule, { slow, ...bounds }: CreditingPlan): Schedule {
  const calm = listening(schedule);
  const [first] = calm.sends as [SendPlan];
  const [server] = calm.servers as [Schedule['servers'][number]];
  const fast = { ...first, style: 'now', everyMs: 0, atMs: 100 } as const;
  const single = { ...first, method: 'send', command: 'Do', style: 'now', everyMs: 0, count: 1 } as const;
  return {
    ...calm,
    network: { ...calm.network, windowBytes: 65_536 },
    servers: [{ ...server, maxBufferedBytes: 8_000_000, idleTimeoutMs: null }],
    sender: {
      ...calm.sender,
      ...bounds,
      whenSlow: 'pause',
      lazy: false,
      maxInFlightCommands: 1000,
      maxBufferedBytes: 1_000_000,
      maxFrameBytes: 65_536,
      timeoutMs: 30_000,
      keepalive: { timeMs: 1000, timeoutMs: 3000 },
      hooks: 'watch',
      breaker: null,
    },
    sends: [
      ...slow.map((plan, index) => ({ ...first, ...plan, count: 20, atMs: 50 * (index + 1), timeoutMs: null })),
      { ...fast, times: 2, gapMs: 50 },
      { ...single, times: 10, gapMs: 60, atMs: 120, timeoutMs: 2000 },
    ],
    lengthMs: Math.max(calm.lengthMs, 3000),
    strangers: [],
    breakerResetsMs: [],
    ending: { kind: 'close', atMs: null, timeoutMs: 500, closeAfterMs: null },
  };
}

/** Texts that go along with some sends, and Commands within which they are sent. */
export function withTalk(
  schedule: Schedule,
  talk: { readonly every: number; readonly withinMs: number | null } | null,
): Schedule {
  if (talk === null) return schedule;
  const { every, withinMs } = talk;
  const sends = schedule.sends.map((send, index) => {
    const isTalking = index % every === 0 && send.method !== 'group';
    return isTalking ? { ...send, metadata: true, withinMs } : send;
  });
  return { ...schedule, sends };
}
