// A client: one connection that takes Commands, opened again when it is lost, replaced in use when it is worn or its
// address is gone, and closed in order. Driven by its group (drain, close, addresses) and by its connections, its children.
// No Command passes this machine; while it is ready, Commands and Results go over the connection directly.
import { assign, enqueueActions, fromPromise, sendTo, setup, stopChild } from 'xstate';
import type {
  ClientChanged,
  ClientContext,
  ClientEvent,
  ClientInput,
  ClientLink,
  ClientOutput,
  ClientTimings,
} from './client-parts.ts';
import { type ConnectionLink, connectionMachine } from './connection.ts';

export type * from './client-parts.ts';

const connect = fromPromise<ConnectionLink, { link: ClientLink }>(({ input, signal }) => input.link.connect(signal));

/** A dial gets the time that nobody looked, once: a process that was busy has not seen what lies there. */
const HANDSHAKE = {
  initial: 'inTime',
  states: {
    inTime: { after: { handshakeTimeout: 'late' } },
    late: { after: { handshakeGrace: { actions: 'giveUpDial' } } },
  },
} as const;

// Made here, and not where they are enqueued: XState takes it for a mistake where a user's code is on the way there.
const stopConnection = stopChild<ClientContext, ClientEvent, undefined, ClientEvent>(({ event }) =>
  event.type === 'connection.over' ? event.id : '',
);
const forgetConnection = assign<ClientContext, ClientEvent, undefined, ClientEvent, never>(({ context, event }) => ({
  connections: context.connections.filter((id) => event.type !== 'connection.over' || event.id !== id),
}));

/** What becomes of a client whose dial has failed: at the start, and later. */
const NOT_CONNECTED = [
  // The first time each address has its turn at once; waiting comes after all of them.
  { guard: 'hasUntriedAddress', target: 'connecting', reenter: true, actions: 'rememberError' },
  { guard: 'mayReconnect', target: 'reconnecting', actions: 'rememberError' },
  { target: 'closed', actions: 'rememberError' },
] as const;
const REPORT_RECONNECTING = { type: 'report', params: { phase: 'reconnecting' } } as const;
const NOT_RECONNECTED = [
  { guard: 'hasUntriedAddress', target: 'dialling', reenter: true, actions: ['rememberError', REPORT_RECONNECTING] },
  { target: 'waiting', actions: 'rememberError' },
] as const;

