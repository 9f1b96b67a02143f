// A request: one send of one Command, from the call to its outcome. It carries its own deadline.
// Driven by the sender (a deadline queue, the caller's AbortSignal) and by the client that received its Results.
// Normally it runs compiled into a flat table; with an inspector attached, as an XState actor. Both are this chart.
import { setup } from 'xstate';

/** Events of a request. `error` travels with the event: the machine never looks into it. */
export type RequestEvent =
  | { readonly type: 'command.sent' }
  /** The server has not executed it, and never will: it is shutting down. Another server may. */
  | { readonly type: 'command.returned' }
  | ResultReceived
  | { readonly type: 'request.failed'; readonly error: Error }
  | { readonly type: 'deadline.reached' }
  | { readonly type: 'caller.cancelled'; readonly error: Error };

/** A Result has arrived for the request. */
export interface ResultReceived {
  readonly type: 'result.received';
  /** The name of its type. */
  readonly resultType: string;
  readonly value: unknown;
  /** Its bytes on the wire. */
  readonly size: number;
  /** About how many bytes it takes in memory. */
  readonly weight: number;
  /** Whether it is the last one that the request waits for. */
  readonly last: boolean;
}

/** Effects of the machine on the world. Each is called at the moment that the chart says, and must not throw. */
export interface RequestWork {
  /** Whether the caller has left so many Results untaken that no more may be kept. */
  isFull(): boolean;
  /** Hands a Result to the caller. */
  deliver(event: RequestEvent): void;
  /** Lets go of deadline, signal and client: a Result that comes later is nobody's. */
  release(): void;
  /** Lets go of the client: that it has been sent counts for nothing. */
  recall(): void;
  /** The last Result was seen. */
  succeed(): void;
  /** The request failed with the event's error; without one, because the caller took too few Results. */
  fail(event: RequestEvent): void;
  /** The deadline passed. */
  timeOut(): void;
  /** The caller lost interest. */
  cancel(event: RequestEvent): void;
}

/** Input of a request. */
export interface RequestInput {
  readonly work: RequestWork;
}

/** The request machine. */
export const requestMachine = setup({
  types: {
    context: {} as { readonly work: RequestWork },
    events: {} as RequestEvent,
    input: {} as RequestInput,
  },
  guards: {
    isFull: ({ context }) => context.work.isFull(),
    isLast: ({ event }) => event.type === 'result.received' && event.last,
  },
  actions: {
    deliver: ({ context, event }) => context.work.deliver(event),
    release: ({ context }) => context.work.release(),
    recall: ({ context }) => context.work.recall(),
    succeed: ({ context }) => context.work.succeed(),
    fail: ({ context, event }) => context.work.fail(event),
    timeOut: ({ context }) => context.work.timeOut(),
    cancel: ({ context, event }) => context.work.cancel(event),
  },
}).createMachine({
  id: 'request',
  description: 'One send of one Command. It comes to one of its four ends, always, and to one only.',
  context: ({ input }) => ({ work: input.work }),
  initial: 'queued',
  states: {
    queued: {
      description: 'Not handed to a connection: the server has certainly not executed it.',
      on: {
        'command.sent': 'sent',
        'request.failed': 'failed',
        'deadline.reached': 'timedOut',
        'caller.cancelled': 'cancelled',
      },
    },
    sent: {
      description: 'Under way.',
      on: {
        // The first one always has room.
        'result.received': [
          { guard: 'isLast', target: 'succeeded', actions: 'deliver' },
          { target: 'receiving', actions: 'deliver' },
        ],
        'command.returned': { target: 'queued', actions: 'recall' },
        'request.failed': 'failed',
        'deadline.reached': 'timedOut',
        'caller.cancelled': 'cancelled',
      },
    },
    receiving: {
      description: 'The first of several Results is here.',
      on: {
        'result.received': [
          { guard: 'isFull', target: 'failed' },
          { guard: 'isLast', target: 'succeeded', actions: 'deliver' },
          { actions: 'deliver' },
        ],
        'request.failed': 'failed',
        'deadline.reached': 'timedOut',
        'caller.cancelled': 'cancelled',
      },
    },
    succeeded: { description: 'The promise resolves, the stream ends.', type: 'final', entry: ['release', 'succeed'] },
    failed: { description: 'An error says why.', type: 'final', entry: ['release', 'fail'] },
    timedOut: { description: 'The deadline passed.', type: 'final', entry: ['release', 'timeOut'] },
    cancelled: {
      description: 'Your signal fired, or you left the stream.',
      type: 'final',
      entry: ['release', 'cancel'],
    },
  },
});
