// A session: one accepted connection of a server, from the question whether its client may come in to its end.
// Driven by its connection (Commands settled, connection lost or failed) and by the server (drain, close, idle: nothing heard).
// No Command passes this machine: while it serves, Commands and Results go over the connection directly.
import { fromCallback, setup } from 'xstate';

/** The socket side of a session: what the machine makes happen. None of it may throw. */
export interface SessionLink {
  /** Asks whether the client may come in, and tells the answer: `client.admitted` or `client.refused`. */
  authorize(tell: (answer: SessionEvent) => void): void;
  /** Tells the operator that the client may not come in, and the client, where it understands; without an error nobody has said so in time. */
  reportRefused(error: unknown): void;
  /** Tells the peer who serves it, once. */
  introduce(): void;
  /** Whether the client has said hello: it has the wire extension. */
  isGreeted(): boolean;
  /** Answers the client's hello. */
  welcome(): void;
  /** Tells the operator that the client has come in. */
  admit(): void;
  /** Counts how long the connection lasts, where it may not last for ever; `age.elapsed` follows. */
  startAge(): void;
  /** Counts no more. */
  stopAge(): void;
  /** The grace is over: tells the operator, and the handlers that are still running. */
  reportOverstayed(): void;
  /** Tells the client which Commands are the last that are executed: the server goes. */
  sayGoodbye(): void;
  /** Tells it the same: the connection goes, and the server stays. */
  sendAway(): void;
  /** Whether Commands are in flight. */
  isBusy(): boolean;
  /** How long it is until a client that still sends Commands has had time to hear that they are refused; not positive: it has. */
  quietInMs(): number;
  /** Ends the connection in order: what is written still goes out. */
  end(): void;
  /** Whether something that was written before that still waits to go out. */
  isWriting(): boolean;
  /** Closes at once; `connection.lost` follows. */
  destroy(): void;
  /** Tells the running handlers that nobody waits for their Results any more. */
  abandon(error: unknown): void;
  /** Tells the operator that the connection went before the server wanted it to. */
  reportLost(error: unknown): void;
  /** Tells the server that the connection is gone. */
  forget(): void;
}

/** Events of a session. */
export type SessionEvent =
  /** The client has said who it is, by the wire extension. */
  | { readonly type: 'client.greeted' }
  /** The client speaks, and has not said who it is: it has no wire extension. */
  | { readonly type: 'client.spoke' }
  /** The client may come in. */
  | { readonly type: 'client.admitted' }
  /** The client may not come in. */
  | { readonly type: 'client.refused'; readonly error: unknown }
  /** The ServerInfo is on its way: Commands may come. */
  | { readonly type: 'handshake.done' }
  /** Nothing is in flight any more; told while draining only. */
  | { readonly type: 'commands.settled' }
  /** Idle: nothing has been heard of the client for too long. */
  | { readonly type: 'idle.elapsed'; readonly error: unknown }
  /** The connection has lasted as long as one may. */
  | { readonly type: 'age.elapsed' }
  /** A Command failed that is not answered by an error Result: the connection ends in order in place of that. */
  | { readonly type: 'command.failed'; readonly error: unknown }
  /** The peer broke the protocol, or cannot be answered: its connection must go. */
  | { readonly type: 'connection.failed'; readonly error: unknown }
  /** The connection is over; without an error the peer closed it in order. */
  | { readonly type: 'connection.lost'; readonly error?: unknown }
  /** Finish what is in flight, then close. */
  | { readonly type: 'session.drain' }
  /** Close now. */
  | { readonly type: 'session.close' };

/** Input of a session. */
export interface SessionInput {
  readonly link: SessionLink;
  /** Whether clients are let in only where that is said of each. */
  readonly authorizes: boolean;
  /** Whether the server offers the wire extension, so that a client says who it is before anybody is asked. */
  readonly offers: boolean;
  /** How long it may take to say so. */
  readonly authorizeTimeoutMs: number;
  /** How long the peer may take to answer the server's goodbye. */
  readonly goodbyeTimeoutMs: number;
  /** How long a connection that has lasted long enough may take for what is in flight; Infinity: as long as that takes. */
  readonly ageGraceMs: number;
}

