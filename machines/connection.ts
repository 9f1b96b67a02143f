// A connection: in use from the handshake to its end, kept alive, and retired when another is to take its place.
// Driven by its client (retire, drain) and by its link: the socket and what goes over it.
// No Command passes this machine. Its client ends it, once it has said that it is over.
import { assign, enqueueActions, fromCallback, sendTo, setup } from 'xstate';
import type { ConnectionContext, ConnectionEvent, ConnectionInput, ConnectionLink } from './connection-parts.ts';

export type * from './connection-parts.ts';

/** A Node timer holds no more; an endless delay is looked at again after it. */
const LONGEST_TIMER_MS = 2_147_483_647;

const socket = fromCallback<ConnectionEvent, { link: ConnectionLink }>(({ input, sendBack }) =>
  input.link.take(sendBack),
);

/** For how long one of the two sides has not been heard: either may close a connection on which it hears nothing. */
function silentMs(link: ConnectionLink): number {
  return Math.max(link.unprovenMs(), link.sinceSentMs());
}

function pongDueInMs({ link, timings }: ConnectionContext): number {
  return link.pongDueInMs(timings.pingTimeoutMs);
}

function withinTimer(ms: number): number {
  return Math.min(Math.max(ms, 1), LONGEST_TIMER_MS);
}

