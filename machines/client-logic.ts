// What the client machine asks, waits for and does, by name; its chart is in client.ts.
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

const connect = fromPromise<ConnectionLink, { link: ClientLink }>(({ input, signal }) => input.link.connect(signal));

// Made here, and not where they are enqueued: XState takes it for a mistake where a user's code is on the way there.
const stopConnection = stopChild<ClientContext, ClientEvent, undefined, ClientEvent>(({ event }) =>
  event.type === 'connection.over' ? event.id : '',
);
const forgetConnection = assign<ClientContext, ClientEvent, undefined, ClientEvent, never>(({ context, event }) => ({
  connections: context.connections.filter((id) => event.type !== 'connection.over' || event.id !== id),
}));

/** The client machine without its chart. */
export const clientLogic = setup({
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
    openConnection: enqueueActions(({ context, enqueue, self }, { link }: { link: ConnectionLink }) => {
      const { timings, connections } = context;
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
    limitDraining: assign((_, { timeoutMs }: { timeoutMs: number }) => ({
      error: undefined,
      drainTimeoutMs: timeoutMs,
    })),
    countAttempt: assign(({ context }) => ({ attempt: context.attempt + 1 })),
    resetAttempts: assign({ attempt: 0, hurried: false }),
    report: enqueueActions(({ context, enqueue }, { phase }: { phase: ClientChanged['phase'] }) => {
      const { parent, id, error } = context;
      if (parent !== undefined) enqueue.sendTo(parent, { type: 'client.changed', id, phase, error });
    }),
  },
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