/** The client machine. */
export const clientMachine = setup({
  types: {
    context: {} as ClientContext,
    events: {} as ClientEvent,
    input: {} as ClientInput,
    output: {} as ClientOutput,
  },
  actors: { connect, connection: connectionMachine },
  guards: {
    // At once, the first time and while that leads somewhere; whoever is sent away again and again must wait before it dials.
    mayMove: ({ context, event }) =>
      context.reconnect &&
      isOfCurrent(context, event) &&
      isGoodbye(event) &&
      (context.attempt === 0 || context.link.isWorthMoving(context.timings.backoffInitialMs)),
    mayReconnect: ({ context, event }) => context.reconnect && isOfCurrent(context, event),
    isLast: ({ context, event }) => isOfCurrent(context, event) && context.connections.length === 1,
    isOfCurrent: ({ context, event }) => isOfCurrent(context, event),
    hasNone: ({ context }) => context.connections.length === 0,
    mayRetire: ({ context }) => mayRetire(context),
    mayHurry: ({ context }) => !context.hurried,
    isAway: ({ context }) => context.link.isAway(context.connections.at(-1)),
    isAtHome: ({ context }) => !context.link.isAway(context.connections.at(-1)),
    mayGoHome: ({ context }) => mayRetire(context) && context.link.mayGoHome(),
    hasUntriedAddress: ({ context }) => context.link.hasUntriedAddress(),
    hasLeftDial: ({ context }) => !context.link.isDialCurrent(),
    hasLeftAddress: ({ context }) => !context.link.isAddressCurrent(),
  },
  delays: {
    handshakeTimeout: ({ context }) => context.timings.handshakeTimeoutMs,
    handshakeGrace: ({ context }) => Math.max(1, context.link.handshakeGraceMs()),
    backoff: ({ context }) => context.delayMs,
    renewalBackoff: ({ context }) => delayMs(context, context.renewals - 1),
    homePause: ({ context: { random, timings } }) => (0.5 + 0.5 * random()) * Math.max(timings.backoffMaxMs, 10),
    stableTime: ({ context }) => context.timings.backoffResetMs,
    drainTimeout: ({ context }) => context.drainTimeoutMs,
  },
  actions: {
    openConnection: enqueueActions(({ context: { timings, connections }, event, enqueue, self }) => {
      if (!('output' in event)) return;
      const { output: link } = event;
      enqueue.spawnChild('connection', { id: link.id, input: { link, timings, parent: self } });
      enqueue.assign({ connections: [...connections, link.id], renewals: 0 });
    }),
    retireBefore: sendTo(({ context }) => context.connections.at(-2) ?? '', { type: 'connection.retire' }),
    drainConnections: enqueueActions(({ context, enqueue }) => {
      for (const id of context.connections) enqueue.sendTo(id, { type: 'connection.drain' });
    }),
    endConnection: enqueueActions(({ enqueue }) => {
      enqueue(stopConnection);
      enqueue(forgetConnection);
    }),
    giveUpDial: enqueueActions(({ context, enqueue }) => {
      enqueue(() => context.link.giveUpDial());
      enqueue.raise({ type: 'dial.overdue', error: context.link.overdueError() });
    }),
    rememberError: assign(({ event }) => ({ error: errorOf(event) })),
    forgetError: assign({ error: undefined }),
    chooseDelay: assign(({ context }) => ({ attempt: context.attempt + 1, delayMs: reconnectDelayMs(context) })),
    hurry: assign(({ context: { random, timings, delayMs } }) => {
      return { hurried: true, delayMs: random() * Math.min(timings.backoffInitialMs, delayMs) };
    }),
    countRenewal: assign(({ context }) => ({ renewals: context.renewals + 1 })),
    limitDraining: assign(({ context, event }) => ({
      error: undefined,
      drainTimeoutMs: event.type === 'client.drain' ? event.timeoutMs : context.drainTimeoutMs,
    })),
    countAttempt: assign(({ context }) => ({ attempt: context.attempt + 1 })),
    resetAttempts: assign({ attempt: 0, hurried: false }),
    report: enqueueActions(({ context, enqueue }, { phase }: { phase: ClientChanged['phase'] }) => {
      const { parent, id, error } = context;
      if (parent !== undefined) enqueue.sendTo(parent, { type: 'client.changed', id, phase, error });
    }),
  },
}).createMachine({
  id: 'client',
  context: ({ input }) => ({
    ...input,
    attempt: 0,
    delayMs: 0,
    hurried: false,
    drainTimeoutMs: 0,
    error: undefined,
    connections: [],
    renewals: 0,
  }),
  initial: 'connecting',
  on: {
    'client.close': { target: '.closed', actions: 'forgetError' },
    'client.drain': [
      { guard: 'hasNone', target: '.closed', actions: 'forgetError' },
      { target: '.draining', actions: 'limitDraining' },
    ],
    'connection.over': { actions: 'endConnection' },
  },
  states: {
    connecting: {
      ...HANDSHAKE,
      entry: { type: 'report', params: { phase: 'connecting' } },
      invoke: {
        src: 'connect',
        input: ({ context }) => ({ link: context.link }),
        onDone: { target: 'connected', actions: 'openConnection' },
        onError: [...NOT_CONNECTED],
      },
      on: {
        // What is being dialled may be no address to use any more.
        'addresses.changed': { guard: 'hasLeftDial', target: 'connecting', reenter: true },
        'dial.overdue': [...NOT_CONNECTED],
      },
    },
    connected: {
      entry: ['forgetError', { type: 'report', params: { phase: 'ready' } }],
      initial: 'steady',
      on: {
        // What is pending comes to its end there, while another address is dialled.
        'connection.leaving': [
          { guard: 'mayMove', target: 'connecting', actions: ['rememberError', 'countAttempt'] },
          { guard: 'mayReconnect', target: 'reconnecting', actions: 'rememberError' },
          { target: 'ending', actions: 'rememberError' },
        ],
        'connection.over': [
          { guard: 'mayMove', target: 'connecting', actions: ['rememberError', 'countAttempt', 'endConnection'] },
          { guard: 'mayReconnect', target: 'reconnecting', actions: ['rememberError', 'endConnection'] },
          { guard: 'isLast', target: 'closed', actions: ['rememberError', 'endConnection'] },
          { guard: 'isOfCurrent', target: 'ending', actions: ['rememberError', 'endConnection'] },
          { actions: 'endConnection' },
        ],
      },
      after: { stableTime: { actions: 'resetAttempts' } },
      states: {
        steady: {
          initial: 'home',
          on: {
            'connection.renew': 'blocked',
            'addresses.changed': [
              { guard: 'hasLeftAddress', target: 'blocked' },
              { guard: 'hasLeftDial', target: '.home' },
            ],
          },
          states: {
            home: { always: { guard: 'isAway', target: 'away' } },
            // Its own address was down, or is new: it goes there, one client of a group at a time, and those of other groups
            // at other times.
            away: {
              always: { guard: 'isAtHome', target: 'home' },
              after: {
                homePause: [
                  { guard: 'mayGoHome', target: 'goingHome' },
                  { target: 'away', reenter: true },
                ],
              },
            },
            goingHome: {
              ...HANDSHAKE,
              invoke: {
                src: 'connect',
                input: ({ context }) => ({ link: context.link }),
                onDone: { target: 'home', actions: ['openConnection', 'retireBefore'] },
                onError: 'away',
              },
              on: { 'dial.overdue': 'away' },
            },
          },
        },
        // The connection in use takes Commands until another is open.
        blocked: { always: { guard: 'mayRetire', target: 'dialling' } },
        dialling: {
          ...HANDSHAKE,
          invoke: {
            src: 'connect',
            input: ({ context }) => ({ link: context.link }),
            onDone: { target: 'steady', actions: ['openConnection', 'retireBefore'] },
            onError: 'waiting',
          },
          on: {
            'addresses.changed': { guard: 'hasLeftDial', target: 'dialling', reenter: true },
            'dial.overdue': 'waiting',
          },
        },
        waiting: { entry: 'countRenewal', after: { renewalBackoff: 'dialling' } },
      },
    },
    draining: {
      entry: ['drainConnections', { type: 'report', params: { phase: 'draining' } }],
      on: { 'client.drain': {} },
      always: { guard: 'hasNone', target: 'closed' },
      after: { drainTimeout: 'closed' },
    },
    // It must not reconnect: what is pending on connections that were retired may still come to its end.
    ending: {
      entry: { type: 'report', params: { phase: 'draining' } },
      always: { guard: 'hasNone', target: 'closed' },
    },
    reconnecting: {
      initial: 'waiting',
      states: {
        waiting: {
          entry: ['chooseDelay', REPORT_RECONNECTING],
          on: { 'client.hurry': { guard: 'mayHurry', target: 'hurrying' } },
          after: { backoff: 'dialling' },
        },
        hurrying: { entry: 'hurry', after: { backoff: 'dialling' } },
        dialling: {
          ...HANDSHAKE,
          invoke: {
            src: 'connect',
            input: ({ context }) => ({ link: context.link }),
            onDone: { target: '#client.connected', actions: 'openConnection' },
            onError: [...NOT_RECONNECTED],
          },
          on: {
            'addresses.changed': { guard: 'hasLeftDial', target: 'dialling', reenter: true },
            'dial.overdue': [...NOT_RECONNECTED],
          },
        },
      },
    },
    closed: { type: 'final' },
  },
  output: ({ context: { id, error } }) => ({ id, error }),
});

