// A client: one connection to a server, kept alive, opened again when it is lost, and closed in order.
// Driven by the group that it belongs to (drain, close, addresses) and by its link: the socket and what goes over it.
// No Command passes this machine; while it is ready, Commands and Results go over the link directly.
import { type AnyActorRef, assign, enqueueActions, fromCallback, fromPromise, raise, setup } from 'xstate';

/** What a client is doing, as its group and its user see it. */
export type ClientPhase = 'connecting' | 'ready' | 'moving' | 'reconnecting' | 'draining' | 'closed';

/** The socket side of a client: what the machine makes happen. */
export interface ClientLink {
  /** Dials, does TLS, and checks the ServerInfo. `error.final` says that trying again is of no use. */
  connect(signal: AbortSignal): Promise<void>;
  /**
   * Takes the connection into use: Commands may be sent from now on. Tells of its fate; what it returns closes it and
   * fails what is pending.
   */
  open(tell: (event: ClientLinkEvent) => void): () => void;
  /** No more Commands may be sent. */
  refuse(): void;
  /** Asks the peer for a sign of life. */
  sendPing(): void;
  /** For how long nothing has arrived. */
  quietMs(): number;
  /** For how long nothing has been sent. */
  idleMs(): number;
  /** Whether no Result is awaited. */
  isIdle(): boolean;
  /** Tells `pending.settled` once no Result is awaited any more. */
  awaitIdle(): void;
  /** Whether the address that it is connected to is still one to use. */
  isAddressCurrent(): boolean;
  /** Whether there is an address that it has not tried since its last connection. */
  hasUntriedAddress(): boolean;
  /** Whether an error is final: dialling again cannot help. */
  isFinal(error: unknown): boolean;
  /** Makes the error of a connection that did not do its part in time. */
  overdue(what: 'handshake' | 'ping' | 'results'): Error;
}

/** What the link tells the machine. */
export type ClientLinkEvent =
  | { readonly type: 'connection.lost'; readonly error: Error }
  | { readonly type: 'pong.received' }
  | { readonly type: 'pending.settled' };

/** What can happen to a client. */
export type ClientEvent =
  | ClientLinkEvent
  | { readonly type: 'addresses.changed' }
  | { readonly type: 'client.drain'; readonly timeoutMs: number }
  | { readonly type: 'client.close' };

/** What a client tells its group whenever its phase changes; that it is closed, its end tells by itself. */
export interface ClientChanged {
  readonly type: 'client.changed';
  readonly id: number;
  readonly phase: Exclude<ClientPhase, 'closed'>;
  readonly error: Error | undefined;
}

/** What a client leaves behind when it is closed. */
export interface ClientOutput {
  readonly id: number;
  /** Why it was closed, where it was not asked to. */
  readonly error: Error | undefined;
}

/** How long things take, in milliseconds, and how waits grow. */
export interface ClientTimings {
  /** For dial, TLS and ServerInfo together. */
  readonly handshakeTimeoutMs: number;
  /** When nothing has arrived, or nothing has been sent, for so long, a Ping is sent; Infinity: never. */
  readonly keepaliveTimeMs: number;
  /** For the answer to a Ping. */
  readonly pingTimeoutMs: number;
  /** For the Results of what is pending when moving to another address. */
  readonly drainTimeoutMs: number;
  /** The bound of the first wait before dialling again; the wait itself is random below it. */
  readonly backoffInitialMs: number;
  /** The bound that waits grow to. */
  readonly backoffMaxMs: number;
  /** By how much the bound grows with each attempt. */
  readonly backoffFactor: number;
  /** A connection that has lived so long sets the waits back to the first. */
  readonly backoffResetMs: number;
}

/** What a client is made of. */
export interface ClientInput {
  readonly id: number;
  readonly link: ClientLink;
  readonly timings: ClientTimings;
  /** Whether a lost connection is opened again. */
  readonly reconnect: boolean;
  /** Random numbers within [0, 1), for the jitter of waits. */
  readonly random: () => number;
  /** Who is told of changes; nobody where a client stands alone. */
  readonly parent?: AnyActorRef | undefined;
}

