// The workers of a service: as many processes as are wanted, of one file.
// Driven by its user (roll, drain, close) and by its workers, which are its children and tell when they serve and die.
// Connections pass this machine by, and so does what the processes say of their metrics.
import { type ActorRefFrom, assign, enqueueActions, setup } from 'xstate';
import { type WorkerInput, type WorkerLink, type WorkerOutput, type WorkerReport, workerMachine } from './worker.ts';

/** So many deaths within so long end it. */
const MAX_DEATHS = 5;
/** See {@link MAX_DEATHS}. */
const DEATHS_WITHIN_MS = 60_000;

/** The side of the processes. */
export interface WorkersLink {
  /** Makes what a worker of this number starts its processes by. */
  worker(id: number): WorkerLink;
}

/** Events of the workers. */
export type WorkersEvent =
  | WorkerReport
  | WorkerGone
  /** Replace all processes: a new one first, then goodbye to an old one. */
  | { readonly type: 'workers.roll' }
  | { readonly type: 'workers.drain'; readonly timeoutMs: number }
  | { readonly type: 'workers.close' };

/** A worker has come to its end: what XState tells its parent. */
interface WorkerGone {
  readonly type: `xstate.done.actor.${string}`;
  readonly output: WorkerOutput;
}

/** Input of the workers. */
export interface WorkersInput extends Pick<WorkerInput, 'startTimeoutMs' | 'exitTimeoutMs'> {
  readonly link: WorkersLink;
  /** How many processes there shall be. */
  readonly size: number;
  /** How long Commands in flight may take where a process is replaced, or all end by too many deaths. */
  readonly shutdownTimeoutMs: number;
}

/** A child: its number, and whether it serves. */
interface WorkerSeen {
  readonly id: number;
  readonly actor: ActorRefFrom<typeof workerMachine>;
  readonly isServing: boolean;
  /** It was told to end. */
  readonly isRetired: boolean;
}

/** Context of the workers: their memory. */
export interface WorkersContext extends WorkersInput {
  readonly workers: readonly WorkerSeen[];
  readonly nextId: number;
  /** Those that a roll has yet to replace. */
  readonly old: readonly number[];
  /** Times of the latest deaths, oldest first. */
  readonly deaths: readonly number[];
  /** How long the Commands in flight may take, of all. */
  readonly drainTimeoutMs: number;
  /** Why it came to an end, where nobody asked for it. */
  readonly failure: string | undefined;
  /** Why the latest roll was given up; nothing where it was not. */
  readonly rollFailure: string | undefined;
}

/** Death of a process. */
type Death = Extract<WorkerReport, { type: 'worker.died' }>;

