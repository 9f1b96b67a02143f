import fc from 'fast-check';
import { HOSTS, type LiarPlan, type Lie, type MeddlingAct, type MeddlingPlace, type Schedule } from '../schedule.ts';
import { agePlan, aging } from './ages.ts';
import { listOf, oneOf, seldom, weighted, whole } from './choices.ts';
import { byteBounds, endingPlan, networkPlan, ROOMY_SENDER, senderPlan, serverPlan } from './configuration.ts';
import { fault, faultKinds, fitFault } from './faults.ts';
import { deafened, inOrder, limited, listening, patient, piecemeal, standing, withStalledDeadline } from './moods.ts';
import { absent, givingUp, returning, rolling, shutdownMood } from './shutdowns.ts';
import { cancelling, cancellingPlan, crediting, creditingPlan, withTalk } from './talks.ts';
import { abandon, fitSend, sendPlan, troubles } from './workload.ts';

const LIES: readonly Lie[] = [
  'repeat',
  'unknownSeq',
  'wrongType',
  'unreadable',
  'noSuchType',
  'secondInfo',
  'tooLong',
  'insideFrame',
];

const MEDDLING_PLACES: readonly MeddlingPlace[] = [
  'pick',
  'payload',
  'codec',
  'observer',
  'hook',
  'thenable',
  'result',
  'status',
  'unexpected',
  'abort',
];

const meddlingAct: fc.Arbitrary<MeddlingAct> = weighted(
  ['send', 4],
  ['abortOwn', 4],
  ['abortAll', 3],
  ['close', 1],
  ['drain', 1],
);

const raw = fc.record({
  seed: fc.noShrink(whole(0, 0x7fff_ffff)),
  network: networkPlan,
  servers: listOf(serverPlan, 1, 3),
  sender: senderPlan,
  lengthMs: whole(500, 8000),
  troubles,
  sends: listOf(sendPlan, 1, 14),
  faultKinds,
  faults: listOf(fault, 0, 14),
  breakerResetsMs: seldom(listOf(whole(0, 999), 1, 2), 8),
  strangers: seldom(
    listOf(
      fc.record({
        atMs: whole(0, 999),
        server: whole(0, 2),
        bytes: fc.oneof(
          listOf(whole(0, 255), 0, 40),
          // What is nearly right: frames whose numbers are small.
          listOf(fc.oneof(whole(0, 5), fc.constant(255)), 1, 30),
        ),
      }),
      1,
      4,
    ),
    6,
  ),
  ending: endingPlan,
  mood: weighted(['any', 11], ['listening', 1]),
  // What was added later stands below: what a seed has been until then, it still is.
  /** Each so manieth plan of sends goes past the sender; 0: none. */
  directEvery: weighted([0, 6], [3, 1]),
  liar: seldom(
    fc.record({
      server: whole(0, 2),
      untilMs: whole(1, 999),
      lies: fc.subarray([...LIES], { minLength: 1 }),
      percent: oneOf(30, 10, 100),
    }),
    8,
  ),
  meddling: seldom(
    fc.record({
      places: fc.subarray([...MEDDLING_PLACES], { minLength: 1, maxLength: 3 }),
      acts: listOf(meddlingAct, 1, 6),
      every: oneOf(1, 2, 5),
      after: fc.constant(0),
    }),
    4,
  ),
  stalls: seldom(listOf(fc.record({ atMs: whole(0, 999), forMs: oneOf(50, 400, 1500, 4000) }), 1, 3), 8),
  byteBounds: seldom(byteBounds, 4),
  naps: seldom(listOf(fc.record({ send: whole(0, 13), forMs: oneOf(600, 2000, 5000) }), 1, 4), 8),
  /** Streams that are left, at servers that take few Commands at a time. */
  abandoning: seldom(
    fc.record({ streams: whole(1, 3), everyMs: oneOf(30, 10, 100), maxInFlightCommands: oneOf(2, 4, 8) }),
    10,
  ),
  /** While the first connections come about. */
  earlyStall: seldom(fc.record({ atMs: whole(0, 30), forMs: oneOf(1500, 500, 4000) }), 8),
  /** When nothing gets through to the servers any more, which go on talking. */
  deafening: seldom(whole(200, 900), 20),
  /** Before code of the user's meddles, so much of it has run. */
  meddlingAfter: weighted([0, 2], [8, 1], [25, 1]),
  /** Sends wait, since clients take few at a time; in half of such runs code of the user's meddles where they are dispatched. */
  crowding: seldom(
    fc.record({
      sender: fc.record({ maxInFlightCommands: oneOf(1, 3), clients: oneOf(1, 2) }),
      meddling: seldom(
        fc.record({
          places: oneOf(['pick'], ['pick'], ['pick', 'result']),
          acts: listOf(weighted(['send', 3], ['abortAll', 1]), 3, 10),
          every: oneOf(1, 2, 3),
          after: oneOf(0, 1, 3, 20),
        }),
        2,
      ),
    }),
    8,
  ),
  /** How long a stall is that the deadlines of sends fall into which have been answered. */
  stalledDeadline: seldom(oneOf(500, 1500), 16),
  /** A client that says nothing while it waits for a slow answer, at servers that do not like silence. */
  patient: weighted([false, 19], [true, 1]),
  /** Many long streams at servers that take few Commands at a time, and nothing goes wrong. */
  limited: weighted([false, 24], [true, 1]),
  /** Large Commands over paths that carry them in two turns, at servers that do not wait long for a rest. */
  piecemeal: weighted([false, 24], [true, 1]),
  /** Servers that shut down and come back, Commands that are given up. */
  shutdowns: shutdownMood,
  /** Processes that stand still while a Pong lies behind the rest of a stream. */
  standing: seldom(fc.record({ atMs: whole(505, 700), forMs: oneOf(1500, 4000) }), 24),
  /** Texts that go along with each so manieth plan of sends, and the Command within which they are sent. */
  talk: seldom(fc.record({ every: oneOf(1, 2, 3), withinMs: seldom(oneOf(400, 0, 30, 2000), 2) }), 2),
  /** Commands that are given up, at servers for Go clients. */
  goGivingUp: oneOf(false, true),
  /** Commands are given up, and nothing else goes wrong. */
  cancelling: seldom(cancellingPlan, 10),
  /** Connections are renewed, and nothing else happens. */
  aging: seldom(agePlan, 12),
  /** Streams whose consumers are slow beside Commands of others, and nothing else goes wrong. */
  crediting: seldom(creditingPlan, 12),
});

