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

/** The caller's and the client's side of a request: what the machine makes happen, when its chart says so. None of it may throw. */
export interface RequestLink {
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
  readonly link: RequestLink;
}

/** The request machine. */
export const requestMachine = setup({
  types: {
    context: {} as { readonly link: RequestLink },
    events: {} as RequestEvent,
    input: {} as RequestInput,
  },
  guards: {
    isFull: ({ context }) => context.link.isFull(),
    isLast: ({ event }) => event.type === 'result.received' && event.last,
  },
  actions: {
    deliver: ({ context, event }) => context.link.deliver(event),
    release: ({ context }) => context.link.release(),
    recall: ({ context }) => context.link.recall(),
    succeed: ({ context }) => context.link.succeed(),
    fail: ({ context, event }) => context.link.fail(event),
    timeOut: ({ context }) => context.link.timeOut(),
    cancel: ({ context, event }) => context.link.cancel(event),
  },
}).createMachine({
  id: 'request',
  description: 'One send of one Command. It comes to one of its four ends, always, and to one only.',
  context: ({ input }) => ({ link: input.link }),
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
