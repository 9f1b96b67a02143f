// A worker: the place of one process of a service, in which another is started when one dies.
// Driven by the workers' machine, its parent (drain, close), and by its process, which reports how far it is.
// What a process serves passes this machine by: connections come to it from the system or the cluster.
import { type ActorRef, assign, type Snapshot, sendTo, setup } from 'xstate';

/** The side of a worker's process: what the machine makes happen. None of it may throw. */
export interface WorkerLink {
  /** Starts a process, and reports what becomes of it. */
  fork(report: (event: ProcessEvent) => void): void;
  /** Has the process finish what is in flight, for so long at most, and end. */
  drain(timeoutMs: number): void;
  /** Has it close everything, and end. */
  close(): void;
  /** Ends it, whatever it does. */
  kill(): void;
  /** How long to wait before another is started, after so many that died without having served. */
  backoffMs(deaths: number): number;
}

/** What a process reports. */
export type ProcessEvent =
  /** It has had an address. */
  | { readonly type: 'process.listening' }
  /** It handles Commands. */
  | { readonly type: 'process.serving' }
  /** It is gone; the time is a monotonic one. */
  | { readonly type: 'process.exited'; readonly reason: string; readonly atMs: number };

/** Events of a worker. */
export type WorkerEvent =
  | ProcessEvent
  | { readonly type: 'worker.drain'; readonly timeoutMs: number }
  | { readonly type: 'worker.close' };

/** What a worker tells its parent. */
export type WorkerReport =
  | { readonly type: 'worker.serving'; readonly id: number }
  | { readonly type: 'worker.died'; readonly id: number; readonly reason: string; readonly atMs: number };

/** Input of a worker. */
export interface WorkerInput {
  readonly id: number;
  readonly link: WorkerLink;
  readonly parent: ActorRef<Snapshot<unknown>, WorkerReport>;
  /** How long a process may take until it serves. */
  readonly startTimeoutMs: number;
  /** How long it may take to end, once there is nothing in flight. */
  readonly exitTimeoutMs: number;
}

/** Context of a worker: its memory. */
export interface WorkerContext extends WorkerInput {
  /** How many died since one has served. */
  readonly deaths: number;
  /** How long the Commands in flight may take once draining has begun. */
  readonly drainTimeoutMs: number;
}

/** What a worker leaves. */
export interface WorkerOutput {
  readonly id: number;
}

/** End of a process. */
type Exit = Pick<Extract<ProcessEvent, { type: 'process.exited' }>, 'reason' | 'atMs'>;

/** The worker machine. */
export const workerMachine = setup({
  types: {
    context: {} as WorkerContext,
    events: {} as WorkerEvent,
    input: {} as WorkerInput,
    output: {} as WorkerOutput,
  },
  delays: {
    startTimeout: ({ context }) => context.startTimeoutMs,
    backoff: ({ context }) => context.link.backoffMs(context.deaths),
    drainTimeout: ({ context }) => context.drainTimeoutMs + context.exitTimeoutMs,
    exitTimeout: ({ context }) => context.exitTimeoutMs,
  },
  actions: {
    fork: ({ context, self }) => context.link.fork((event) => self.send(event)),
    tellServing: sendTo(
      ({ context }) => context.parent,
      ({ context: { id } }) => ({ type: 'worker.serving', id }),
    ),
    tellDeath: sendTo(
      ({ context }) => context.parent,
      ({ context: { id } }, { reason, atMs }: Exit) => ({ type: 'worker.died', id, reason, atMs }),
    ),
    countDeath: assign({ deaths: ({ context }) => context.deaths + 1 }),
    forgetDeaths: assign({ deaths: 0 }),
    rememberTimeout: assign({ drainTimeoutMs: (_, { timeoutMs }: { timeoutMs: number }) => timeoutMs }),
    drainProcess: ({ context }) => context.link.drain(context.drainTimeoutMs),
    closeProcess: ({ context }) => context.link.close(),
    killProcess: ({ context }) => context.link.kill(),
  },
}).createMachine({
  id: 'worker',
  description: 'The place of one process: where one dies, another is started after a pause.',
  context: ({ input }) => ({ ...input, deaths: 0, drainTimeoutMs: 0 }),
  initial: 'alive',
  output: ({ context }) => ({ id: context.id }),
  states: {
    alive: {
      description: 'There is a process, which is wanted.',
      initial: 'starting',
      on: {
        'process.exited': {
          target: 'waiting',
          actions: ['countDeath', { type: 'tellDeath', params: ({ event }) => event }],
        },
        'worker.drain': {
          target: 'draining',
          actions: { type: 'rememberTimeout', params: ({ event }) => ({ timeoutMs: event.timeoutMs }) },
        },
        'worker.close': 'closing',
      },
      states: {
        starting: {
          description: 'It has to serve within its time.',
          initial: 'forked',
          entry: 'fork',
          on: { 'process.serving': 'serving' },
          after: { startTimeout: 'stuck' },
          states: {
            forked: { description: 'The process begins.', on: { 'process.listening': 'listening' } },
            listening: { description: 'It has its address.' },
          },
        },
        serving: {
          description: 'It handles Commands.',
          entry: ['forgetDeaths', 'tellServing'],
        },
        stuck: { description: 'It took too long to serve, and is killed.', entry: 'killProcess' },
      },
    },
    waiting: {
      description: 'A process has died; another is started after a pause of random length.',
      on: { 'worker.drain': 'gone', 'worker.close': 'gone' },
      after: { backoff: 'alive' },
    },
    draining: {
      description: 'Commands in flight may finish, within the timeout; then the process ends.',
      entry: 'drainProcess',
      on: { 'process.exited': 'gone', 'worker.close': 'closing' },
      after: { drainTimeout: 'killed' },
    },
    closing: {
      description: 'It closes its connections, and ends.',
      entry: 'closeProcess',
      on: { 'process.exited': 'gone' },
      after: { exitTimeout: 'killed' },
    },
    killed: {
      description: 'It did not end by itself.',
      entry: 'killProcess',
      on: { 'process.exited': 'gone' },
    },
    gone: { description: 'The end: there is no process, and none comes.', type: 'final' },
  },
});