/** A liar in the place of one of the servers; a machine that goes down with it would be a fault of a server's. */
function withLiar(schedule: Schedule, plan: LiarPlan | null): Schedule {
  if (plan === null) return schedule;
  const server = plan.server % schedule.servers.length;
  const untilMs = Math.floor((plan.untilMs * schedule.lengthMs) / 1000);
  const faults = schedule.faults.filter((one) => !('server' in one) || one.server !== HOSTS[server]);
  return { ...schedule, faults, liar: { ...plan, server, untilMs } };
}

/** All that can be simulated. Unbiased: how often what comes, the weights say. */
export const schedules: fc.Arbitrary<Schedule> = raw.map((plan) => {
  const { talk, shutdowns, cancelling: isCancelling, crediting, stalledDeadline, patient: isPatient } = plan;
  // What is about deadlines has its own.
  const isTimed =
    shutdowns !== null ||
    isCancelling !== null ||
    crediting !== null ||
    plan.aging !== null ||
    stalledDeadline !== null ||
    isPatient;
  return withTalk(made(plan), talk !== null && isTimed ? { ...talk, withinMs: null } : talk);
});

function made(plan: Raw): Schedule {
  const schedule = withStalledDeadline(withMore(scheduleFrom(plan), plan), plan.stalledDeadline);
  if (plan.shutdowns?.kind === 'rolling') return rolling(listening(schedule), schedule, plan.shutdowns.plan);
  if (plan.shutdowns?.kind === 'givingUp') return givingUp(listening(schedule), plan.shutdowns.plan, plan.goGivingUp);
  if (plan.shutdowns?.kind === 'absent') return absent(listening(schedule), plan.shutdowns.plan);
  if (plan.cancelling !== null) return cancelling(schedule, plan.cancelling);
  if (plan.aging !== null) return aging(listening(schedule), plan.aging);
  if (plan.crediting !== null) return crediting(schedule, plan.crediting);
  if (plan.standing !== null) return standing(schedule, plan.standing);
  if (plan.piecemeal) return piecemeal(schedule);
  if (plan.limited) return limited(schedule);
  if (plan.patient) return patient(schedule);
  if (plan.deafening !== null) return deafened(schedule, plan.deafening);
  if (plan.mood === 'listening') return listening(schedule);
  return plan.shutdowns?.kind === 'returning'
    ? returning(schedule, plan.shutdowns.plan)
    : withLiar(schedule, plan.liar);
}

