// A group: several clients of one service. Its state is what its clients' states add up to.
// Driven by its clients, which are its children and report each change, and by the sender (drain, close).
// Commands are dispatched beside this machine, among the clients that are ready.
import { type ActorRefFrom, assign, enqueueActions, raise, setup } from 'xstate';
import { type ClientChanged, type ClientInput, type ClientOutput, type ClientPhase, clientMachine } from './client.ts';

/** Events of a group. */
export type GroupEvent =
  | ClientChanged
  | ClientClosed
  | { readonly type: 'addresses.changed' }
  | { readonly type: 'group.drain'; readonly timeoutMs: number }
  | { readonly type: 'group.close' };

/** A client has come to its end: what XState tells its parent. */
interface ClientClosed {
  readonly type: `xstate.done.actor.${string}`;
  readonly output: ClientOutput;
}

/** Input of a group. */
export interface GroupInput {
  /** One for each client; the group adds itself as the parent. */
  readonly clients: readonly Omit<ClientInput, 'parent'>[];
  /** How a client is called in an inspector. */
  readonly nameOf: (id: number) => string;
}

/** Context of a group: its memory. */
export interface GroupContext {
  readonly clients: readonly ActorRefFrom<typeof clientMachine>[];
  /** The phase of each client, at the client's id. */
  readonly phases: readonly ClientPhase[];
  /** Why each client is not ready, at the client's id; nothing where it is, or was asked to close. */
  readonly errors: readonly (Error | undefined)[];
  /** The newest of `errors`; once that is gone, one of those that are left. */
  readonly error: Error | undefined;
}

/** Phase that a client has come to. */
interface PhaseOfClient {
  readonly id: number;
  readonly phase: ClientPhase;
  readonly error: Error | undefined;
}

/** The group machine. */
export const groupMachine = setup({
  types: {
    context: {} as GroupContext,
    events: {} as GroupEvent,
    input: {} as GroupInput,
  },
  actors: { client: clientMachine },
  guards: {
    areAllReady: ({ context }) => context.phases.every((phase) => phase === 'ready'),
    isOneReady: ({ context }) => context.phases.includes('ready'),
    isOneNotReady: ({ context }) => context.phases.some((phase) => phase !== 'ready'),
    isNoneReady: ({ context }) => !context.phases.includes('ready'),
    isNoneConnecting: ({ context }) => !context.phases.includes('connecting'),
    areAllClosed: ({ context }) => context.phases.every((phase) => phase === 'closed'),
  },
  delays: {
    drainTimeout: ({ event }) => (event.type === 'group.drain' ? event.timeoutMs : 0),
  },
  actions: {
    notePhase: assign(({ context }, { id, phase, error }: PhaseOfClient) => withPhase(context, id, phase, error)),
    hurryOthers: enqueueActions(({ context, enqueue }, { phase }: Pick<PhaseOfClient, 'phase'>) => {
      if (phase !== 'ready') return;
      for (const [id, client] of context.clients.entries()) {
        if (context.phases[id] === 'reconnecting') enqueue.sendTo(client, { type: 'client.hurry' });
      }
    }),
    tellAddresses: enqueueActions(({ context, enqueue }) => {
      for (const client of openClients(context)) enqueue.sendTo(client, { type: 'addresses.changed' });
    }),
    drainClients: enqueueActions(({ context, event, enqueue }) => {
      const timeoutMs = event.type === 'group.drain' ? event.timeoutMs : 0;
      for (const client of openClients(context)) enqueue.sendTo(client, { type: 'client.drain', timeoutMs });
    }),
    // Each limit runs by itself: whoever asks last cannot take back what an earlier one was promised.
    limitDraining: raise({ type: 'group.close' as const }, { delay: 'drainTimeout' }),
    closeClients: enqueueActions(({ context, enqueue }) => {
      for (const client of openClients(context)) enqueue.sendTo(client, { type: 'client.close' });
    }),
  },
}).createMachine({
  id: 'group',
  description: 'What sender.status tells: several clients of one service, seen as one.',
  context: ({ input, spawn, self }) => ({
    clients: input.clients.map((client) =>
      spawn('client', { id: input.nameOf(client.id), input: { ...client, parent: self } }),
    ),
    phases: input.clients.map(() => 'connecting' as const),
    errors: input.clients.map(() => undefined),
    error: undefined,
  }),
  initial: 'starting',
  on: {
    'client.changed': {
      actions: [
        { type: 'notePhase', params: ({ event }) => event },
        { type: 'hurryOthers', params: ({ event }) => event },
      ],
    },
    'xstate.done.actor.*': {
      actions: { type: 'notePhase', params: ({ event }) => ({ ...event.output, phase: 'closed' as const }) },
    },
    'addresses.changed': { actions: 'tellAddresses' },
    'group.drain': '.draining',
    'group.close': '.closing',
  },
  states: {
    // Each rule stands once: several are followed in one step where much has changed.
    starting: {
      description: 'No client is ready yet: sends wait for the first connect.',
      always: [
        { guard: 'isOneReady', target: 'degraded' },
        { guard: 'isNoneConnecting', target: 'unavailable' },
      ],
    },
    ready: {
      description: 'Every client is ready.',
      always: { guard: 'isOneNotReady', target: 'degraded' },
    },
    degraded: {
      description: 'At least one client is ready: sends go there, and nothing fails for it.',
      always: [
        { guard: 'areAllReady', target: 'ready' },
        { guard: 'isNoneReady', target: 'unavailable' },
      ],
    },
    unavailable: {
      description: 'No client is ready: a send fails at once, or waits within its deadline.',
      always: [
        { guard: 'isOneReady', target: 'degraded' },
        { guard: 'areAllClosed', target: 'closed' },
      ],
    },
    draining: {
      description: "What is pending may finish; a new send fails with 'closed'.",
      entry: ['drainClients', 'limitDraining'],
      on: { 'group.drain': { actions: 'limitDraining' } },
      always: { guard: 'areAllClosed', target: 'closed' },
    },
    closing: {
      description: 'What is pending fails.',
      entry: 'closeClients',
      on: { 'group.drain': {}, 'group.close': {} },
      always: { guard: 'areAllClosed', target: 'closed' },
    },
    closed: { description: "A send fails with 'closed'.", type: 'final' },
  },
});

/** A closed client is gone: there is nobody to tell. */
function openClients({ clients, phases }: GroupContext): readonly ActorRefFrom<typeof clientMachine>[] {
  return clients.filter((_, id) => phases[id] !== 'closed');
}

function withPhase(
  context: GroupContext,
  id: number,
  phase: ClientPhase,
  error: Error | undefined,
): Partial<GroupContext> {
  const phases = context.phases.with(id, phase);
  const errors = context.errors.with(id, error);
  const newest = error ?? context.error;
  return { phases, errors, error: errors.includes(newest) ? newest : errors.find((left) => left !== undefined) };
}