/** The connection machine. */
export const connectionMachine = setup({
  types: {
    context: {} as ConnectionContext,
    events: {} as ConnectionEvent,
    input: {} as ConnectionInput,
  },
  actors: { socket },
  guards: {
    isPingDue: ({ context }) => silentMs(context.link) >= context.timings.keepaliveTimeMs,
    isPongLate: ({ context }) => !context.link.hasAnswered() && pongDueInMs(context) <= 0,
    isPongAwaited: ({ context }) => !context.link.hasAnswered(),
    isUnheard: ({ context }) =>
      !context.link.hasAnswered() && context.link.sinceSentMs() >= context.timings.keepaliveTimeMs,
    isWorn: ({ context }) => context.link.isWorn(),
    isRenewalUrgent: ({ context }) => context.link.isRenewalUrgent(),
    isSettled: ({ context }) => context.link.isSettled(),
    hasNothingLate: ({ context }) => !context.link.hasLate(),
    isAddressCurrent: ({ context }) => context.link.isAddressCurrent(),
  },
  delays: {
    keepaliveTime: ({ context }) => withinTimer(context.timings.keepaliveTimeMs - silentMs(context.link)),
    // Looked at again after that: what the Pong may still take, while this side does not read, is not known beforehand; the
    // peer is to hear something meanwhile, as it may have to send a lot before its Pong; and where a Result has shown that
    // it reads, the next Ping is due a keepalive time after that.
    pongTime: ({ context }) => {
      const { pingTimeoutMs, keepaliveTimeMs } = context.timings;
      return Math.min(withinTimer(pongDueInMs(context)), pingTimeoutMs, keepaliveTimeMs);
    },
    oneTurn: 1,
    renewalPause: ({ context }) => withinTimer(context.link.renewalDueInMs()),
    drainTimeout: ({ context }) => context.timings.drainTimeoutMs,
    lateTime: ({ context }) => context.timings.lateTimeMs,
  },
  actions: {
    refuse: ({ context }) => context.link.refuse(),
    sendPing: ({ context }) => context.link.sendPing(),
    repeatPing: ({ context }) => context.link.repeatPing(),
    excuseLateness: ({ context: { link, timings } }) => link.excuseLateness(timings.pingTimeoutMs),
    awaitSettled: ({ context }) => context.link.awaitSettled(),
    rememberError: assign((_, { error }: { error: Error }) => ({ error })),
    cutOff: enqueueActions(({ context, enqueue }) => {
      const error = context.link.overdueError('results');
      enqueue(() => context.link.giveUp('results', error));
      enqueue.assign({ error });
    }),
    loseUnresponsive: enqueueActions(({ context, enqueue }) => {
      const error = context.link.overdueError('ping');
      enqueue(() => context.link.giveUp('ping', error));
      enqueue.raise({ type: 'connection.lost', error });
    }),
    reportWorn: sendTo(({ context }) => context.parent, { type: 'connection.renew' }),
    reportOver: sendTo(
      ({ context }) => context.parent,
      ({ context: { link, error } }) => ({
        type: 'connection.over',
        id: link.id,
        error,
        inOrder: link.endedInOrder(),
      }),
    ),
    reportLeaving: sendTo(
      ({ context }) => context.parent,
      ({ context: { link } }, { error }: { error: Error }) => ({ type: 'connection.leaving', id: link.id, error }),
    ),
  },
}).createMachine({
  id: 'connection',
  description: 'One connection of a client, from the handshake to its end. Keepalive and use go on side by side.',
  context: ({ input }) => ({ ...input, error: undefined }),
  initial: 'open',
  states: {
    open: {
      type: 'parallel',
      invoke: { src: 'socket', input: ({ context }) => ({ link: context.link }) },
      on: {
        'connection.lost': {
          target: 'closing',
          actions: { type: 'rememberError', params: ({ event }) => ({ error: event.error }) },
        },
      },
      states: {
        keepalive: {
          description: 'A peer that has not been seen to read for a while is asked by a Ping.',
          initial: 'resting',
          states: {
            resting: {
              after: {
                keepaliveTime: [
                  { guard: 'isPingDue', target: 'pinging' },
                  { target: 'resting', reenter: true },
                ],
              },
            },
            pinging: {
              description:
                'Its Pong has the ping timeout, and the time that all that is under way takes on a slow link.',
              entry: 'sendPing',
              on: { 'pong.received': 'resting' },
              initial: 'waiting',
              states: {
                waiting: { after: { pongTime: 'overdue' } },
                overdue: {
                  description:
                    'A process that was busy for longer gets one turn to read the Pong that lies there, and where more lies before it, the time in which it did not look.',
                  entry: 'excuseLateness',
                  after: {
                    oneTurn: [
                      { guard: 'isPongLate', actions: 'loseUnresponsive' },
                      { guard: 'isUnheard', target: 'waiting', actions: 'repeatPing' },
                      { guard: 'isPongAwaited', target: 'waiting' },
                      { target: '#connection.open.keepalive.resting' },
                    ],
                  },
                },
              },
            },
          },
        },
        use: {
          initial: 'accepting',
          states: {
            accepting: {
              description: 'It takes Commands.',
              exit: 'refuse',
              initial: 'fresh',
              on: {
                'connection.retire': [{ guard: 'isAddressCurrent', target: 'retired' }, { target: 'leaving' }],
                'connection.drain': 'finishing',
                'connection.goodbye': {
                  target: 'finishing',
                  actions: { type: 'reportLeaving', params: ({ event }) => ({ error: event.error }) },
                },
              },
              states: {
                fresh: { on: { 'connection.worn': 'worn' } },
                worn: {
                  description: 'Its server works for nobody, unless what has come already says that it has ended.',
                  on: { 'connection.worn': { guard: 'isRenewalUrgent', target: 'renewing' } },
                  after: { renewalPause: [{ guard: 'isWorn', target: 'renewing' }, { target: 'fresh' }] },
                },
                renewing: { description: 'Another connection is wanted.', entry: 'reportWorn' },
              },
            },
            retired: {
              description:
                'Another has taken its place. It waits for the Results of what is pending, however long they take.',
              entry: 'awaitSettled',
              initial: 'awaited',
              on: { 'connection.drain': 'finishing' },
              states: {
                awaited: { always: { guard: 'isSettled', target: 'late' }, on: { 'pending.settled': 'late' } },
                late: {
                  description:
                    'A slow server still answers what was given up: whoever asked to be told of that is told.',
                  always: { guard: 'hasNothingLate', target: '#connection.closing' },
                  on: { 'late.settled': '#connection.closing' },
                  after: { lateTime: '#connection.closing' },
                },
              },
            },
            finishing: {
              description: 'Its client drains, or its server has said goodbye: what is pending comes to its end.',
              entry: 'awaitSettled',
              always: { guard: 'isSettled', target: '#connection.closing' },
              on: { 'pending.settled': '#connection.closing' },
            },
            leaving: {
              description: 'Its address is gone: what is pending has the drain timeout.',
              entry: 'awaitSettled',
              always: { guard: 'isSettled', target: '#connection.closing' },
              on: { 'pending.settled': '#connection.closing', 'connection.drain': 'finishing' },
              after: { drainTimeout: { target: '#connection.closing', actions: 'cutOff' } },
            },
          },
        },
      },
    },
    // Whoever is told of that may close the client, so that it must not be told itself before.
    closing: { description: 'What is pending fails.', on: { 'connection.closed': 'over' } },
    over: { description: 'Its client ends it.', entry: 'reportOver' },
  },
});
