// A server: listens, accepts connections, finishes what is in flight when it is shut down, and closes in bounded time.
// Driven by its user (shut down, close) and by its listener and sessions, which report what is gone.
// Neither connections nor Commands pass this machine: each connection is a session of its own beside it.
import { assign, fromCallback, fromPromise, setup } from 'xstate';

/** The side of a server's connections: what the machine makes happen. None of it may throw. */
export interface ServerLink {
  /** How many connections there are. */
  readonly size: number;
  /** Lets each finish what it has in flight, and then close. */
  drain(): void;
  /** Closes all at once. */
  destroy(): void;
}

/** The listener of a server. */
export interface ServerListener {
  /** Where it listens, with the real port. */
  readonly address: string;
  /** Takes other certificates; left out where there is no TLS. */
  setTls?(tls: object): void;
  /** Accepts nothing more. Resolves once no connection can come any more. */
  close(): Promise<void>;
}

/** Events of a server. */
export type ServerEvent =
  /** Finish what is in flight, for so long at most, then close. */
  | { readonly type: 'server.shutDown'; readonly timeoutMs: number }
  /** Close now. */
  | { readonly type: 'server.close' }
  /** The last connection is gone; means nothing while listening. */
  | { readonly type: 'connections.gone' };

/** Input of a server. */
export interface ServerInput {
  readonly link: ServerLink;
  /** How long an own or foreign transport may take to close what it was told to close. */
  readonly closeTimeoutMs: number;
}

/** Context of a server: its memory. */
export interface ServerContext extends ServerInput {
  /** How long the Commands in flight may take once shutting down has begun. */
  readonly shutdownTimeoutMs: number;
  /** There from listening on. */
  readonly listener: ServerListener | undefined;
  /** Why it could not listen. */
  readonly error: unknown;
}

/** The server machine. */
export const serverMachine = setup({
  types: {
    context: {} as ServerContext,
    events: {} as ServerEvent,
    input: {} as ServerInput,
    tags: {} as 'accepting',
  },
  actors: {
    /** Provided by the owner of the transport: resolves once connections can come. */
    listen: fromPromise<ServerListener>(async () => ({ address: '', close: async () => {} })),
    stopListening: fromPromise<void, Pick<ServerContext, 'listener'>>(async ({ input }) => input.listener?.close()),
    /** Provided by the owner of the connections: closes idle ones, from which nothing comes. */
    watchIdle: fromCallback(() => {}),
  },
  guards: {
    isEmpty: ({ context }) => context.link.size === 0,
  },
  delays: {
    shutdownTimeout: ({ context }) => context.shutdownTimeoutMs,
    closeTimeout: ({ context }) => context.closeTimeoutMs,
  },
  actions: {
    keepListener: assign({ listener: (_, { listener }: { listener: ServerListener }) => listener }),
    rememberError: assign({ error: (_, { error }: { error: unknown }) => error }),
    rememberTimeout: assign({ shutdownTimeoutMs: (_, { timeoutMs }: { timeoutMs: number }) => timeoutMs }),
    drainConnections: ({ context }) => context.link.drain(),
    destroyConnections: ({ context }) => context.link.destroy(),
  },
}).createMachine({
  id: 'server',
  description: 'A server, from serve() to its end. Each step of its end is bounded in time.',
  context: ({ input }) => ({ ...input, shutdownTimeoutMs: 0, listener: undefined, error: undefined }),
  initial: 'starting',
  states: {
    starting: {
      description: 'The address is being had.',
      tags: 'accepting',
      invoke: {
        src: 'listen',
        onDone: {
          target: 'listening',
          actions: { type: 'keepListener', params: ({ event }) => ({ listener: event.output }) },
        },
        onError: {
          target: 'failed',
          actions: { type: 'rememberError', params: ({ event }) => ({ error: event.error }) },
        },
      },
    },
    listening: {
      description: 'Connections are accepted, and Commands are handled.',
      tags: 'accepting',
      invoke: { src: 'watchIdle' },
      on: {
        'server.shutDown': {
          target: 'stopping',
          actions: { type: 'rememberTimeout', params: ({ event }) => ({ timeoutMs: event.timeoutMs }) },
        },
        'server.close': 'stopping.connections.closing',
      },
    },
    stopping: {
      description: 'The listener closes while the connections come to their end.',
      type: 'parallel',
      states: {
        listener: {
          initial: 'closing',
          states: {
            closing: {
              invoke: {
                src: 'stopListening',
                input: ({ context: { listener } }) => ({ listener }),
                onDone: 'closed',
                onError: 'closed',
              },
              after: { closeTimeout: 'closed' },
            },
            closed: { type: 'final' },
          },
        },
        connections: {
          initial: 'draining',
          states: {
            draining: {
              description: 'Commands in flight may finish, within the timeout.',
              entry: 'drainConnections',
              always: { guard: 'isEmpty', target: 'gone' },
              invoke: { src: 'watchIdle' },
              on: { 'connections.gone': 'gone', 'server.close': 'closing' },
              after: { shutdownTimeout: 'closing' },
            },
            closing: {
              description: 'They are cut off.',
              entry: 'destroyConnections',
              always: { guard: 'isEmpty', target: 'gone' },
              on: { 'connections.gone': 'gone' },
              after: { closeTimeout: 'gone' },
            },
            gone: { type: 'final' },
          },
        },
      },
      onDone: 'closed',
    },
    failed: { description: 'It could not listen.', type: 'final' },
    closed: { description: 'The end: nothing listens, and no connection is left.', type: 'final' },
  },
});
