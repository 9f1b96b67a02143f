import fc from 'fast-check';
import { ENDLESS, type SendPlan } from '../schedule.ts';
import { oneOf, seldom, swarm, weighted, whole } from './choices.ts';

/** What one run may be spared: each of these is left out of about every other run. */
const TROUBLES = [
  'failing',
  'payloads',
  'cancelling',
  'slow consumers',
  'leaving',
  'large',
  'bursts',
  'tight',
] as const;

export type Trouble = (typeof TROUBLES)[number];

export const troubles: fc.Arbitrary<readonly Trouble[]> = swarm(...TROUBLES);

/** Times are thousandths of the run here; see {@link fitSend}. */
export const sendPlan: fc.Arbitrary<SendPlan> = fc.record({
  atMs: whole(0, 999),
  times: weighted([1, 4], [3, 4], [8, 2], [16, 1]),
  gapMs: oneOf(0, 1, 20, 150),
  method: oneOf('send', 'sendMulti', 'sendWithDeadline', 'sendMultiWithDeadline'),
  command: weighted(['Do', 2], ['Watch', 3], ['Either', 1], ['Checked', 2]),
  style: weighted(
    ['now', 5],
    ['later', 5],
    ['proxy', 2],
    ['throw', 1],
    ['throwLater', 1],
    ['twice', 1],
    ['unsendable', 1],
    ['wrongType', 1],
  ),
  count: whole(1, 20),
  everyMs: oneOf(0, 3, 30, 200),
  padBytes: oneOf(0, 100, 1200, 3000),
  payload: weighted(['good', 9], ['unencodable', 1], ['refused', 1], ['foreign', 1]),
  timeoutMs: seldom(oneOf(200, 0, 1, 5, 40, 499, 501, 800), 2),
  cancelAfterMs: seldom(oneOf(10, -1, 0, 1, 50, 300), 3),
  waitForReady: seldom(oneOf(false, true), 4),
  resultsCount: seldom(whole(1, 8), 4),
  consumer: oneOf('loop', 'handler'),
  consumeMs: oneOf(0, 0, 5, 40),
  leaveAfter: seldom(whole(0, 4), 4),
  napMs: fc.constant(0),
  metadata: fc.constant(false),
  withinMs: fc.constant(null),
});

/** A send as this run has it: at its time, and without the troubles that this run is spared. */
export function fitSend(plan: SendPlan, lengthMs: number, allowed: readonly Trouble[]): SendPlan {
  const has = (trouble: Trouble) => allowed.includes(trouble);
  const calm = plan.style === 'proxy' || plan.style === 'now' ? plan.style : 'later';
  return {
    ...plan,
    atMs: Math.floor((plan.atMs * lengthMs) / 1000),
    style: has('failing') ? plan.style : calm,
    payload: has('payloads') ? plan.payload : 'good',
    cancelAfterMs: has('cancelling') ? plan.cancelAfterMs : null,
    consumeMs: has('slow consumers') ? plan.consumeMs : 0,
    leaveAfter: has('leaving') ? plan.leaveAfter : null,
    padBytes: has('large') ? plan.padBytes : Math.min(plan.padBytes, 100),
    gapMs: has('bursts') ? plan.gapMs : Math.max(plan.gapMs, 20),
    timeoutMs: has('tight') || plan.timeoutMs === null ? plan.timeoutMs : Math.max(plan.timeoutMs, 200),
  };
}

/** A send whose caller only listens from then on. */
export function listen(plan: SendPlan): SendPlan {
  const quick = {
    consumer: 'loop',
    consumeMs: 0,
    napMs: 0,
    leaveAfter: null,
    resultsCount: null,
    padBytes: 0,
  } as const;
  const long = { method: 'sendMulti', command: 'Watch', style: 'later', count: 20, everyMs: 150 } as const;
  return { ...plan, ...quick, ...long, times: 1, atMs: 0, payload: 'good', timeoutMs: null, cancelAfterMs: null };
}

/** A stream without an end that its caller leaves. */
export function abandon(plan: SendPlan, everyMs: number): SendPlan {
  const quick = { consumer: 'loop', consumeMs: 0, napMs: 0, resultsCount: null, padBytes: 0 } as const;
  const endless = { method: 'sendMulti', command: 'Watch', style: 'later', count: ENDLESS, everyMs } as const;
  const leaveAfter = Math.max(plan.leaveAfter ?? 1, 1);
  return { ...plan, ...quick, ...endless, leaveAfter, payload: 'good', timeoutMs: null, cancelAfterMs: null };
}
