// A client: one connection that takes Commands, opened again when it is lost, replaced in use when it is worn or its
// address is gone, and closed in order. Driven by its group (drain, close, addresses) and by its connections, its children.
// No Command passes this machine; while it is ready, Commands and Results go over the connection directly.
import { clientLogic } from './client-logic.ts';

export type * from './client-parts.ts';

/** A dial gets the time that nobody looked, once: a process that was busy has not seen what lies there. */
const HANDSHAKE = {
  initial: 'inTime',
  states: {
    inTime: { after: { handshakeTimeout: 'late' } },
    late: { after: { handshakeGrace: { actions: 'giveUpDial' } } },
  },
} as const;

/** Transitions of a client whose dial has failed: at the start, and later. */
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
export const clientMachine = clientLogic.createMachine({
  id: 'client',
  description:
    'One connection to a server that takes Commands, and those before it that still wait for Results. It opens another one when it is lost.',
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
      {
        target: '.draining',
        actions: { type: 'limitDraining', params: ({ event }) => ({ timeoutMs: event.timeoutMs }) },
      },
    ],
    'connection.over': { actions: 'endConnection' },
  },
  states: {
    connecting: {
      description: 'The first dial, or one after a goodbye. Sends go to other clients, or wait.',
      ...HANDSHAKE,
      entry: { type: 'report', params: { phase: 'connecting' } },
      invoke: {
        src: 'connect',
        input: ({ context }) => ({ link: context.link }),
        onDone: {
          target: 'connected',
          actions: { type: 'openConnection', params: ({ event }) => ({ link: event.output }) },
        },
        onError: [...NOT_CONNECTED],
      },
      on: {
        // What is being dialled may be no address to use any more.
        'addresses.changed': { guard: 'hasLeftDial', target: 'connecting', reenter: true },
        'dial.overdue': [...NOT_CONNECTED],
      },
    },
    connected: {
      description: 'A send goes out at once, whatever goes on inside.',
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
          description: 'The connection in use serves.',
          initial: 'home',
          on: {
            'connection.renew': 'blocked',
            'addresses.changed': [
              { guard: 'hasLeftAddress', target: 'blocked' },
              { guard: 'hasLeftDial', target: '.home' },
            ],
          },
          states: {
            home: {
              description: 'It is at its own address.',
              always: { guard: 'isAway', target: 'away' },
            },
            away: {
              description:
                'At an address that stands in for its own, which was down, or is new. One client of a group goes home at a time.',
              always: { guard: 'isAtHome', target: 'home' },
              after: {
                homePause: [
                  { guard: 'mayGoHome', target: 'goingHome' },
                  { target: 'away', reenter: true },
                ],
              },
            },
            goingHome: {
              description: 'Its own address is dialled, beside the connection in use.',
              ...HANDSHAKE,
              invoke: {
                src: 'connect',
                input: ({ context }) => ({ link: context.link }),
                onDone: {
                  target: 'home',
                  actions: [
                    { type: 'openConnection', params: ({ event }) => ({ link: event.output }) },
                    'retireBefore',
                  ],
                },
                onError: 'away',
              },
              on: { 'dial.overdue': 'away' },
            },
          },
        },
        blocked: {
          description: 'Another connection is wanted, but too many before it still wait for Results.',
          always: { guard: 'mayRetire', target: 'dialling' },
        },
        dialling: {
          description: 'Another connection is dialled. The one in use takes Commands until that is open.',
          ...HANDSHAKE,
          invoke: {
            src: 'connect',
            input: ({ context }) => ({ link: context.link }),
            onDone: {
              target: 'steady',
              actions: [{ type: 'openConnection', params: ({ event }) => ({ link: event.output }) }, 'retireBefore'],
            },
            onError: 'waiting',
          },
          on: {
            'addresses.changed': { guard: 'hasLeftDial', target: 'dialling', reenter: true },
            'dial.overdue': 'waiting',
          },
        },
        waiting: {
          description: 'Another dial will follow; the connection in use serves.',
          entry: 'countRenewal',
          after: { renewalBackoff: 'dialling' },
        },
      },
    },
    draining: {
      description: 'No new Commands; what is pending may finish.',
      entry: ['drainConnections', { type: 'report', params: { phase: 'draining' } }],
      on: { 'client.drain': {} },
      always: { guard: 'hasNone', target: 'closed' },
      after: { drainTimeout: 'closed' },
    },
    ending: {
      description: 'Without a connection in use, and not to reconnect: what is pending on those before it may finish.',
      entry: { type: 'report', params: { phase: 'draining' } },
      always: { guard: 'hasNone', target: 'closed' },
    },
    reconnecting: {
      description:
        'The connection was lost, and what was pending has failed. It waits and dials in turn, for as long as it takes.',
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
            onDone: {
              target: '#client.connected',
              actions: { type: 'openConnection', params: ({ event }) => ({ link: event.output }) },
            },
            onError: [...NOT_RECONNECTED],
          },
          on: {
            'addresses.changed': { guard: 'hasLeftDial', target: 'dialling', reenter: true },
            'dial.overdue': [...NOT_RECONNECTED],
          },
        },
      },
    },
    closed: { description: 'The end.', type: 'final' },
  },
  output: ({ context: { id, error } }) => ({ id, error }),
});
