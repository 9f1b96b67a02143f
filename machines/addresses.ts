// The addresses of a service: a fixed list, or what a resolver says, which is asked again and again, one question at a time.
// Driven by the address book (`src/sender/client/resolving.ts`): somebody has a reason to ask, nobody needs the addresses any more.
// The addresses themselves pass through this machine and stay with the book; when it is late, and when to pause, its link knows.
import { assign, emit, fromPromise, setup } from 'xstate';

/** The book's side: what the machine makes happen. */
export interface AddressesLink {
  /** Asks the resolver. Rejects for an answer that is none. */
  ask(): Promise<readonly string[]>;
  /** A question is asked for a reason: the next such one may have to pause. */
  spendPause(): void;
  /** How long a question that is asked for a reason must wait, in milliseconds; not above 0: not at all. */
  pauseMs(): number;
  /** A question has come to nothing. */
  failed(error: unknown): void;
  /** The error of a resolver that took too long. */
  overdueError(): Error;
  /** Milliseconds that only ever grow. */
  nowMs(): number;
}

/** Events of addresses. */
export type AddressesEvent =
  /** The resolver has answered. */
  | { readonly type: `xstate.done.actor.${string}`; readonly output: readonly string[] }
  /** Somebody has a reason to ask: an address has failed, a connection is lost, nothing is known. */
  | { readonly type: 'addresses.refresh' }
  /** Nobody needs them any more. */
  | { readonly type: 'addresses.stop' };

/** Event emitted once a step is over: whoever hears of it may drive other machines. */
export interface AddressesGiven {
  readonly type: 'addresses.given';
  readonly addresses: readonly string[];
}

/** Input of addresses. */
export interface AddressesInput {
  readonly link: AddressesLink;
  /** Whether they are a list that never changes. */
  readonly isFixed: boolean;
  /** How long after a question the next one is asked without a reason, in milliseconds; Infinity: never. */
  readonly refreshMs: number;
  /** A resolver that has not answered after so many milliseconds has failed. */
  readonly timeoutMs: number;
  /** A timer that fires more than so many milliseconds after its time was held up, as the whole process was. */
  readonly lateMs: number;
}

/** Context of addresses: their memory. */
export interface AddressesContext extends AddressesInput {
  /** When the answer, or the next question, is due (monotonic milliseconds). */
  readonly dueMs: number;
  /** Why the last question came to nothing, if it did. */
  readonly error: unknown;
}

const ask = fromPromise<readonly string[], { link: AddressesLink }>(({ input }) => input.link.ask());

/** Transition after a question that was never answered. */
const UNANSWERED = { target: '#addresses.known', actions: ['rememberOverdue', 'tellFailure'] } as const;

/** The addresses machine. */
export const addressesMachine = setup({
  types: {
    context: {} as AddressesContext,
    events: {} as AddressesEvent,
    input: {} as AddressesInput,
    emitted: {} as AddressesGiven,
  },
  actors: { ask },
  guards: {
    hasResolver: ({ context }) => !context.isFixed,
    hasInterval: ({ context }) => context.refreshMs < Number.POSITIVE_INFINITY,
    isPauseOver: ({ context }) => context.link.pauseMs() <= 0,
    isPauseSooner: ({ context: { link, dueMs } }) => link.nowMs() + link.pauseMs() < dueMs,
    isHeldUp: ({ context: { link, dueMs, lateMs } }) => link.nowMs() > dueMs + lateMs,
  },
  delays: {
    answerTimeout: ({ context }) => context.timeoutMs,
    // As long as the timeout fired late, since nobody looked.
    answerGrace: ({ context: { link, dueMs, timeoutMs } }) => Math.min(link.nowMs() - dueMs, timeoutMs),
    refreshInterval: ({ context }) => context.refreshMs,
    questionPause: ({ context }) => context.link.pauseMs(),
  },
  actions: {
    spendPause: ({ context }) => context.link.spendPause(),
    limitAnswer: assign({ dueMs: ({ context }) => context.link.nowMs() + context.timeoutMs }),
    limitInterval: assign({ dueMs: ({ context }) => context.link.nowMs() + context.refreshMs }),
    limitPause: assign({ dueMs: ({ context }) => context.link.nowMs() + context.link.pauseMs() }),
    giveAnswer: emit((_, { output }: { output: readonly string[] }) => ({
      type: 'addresses.given' as const,
      addresses: output,
    })),
    tellFailure: ({ context }) => context.link.failed(context.error),
    rememberError: assign((_, { error }: { error: unknown }) => ({ error })),
    rememberOverdue: assign({ error: ({ context }) => context.link.overdueError() }),
    forgetError: assign({ error: undefined }),
  },
}).createMachine({
  id: 'addresses',
  description: 'Where the clients of a group may connect to.',
  context: ({ input }) => ({ ...input, dueMs: Number.POSITIVE_INFINITY, error: undefined }),
  initial: 'fixed',
  on: { 'addresses.stop': '.stopped' },
  states: {
    fixed: {
      description: 'You gave a list, which never changes.',
      always: { guard: 'hasResolver', target: 'asking', actions: 'spendPause' },
    },
    asking: {
      description: 'Your function is being called. Whoever has a reason to ask gets this answer.',
      entry: 'limitAnswer',
      invoke: {
        src: 'ask',
        input: ({ context }) => ({ link: context.link }),
        onDone: {
          target: 'known',
          actions: ['forgetError', { type: 'giveAnswer', params: ({ event }) => ({ output: event.output }) }],
        },
        onError: {
          target: 'known',
          actions: [{ type: 'rememberError', params: ({ event }) => ({ error: event.error }) }, 'tellFailure'],
        },
      },
      initial: 'inTime',
      states: {
        inTime: { after: { answerTimeout: [{ guard: 'isHeldUp', target: 'late' }, UNANSWERED] } },
        // A process that was busy has not seen what lies there: it gets the time that nobody looked, once.
        late: { after: { answerGrace: UNANSWERED } },
      },
    },
    known: {
      description: 'The last answer is in use, also when a later call fails.',
      initial: 'resting',
      entry: 'limitInterval',
      on: {
        'addresses.refresh': [
          { guard: 'isPauseOver', target: 'asking', actions: 'spendPause' },
          { guard: 'isPauseSooner', target: '.pausing' },
        ],
      },
      states: {
        resting: {
          description: 'Nothing is asked without a reason.',
          always: { guard: 'hasInterval', target: 'waiting' },
        },
        waiting: {
          description: 'The interval asks again, unless somebody has a reason before.',
          after: { refreshInterval: '#addresses.asking' },
        },
        pausing: {
          description:
            'A dial has failed or a connection was lost, as just now. The pause grows while your function fails.',
          entry: 'limitPause',
          after: { questionPause: { target: '#addresses.asking', actions: 'spendPause' } },
        },
      },
    },
    stopped: { description: 'The sender is closed: what is still answered changes nothing.', type: 'final' },
  },
});