const authorization = fromCallback<SessionEvent, SessionInput>(({ input, sendBack }) => input.link.authorize(sendBack));

/** The session machine. */
export const sessionMachine = setup({
  types: {
    context: {} as SessionInput,
    events: {} as SessionEvent,
    input: {} as SessionInput,
    tags: {} as 'draining',
  },
  actors: { authorization },
  guards: {
    mustListen: ({ context }) => context.authorizes && context.offers,
    mustAuthorize: ({ context }) => context.authorizes,
    isGreeted: ({ context }) => context.link.isGreeted(),
    isSettled: ({ context }) => !context.link.isBusy(),
    isQuiet: ({ context }) => context.link.quietInMs() <= 0,
    isWriting: ({ context }) => context.link.isWriting(),
    hasGrace: ({ context }) => context.ageGraceMs !== Number.POSITIVE_INFINITY,
  },
  delays: {
    authorizeTimeout: ({ context }) => context.authorizeTimeoutMs,
    goodbyeTimeout: ({ context }) => context.goodbyeTimeoutMs,
    quietTime: ({ context }) => Math.max(context.link.quietInMs(), 1),
    ageGrace: ({ context }) => context.ageGraceMs,
    oneTurn: 1,
  },
  actions: {
    reportRefused: ({ context, event }) => context.link.reportRefused(errorOf(event)),
    introduce: ({ context }) => context.link.introduce(),
    welcome: ({ context }) => context.link.welcome(),
    admit: ({ context }) => context.link.admit(),
    startAge: ({ context }) => context.link.startAge(),
    stopAge: ({ context }) => context.link.stopAge(),
    reportOverstayed: ({ context }) => context.link.reportOverstayed(),
    sayGoodbye: ({ context }) => context.link.sayGoodbye(),
    sendAway: ({ context }) => context.link.sendAway(),
    endConnection: ({ context }) => context.link.end(),
    destroyConnection: ({ context }) => context.link.destroy(),
    abandonCommands: ({ context, event }) => context.link.abandon(errorOf(event)),
    reportLost: ({ context, event }) => context.link.reportLost(errorOf(event)),
    forget: ({ context }) => context.link.forget(),
  },
}).createMachine({
  id: 'session',
  description: 'One accepted connection of a server.',
  context: ({ input }) => input,
  initial: 'accepted',
  on: { 'session.close': '.closing' },
  states: {
    accepted: {
      description: 'The connection is there.',
      always: [
        { guard: 'mustListen', target: 'listening' },
        { guard: 'mustAuthorize', target: 'authorizing' },
        { target: 'handshake' },
      ],
    },
    listening: {
      description:
        'The server tells who it is. Whether the client may come in is asked once it has said who it is itself.',
      entry: 'introduce',
      on: {
        'client.greeted': 'authorizing',
        'client.spoke': 'authorizing',
        'connection.lost': 'closed',
        'session.drain': 'ending',
      },
      after: { authorizeTimeout: 'authorizing' },
    },
    authorizing: {
      description: 'Nothing more is read from the client.',
      invoke: { src: 'authorization', input: ({ context }) => context },
      on: {
        'client.admitted': [
          { guard: 'isGreeted', target: 'serving.greeted', actions: 'admit' },
          { target: 'serving', actions: ['admit', 'introduce'] },
        ],
        'client.refused': { target: 'ending', actions: 'reportRefused' },
        'connection.lost': 'closed',
        'session.drain': 'ending',
      },
      initial: 'waiting',
      states: {
        waiting: { after: { authorizeTimeout: 'overdue' } },
        overdue: {
          description: 'A process that was busy for longer gets one turn to hear the answer that lies there.',
          after: { oneTurn: { target: '#session.ending', actions: 'reportRefused' } },
        },
      },
    },
    handshake: {
      description: 'The server tells who it is.',
      entry: ['admit', 'introduce'],
      on: {
        'handshake.done': 'serving',
        'session.drain': 'draining',
      },
    },
    serving: {
      description: 'Commands are handled and answered.',
      on: {
        'command.failed': { target: 'ending', actions: ['reportLost', 'abandonCommands'] },
        'connection.lost': { target: 'closed', actions: 'reportLost' },
        'connection.failed': { target: 'closing', actions: 'reportLost' },
        'idle.elapsed': { target: 'closing', actions: 'reportLost' },
        'session.drain': 'draining',
      },
      initial: 'plain',
      states: {
        plain: {
          description: "The client has not said who it is: one of Go's or an older one, or its hello is on its way.",
          on: { 'client.greeted': 'greeted' },
        },
        greeted: {
          description:
            'Both ends have the wire extension, so that the client can be sent away when it has stayed for long.',
          entry: ['welcome', 'startAge'],
          exit: 'stopAge',
          on: { 'age.elapsed': '#session.retiring' },
        },
      },
    },
    draining: {
      description:
        'Commands in flight finish; what comes is not executed: a client with the wire extension has been told which were taken, another is answered. A peer that understands goes by itself.',
      on: {
        'command.failed': { target: 'ending', actions: ['reportLost', 'abandonCommands'] },
        'connection.lost': { target: 'closed', actions: 'reportLost' },
        'connection.failed': { target: 'closing', actions: 'reportLost' },
        'idle.elapsed': { target: 'closing', actions: 'reportLost' },
        'client.greeted': { actions: ['welcome', 'sayGoodbye'] },
      },
      tags: 'draining',
      entry: 'sayGoodbye',
      initial: 'busy',
      states: {
        busy: { always: { guard: 'isSettled', target: 'settled' }, on: { 'commands.settled': 'settled' } },
        settled: {
          always: { guard: 'isQuiet', target: '#session.ending' },
          on: { 'connection.lost': '#session.closed' },
          after: { quietTime: { target: 'settled', reenter: true } },
        },
      },
    },
    ending: {
      description: 'The server has said all, and ends the connection; that the peer does the same is awaited.',
      entry: 'endConnection',
      on: { 'connection.lost': 'closed', 'idle.elapsed': 'closing' },
      initial: 'waiting',
      states: {
        waiting: {
          after: {
            goodbyeTimeout: [{ guard: 'isWriting', target: 'waiting', reenter: true }, { target: 'overdue' }],
          },
        },
        overdue: {
          description: 'A process that was busy for longer gets one turn to see that the peer has ended it.',
          after: { oneTurn: '#session.closing' },
        },
      },
    },
    closing: {
      description: 'It is cut off: the server closes, the peer was silent for too long, or broke the protocol.',
      entry: ['destroyConnection', 'abandonCommands'],
      on: { 'session.close': {}, 'connection.lost': 'closed' },
    },
    retiring: {
      description:
        'It has lasted as long as a connection may. The client has been told, and dials anew; Commands in flight finish here, within the grace where there is one.',
      tags: 'draining',
      entry: 'sendAway',
      always: { guard: 'isSettled', target: 'ending' },
      on: {
        'commands.settled': 'ending',
        'connection.lost': { target: 'closed', actions: 'reportLost' },
        'connection.failed': { target: 'closing', actions: 'reportLost' },
        'idle.elapsed': { target: 'closing', actions: 'reportLost' },
      },
      initial: 'unlimited',
      states: {
        unlimited: { always: { guard: 'hasGrace', target: 'limited' } },
        limited: {
          description: 'What is still in flight after the grace is cut off.',
          after: { ageGrace: { target: '#session.closing', actions: 'reportOverstayed' } },
        },
      },
    },
    closed: {
      description: 'The connection is gone.',
      type: 'final',
      entry: ['abandonCommands', 'forget'],
    },
  },
});

/** The error that an event carries, if any. */
function errorOf(event: SessionEvent): unknown {
  return 'error' in event ? event.error : undefined;
}