type Raw = typeof raw extends fc.Arbitrary<infer T> ? T : never;

function scheduleFrom(plan: Raw): Schedule {
  const { seed, network, servers, sender, lengthMs, ending } = plan;
  const timeOf = (thousandths: number) => Math.floor((thousandths * lengthMs) / 1000);
  return {
    seed,
    network,
    servers,
    sender,
    lengthMs,
    sends: plan.sends.map((send, index) => {
      const fitted = fitSend(send, lengthMs, plan.troubles);
      return plan.directEvery > 0 && index % plan.directEvery === 0 ? { ...fitted, method: 'group' } : fitted;
    }),
    faults: plan.faults.flatMap((one) => fitFault(one, lengthMs, plan.faultKinds, servers.length)),
    breakerResetsMs: (plan.breakerResetsMs ?? []).map(timeOf),
    strangers: (plan.strangers ?? []).map((one) => ({
      ...one,
      atMs: timeOf(one.atMs),
      server: one.server % servers.length,
    })),
    liar: null,
    meddling: plan.meddling,
    stalls: inOrder((plan.stalls ?? []).map((stall) => ({ ...stall, atMs: timeOf(stall.atMs) }))),
    ending: { ...ending, atMs: ending.atMs === null ? null : timeOf(ending.atMs) },
  };
}

/** What only some runs have. */
function withMore(schedule: Schedule, plan: Raw): Schedule {
  const { byteBounds, naps, abandoning, earlyStall, crowding, meddlingAfter: after } = plan;
  const crowded = crowding === null ? {} : ({ ...crowding.sender, whenFull: 'wait', maxWaiting: 10_000 } as const);
  // Several wait when the first client is ready, which has room for all of them.
  const early = { atMs: 0, times: 8, gapMs: 0, waitForReady: true } as const;
  const isEarly = crowding?.meddling !== null && crowding?.meddling !== undefined;
  const { maxWaitingBytes } = byteBounds ?? ROOMY_SENDER;
  const limits = abandoning === null ? {} : { maxInFlightCommands: abandoning.maxInFlightCommands };
  return {
    ...schedule,
    servers: schedule.servers.map((server) => ({ ...server, ...byteBounds?.server, ...limits })),
    sender: {
      ...schedule.sender,
      maxWaitingBytes,
      ...crowded,
      ...(isEarly ? { lazy: true, maxInFlightCommands: 12 } : {}),
    },
    meddling: crowding?.meddling ?? (schedule.meddling === null ? null : { ...schedule.meddling, after }),
    sends: schedule.sends.map((planned, index) => {
      const send = index === 0 && isEarly ? { ...planned, ...early } : planned;
      const napMs = naps?.find((nap) => nap.send === index)?.forMs ?? 0;
      if (abandoning === null) return { ...send, napMs };
      // What a server that is at its limit has put aside behind them waits until its deadline: each has one.
      const timeoutMs = send.timeoutMs ?? schedule.sender.timeoutMs;
      const left = index < abandoning.streams ? abandon(send, abandoning.everyMs) : { ...send, napMs };
      return { ...left, timeoutMs };
    }),
    stalls: earlyStall === null ? schedule.stalls : inOrder([earlyStall, ...schedule.stalls]),
  };
}