/** What a client remembers. */
export interface ClientContext extends ClientInput {
  /** Dials since the last connection that lived long enough. */
  readonly attempt: number;
  /** The wait before the next dial. */
  readonly delayMs: number;
  /** How long Results may still take when draining. */
  readonly drainTimeoutMs: number;
  /** Why the last connection, or attempt, ended. */
  readonly error: Error | undefined;
}

/** A Node timer holds no more; an endless delay is looked at again after it. */
const LONGEST_TIMER_MS = 2_147_483_647;

const connect = fromPromise<void, { link: ClientLink }>(({ input, signal }) => input.link.connect(signal));

const connection = fromCallback<ClientEvent, { link: ClientLink }>(({ input, sendBack }) => input.link.open(sendBack));

/** For how long one of the two sides has said nothing: either may close a connection on which it hears nothing. */
function silentMs(link: ClientLink): number {
  return Math.max(link.quietMs(), link.idleMs());
}

/** The client machine. */
export const clientMachine = setup({
  types: {
    context: {} as ClientContext,
    events: {} as ClientEvent,
    input: {} as ClientInput,
    output: {} as ClientOutput,
  },
  actors: { connect, connection },
  guards: {
    isFinal: ({ context, event }) => context.link.isFinal(errorOf(event)),
    mayReconnect: ({ context }) => context.reconnect,
    isQuiet: ({ context }) => context.link.quietMs() >= context.timings.keepaliveTimeMs,
    isPingDue: ({ context }) => silentMs(context.link) >= context.timings.keepaliveTimeMs,
    isIdle: ({ context }) => context.link.isIdle(),
    hasUntriedAddress: ({ context }) => context.link.hasUntriedAddress(),
    hasLeftAddress: ({ context }) => !context.link.isAddressCurrent(),
  },
  delays: {
    handshakeTimeout: ({ context }) => context.timings.handshakeTimeoutMs,
    keepaliveTime: ({ context }) =>
      Math.min(Math.max(context.timings.keepaliveTimeMs - silentMs(context.link), 1), LONGEST_TIMER_MS),
    pingTimeout: ({ context }) => context.timings.pingTimeoutMs,
    oneTurn: 1,
    backoff: ({ context }) => context.delayMs,
    stableTime: ({ context }) => context.timings.backoffResetMs,
    drainTimeout: ({ context }) => context.drainTimeoutMs,
  },
  actions: {
    refuse: ({ context }) => context.link.refuse(),
    sendPing: ({ context }) => context.link.sendPing(),
    awaitIdle: ({ context }) => context.link.awaitIdle(),
    rememberError: assign(({ event }) => ({ error: errorOf(event) })),
    rememberSlowHandshake: assign(({ context }) => ({ error: context.link.overdue('handshake') })),
    loseUnresponsive: raise(({ context }) => ({
      type: 'connection.lost' as const,
      error: context.link.overdue('ping'),
    })),
    rememberCutOff: assign(({ context }) => ({ error: context.link.overdue('results') })),
    forgetError: assign({ error: undefined }),
    chooseDelay: assign(({ context: { attempt, random, timings } }) => {
      const boundMs = Math.min(timings.backoffMaxMs, timings.backoffInitialMs * timings.backoffFactor ** attempt);
      return { attempt: attempt + 1, delayMs: random() * boundMs };
    }),
    limitDraining: assign(({ context, event }) => ({
      drainTimeoutMs: event.type === 'client.drain' ? event.timeoutMs : context.drainTimeoutMs,
    })),
    resetAttempts: assign({ attempt: 0 }),
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
    drainTimeoutMs: input.timings.drainTimeoutMs,
    error: undefined,
  }),
  initial: 'connecting',
  on: {
    'client.close': { target: '.closed', actions: 'forgetError' },
    'client.drain': { target: '.closed', actions: 'forgetError' },
  },
  states: {
    connecting: {
      entry: { type: 'report', params: { phase: 'connecting' } },
      invoke: {
        src: 'connect',
        input: ({ context }) => ({ link: context.link }),
        onDone: 'connected',
        onError: [
          { guard: 'isFinal', target: 'closed', actions: 'rememberError' },
          // The first time each address has its turn at once; waiting comes after all of them.
          { guard: 'hasUntriedAddress', target: 'connecting', reenter: true, actions: 'rememberError' },
          { guard: 'mayReconnect', target: 'reconnecting', actions: 'rememberError' },
          { target: 'closed', actions: 'rememberError' },
        ],
      },
      // What is being dialled may be no address to use any more.
      on: { 'addresses.changed': { guard: 'hasLeftAddress', target: 'connecting', reenter: true } },
      after: {
        handshakeTimeout: [
          { guard: 'hasUntriedAddress', target: 'connecting', reenter: true, actions: 'rememberSlowHandshake' },
          { guard: 'mayReconnect', target: 'reconnecting', actions: 'rememberSlowHandshake' },
          { target: 'closed', actions: 'rememberSlowHandshake' },
        ],
      },
    },
    connected: {
      entry: 'forgetError',
      invoke: { src: 'connection', input: ({ context }) => ({ link: context.link }) },
      initial: 'ready',
      on: {
        'connection.lost': [
          { guard: 'mayReconnect', target: 'reconnecting', actions: 'rememberError' },
          { target: 'closed', actions: 'rememberError' },
        ],
        'client.drain': { target: '.draining', actions: 'limitDraining' },
      },
      after: { stableTime: { actions: 'resetAttempts' } },
      states: {
        ready: {
          entry: { type: 'report', params: { phase: 'ready' } },
          exit: 'refuse',
          initial: 'idle',
          on: { 'addresses.changed': { guard: 'hasLeftAddress', target: 'moving' } },
          states: {
            idle: {
              after: {
                keepaliveTime: [
                  { guard: 'isPingDue', target: 'pinging' },
                  { target: 'idle', reenter: true },
                ],
              },
            },
            pinging: {
              entry: 'sendPing',
              on: { 'pong.received': 'idle' },
              after: { pingTimeout: 'overdue' },
            },
            // A process that was busy for longer than the timeout gets one turn to read the Pong that lies there.
            overdue: {
              on: { 'pong.received': 'idle' },
              after: { oneTurn: [{ guard: 'isQuiet', actions: 'loseUnresponsive' }, { target: 'idle' }] },
            },
          },
        },
        moving: {
          entry: ['awaitIdle', { type: 'report', params: { phase: 'moving' } }],
          always: { guard: 'isIdle', target: '#client.connecting' },
          on: { 'pending.settled': '#client.connecting' },
          after: { drainTimeout: { target: '#client.connecting', actions: 'rememberCutOff' } },
        },
        draining: {
          entry: ['awaitIdle', { type: 'report', params: { phase: 'draining' } }],
          always: { guard: 'isIdle', target: '#client.closed' },
          on: {
            'client.drain': {},
            'connection.lost': '#client.closed',
            'pending.settled': '#client.closed',
          },
          after: { drainTimeout: '#client.closed' },
        },
      },
    },
    reconnecting: {
      initial: 'waiting',
      states: {
        waiting: {
          entry: ['chooseDelay', { type: 'report', params: { phase: 'reconnecting' } }],
          after: { backoff: 'dialling' },
        },
        dialling: {
          invoke: {
            src: 'connect',
            input: ({ context }) => ({ link: context.link }),
            onDone: '#client.connected',
            onError: [
              { guard: 'isFinal', target: '#client.closed', actions: 'rememberError' },
              { target: 'waiting', actions: 'rememberError' },
            ],
          },
          on: { 'addresses.changed': { guard: 'hasLeftAddress', target: 'dialling', reenter: true } },
          after: { handshakeTimeout: { target: 'waiting', actions: 'rememberSlowHandshake' } },
        },
      },
    },
    closed: { type: 'final' },
  },
  output: ({ context: { id, error } }) => ({ id, error }),
});

/** The error that an event carries: a lost connection's, or a failed dial's. */
function errorOf(event: { readonly type: string; readonly error?: unknown }): Error {
  const { error } = event;
  // By its shape: what a transport throws may come from another realm.
  if (typeof error !== 'object' || error === null) return new Error(String(error));
  return 'message' in error ? (error as Error) : new Error('an error without a message');
}