/** The workers' machine. */
export const workersMachine = setup({
  types: { context: {} as WorkersContext, events: {} as WorkersEvent, input: {} as WorkersInput },
  actors: { worker: workerMachine },
  guards: {
    areAllServing: ({ context }) => context.workers.every(({ isServing }) => isServing),
    areAllGone: ({ context }) => context.workers.length === 0,
    hasFailed: ({ context }) => context.failure !== undefined,
    areTooMany: ({ context }, { atMs }: Death) => recent(context, atMs).length >= MAX_DEATHS,
    isNew: ({ context }, { id }: { id: number }) => id === context.nextId - 1,
    isLastOld: ({ context }, { id }: { id: number }) => id === context.nextId - 1 && context.old.length === 1,
  },
  actions: {
    startNew: assign(({ context, spawn, self }) => {
      const { link, nextId: id, startTimeoutMs, exitTimeoutMs } = context;
      const input = { id, link: link.worker(id), parent: self, startTimeoutMs, exitTimeoutMs };
      const actor = spawn('worker', { id: `worker-${id}`, input });
      return {
        workers: [...context.workers, { id, actor, isServing: false, isRetired: false }],
        nextId: id + 1,
      };
    }),
    noteServing: assign(({ context }, { id }: { id: number }) => changed(context, id, { isServing: true })),
    noteDeath: assign(({ context }, death: Death) => ({
      ...changed(context, death.id, { isServing: false }),
      deaths: recent(context, death.atMs),
    })),
    forgetGone: assign(({ context }, { id }: { id: number }) => ({
      workers: context.workers.filter((worker) => worker.id !== id),
    })),
    rememberOld: assign(({ context }) => ({
      old: context.workers.filter(({ isRetired }) => !isRetired).map(({ id }) => id),
      rollFailure: undefined,
    })),
    retireOldest: enqueueActions(({ context, enqueue }) => {
      const [oldest, ...old] = context.old;
      const worker = context.workers.find(({ id }) => id === oldest);
      enqueue.assign({ old });
      if (worker !== undefined) {
        enqueue.sendTo(worker.actor, { type: 'worker.drain', timeoutMs: context.shutdownTimeoutMs });
        enqueue.assign(({ context: now }) => changed(now, worker.id, { isRetired: true }));
      }
    }),
    giveUpRoll: enqueueActions(({ context, enqueue }, { id, reason }: Death) => {
      const worker = context.workers.find((each) => each.id === id);
      enqueue.assign({ old: [], rollFailure: reason });
      if (worker !== undefined) enqueue.sendTo(worker.actor, { type: 'worker.close' });
      enqueue.assign(({ context: now }) => changed(now, id, { isRetired: true }));
    }),
    rememberFailure: assign(({ context }, { reason }: Death) => ({
      failure: reason,
      drainTimeoutMs: context.shutdownTimeoutMs,
    })),
    rememberTimeout: assign({ drainTimeoutMs: (_, { timeoutMs }: { timeoutMs: number }) => timeoutMs }),
    drainWorkers: enqueueActions(({ context, enqueue }) => {
      const { drainTimeoutMs: timeoutMs } = context;
      for (const { actor } of context.workers) enqueue.sendTo(actor, { type: 'worker.drain', timeoutMs });
    }),
    closeWorkers: enqueueActions(({ context, enqueue }) => {
      for (const { actor } of context.workers) enqueue.sendTo(actor, { type: 'worker.close' });
    }),
  },
}).createMachine({
  id: 'workers',
  description: 'The processes of serveWorkers(), from its call to their end.',
  context: ({ input, spawn, self }) => ({
    ...input,
    workers: Array.from({ length: input.size }, (_, id) => ({
      id,
      actor: spawn('worker', {
        id: `worker-${id}`,
        input: {
          id,
          link: input.link.worker(id),
          parent: self,
          startTimeoutMs: input.startTimeoutMs,
          exitTimeoutMs: input.exitTimeoutMs,
        },
      }),
      isServing: false,
      isRetired: false,
    })),
    nextId: input.size,
    old: [],
    deaths: [],
    drainTimeoutMs: 0,
    failure: undefined,
    rollFailure: undefined,
  }),
  initial: 'starting',
  on: {
    'worker.serving': { actions: { type: 'noteServing', params: ({ event }) => event } },
    'xstate.done.actor.*': { actions: { type: 'forgetGone', params: ({ event }) => event.output } },
    'workers.drain': {
      target: '.draining',
      actions: { type: 'rememberTimeout', params: ({ event }) => ({ timeoutMs: event.timeoutMs }) },
    },
    'workers.close': '.closing',
  },
  states: {
    starting: {
      description: 'Not all serve yet. A process that dies now ends it: the next would die as well.',
      always: { guard: 'areAllServing', target: 'serving' },
      on: {
        'worker.died': { target: 'draining', actions: { type: 'rememberFailure', params: ({ event }) => event } },
      },
    },
    serving: {
      description: 'All have served. Where a process dies, its worker starts another.',
      initial: 'steady',
      on: {
        'worker.died': [
          {
            guard: { type: 'areTooMany', params: ({ event }) => event },
            target: 'draining',
            actions: { type: 'rememberFailure', params: ({ event }) => event },
          },
          { actions: { type: 'noteDeath', params: ({ event }) => event } },
        ],
      },
      states: {
        steady: {
          description: 'There are as many as there shall be.',
          on: { 'workers.roll': { target: 'rolling', actions: 'rememberOld' } },
        },
        rolling: {
          description: 'There is a new one; once it serves, an old one says goodbye. One by one.',
          entry: 'startNew',
          on: {
            'worker.serving': [
              {
                guard: { type: 'isLastOld', params: ({ event }) => event },
                target: 'steady',
                actions: [{ type: 'noteServing', params: ({ event }) => event }, 'retireOldest'],
              },
              {
                guard: { type: 'isNew', params: ({ event }) => event },
                target: 'rolling',
                reenter: true,
                actions: [{ type: 'noteServing', params: ({ event }) => event }, 'retireOldest'],
              },
              { actions: { type: 'noteServing', params: ({ event }) => event } },
            ],
            'worker.died': [
              {
                guard: { type: 'isNew', params: ({ event }) => event },
                target: 'steady',
                actions: { type: 'giveUpRoll', params: ({ event }) => event },
              },
              {
                guard: { type: 'areTooMany', params: ({ event }) => event },
                target: '#workers.draining',
                actions: { type: 'rememberFailure', params: ({ event }) => event },
              },
              { actions: { type: 'noteDeath', params: ({ event }) => event } },
            ],
          },
        },
      },
    },
    draining: {
      description: 'Each finishes what it has in flight, and ends.',
      entry: 'drainWorkers',
      always: { guard: 'areAllGone', target: 'over' },
    },
    closing: {
      description: 'Each closes what it has, and ends.',
      entry: 'closeWorkers',
      always: { guard: 'areAllGone', target: 'over' },
    },
    over: {
      description: 'There is no process left.',
      always: [{ guard: 'hasFailed', target: 'failed' }, { target: 'closed' }],
    },
    failed: { description: 'The end: processes died too often, or before they served.', type: 'final' },
    closed: { description: 'The end that was asked for.', type: 'final' },
  },
});

/** The deaths that count at a time, with one at that time. */
function recent({ deaths }: WorkersContext, atMs: number): readonly number[] {
  return [...deaths, atMs].filter((deathMs) => atMs - deathMs < DEATHS_WITHIN_MS).slice(-MAX_DEATHS);
}

/** The workers where one of them has changed. */
function changed(
  { workers }: WorkersContext,
  id: number,
  change: Partial<WorkerSeen>,
): Pick<WorkersContext, 'workers'> {
  return { workers: workers.map((worker) => (worker.id === id ? { ...worker, ...change } : worker)) };
}