/** The wait after `attempt` dials in vain: random below a bound that grows. */
function delayMs({ random, timings }: ClientContext, attempt: number): number {
  return random() * boundMs(timings, attempt);
}

function boundMs({ backoffMaxMs, backoffInitialMs, backoffFactor }: ClientTimings, attempt: number): number {
  return Math.min(backoffMaxMs, backoffInitialMs * backoffFactor ** attempt);
}

/** While no client of the group is connected they take turns of so long: one of them dials in each. */
const TURN_MS = 500;

/** The wait before the next dial: as after a dial in vain, or until its turn among the clients of the group. */
function reconnectDelayMs({ random, timings, link, attempt }: ClientContext): number {
  const share = random();
  // Where there is another service at every address, to dial soon is of no use.
  if (link.isOtherService()) return share * timings.backoffMaxMs;
  // Who wants a longer first wait is not in such a hurry.
  const inMs = link.turnInMs(share, Math.max(TURN_MS, timings.backoffInitialMs / 2));
  return Math.min(share * boundMs(timings, attempt), inMs);
}

/** Whether another connection may take the place of the one in use, which is then one more that is retired. */
function mayRetire({ connections, maxRetired }: ClientContext): boolean {
  return connections.length <= (maxRetired ?? 8);
}

/** Whether an event comes from, or concerns, the connection that takes Commands. */
function isOfCurrent({ connections }: ClientContext, event: ClientEvent): boolean {
  return !('id' in event) || event.id === connections.at(-1);
}

/** Whether a server has sent a client away, as it does when it is shut down. */
function isGoodbye(event: ClientEvent): boolean {
  return event.type === 'connection.leaving' || (event.type === 'connection.over' && event.inOrder);
}

/** The error that an event carries: a lost connection's, or a failed dial's. */
function errorOf(event: { readonly type: string; readonly error?: unknown }): Error {
  const { error } = event;
  // By its shape: what a transport throws may come from another realm.
  if (typeof error !== 'object' || error === null) return new Error(String(error));
  return 'message' in error ? (error as Error) : new Error('an error without a message');
}
