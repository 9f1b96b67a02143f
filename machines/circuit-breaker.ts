/**
 * The life of a circuit breaker: keeps Commands away from a service that fails, and lets a few through to try it again.
 * Driven by `src/breaker/circuit-breaker.ts`: while closed the outcomes go past it into a failure window, and only
 * `failureRate.reached` comes here; in half-open every trial is an event.
 */
import { assign, setup } from 'xstate';

/** What a circuit breaker is started with. */
export interface CircuitBreakerInput {
  /** How long it stays open, in milliseconds. */
  readonly openDurationMs: number;
  /** How many trials must succeed in half-open for it to close. */
  readonly successThreshold: number;
}

/** What a circuit breaker remembers. */
export interface CircuitBreakerContext extends CircuitBreakerInput {
  /** Counts the states entered: a Command admitted in an earlier generation has no say any more. */
  readonly generation: number;
  /** Trials of this generation that have started and not ended. */
  readonly trialsInFlight: number;
  /** Trials of this generation that succeeded. */
  readonly trialSuccesses: number;
}

/** What can happen to a circuit breaker. */
export type CircuitBreakerEvent =
  /** So many of the last outcomes are failures that the service is taken to be down. */
  | { readonly type: 'failureRate.reached' }
  /** A Command goes out to try the service. */
  | { readonly type: 'trial.started' }
  | { readonly type: 'trial.succeeded' }
  | { readonly type: 'trial.failed' }
  /** A trial ended without saying anything about the service: it was cancelled, it never left. */
  | { readonly type: 'trial.neutral' }
  /** Somebody knows better: close, and forget what was. */
  | { readonly type: 'breaker.reset' }
  /** Nobody needs it any more. */
  | { readonly type: 'breaker.stop' };

/** The circuit breaker machine. */
export const circuitBreakerMachine = setup({
  types: {
    input: {} as CircuitBreakerInput,
    context: {} as CircuitBreakerContext,
    events: {} as CircuitBreakerEvent,
  },
  actions: {
    startGeneration: assign({
      generation: ({ context }) => context.generation + 1,
      trialsInFlight: 0,
      trialSuccesses: 0,
    }),
    /** Provided by the owner of the failure window. */
    clearFailureWindow: () => {},
    countStart: assign({ trialsInFlight: ({ context }) => context.trialsInFlight + 1 }),
    countEnd: assign({ trialsInFlight: ({ context }) => context.trialsInFlight - 1 }),
    countSuccess: assign({ trialSuccesses: ({ context }) => context.trialSuccesses + 1 }),
  },
  guards: {
    isTrialWanted: ({ context }) => context.trialsInFlight + context.trialSuccesses < context.successThreshold,
    isTrialInFlight: ({ context }) => context.trialsInFlight > 0,
    isLastTrialWanted: ({ context }) =>
      context.trialsInFlight > 0 && context.trialSuccesses + 1 >= context.successThreshold,
  },
  delays: {
    openDuration: ({ context }) => context.openDurationMs,
  },
}).createMachine({
  id: 'circuitBreaker',
  context: ({ input }) => ({
    openDurationMs: input.openDurationMs,
    successThreshold: input.successThreshold,
    generation: 0,
    trialsInFlight: 0,
    trialSuccesses: 0,
  }),
  initial: 'closed',
  on: {
    'breaker.reset': '.closed',
    'breaker.stop': '.stopped',
  },
  states: {
    closed: {
      description: 'Every Command goes out.',
      entry: ['startGeneration', 'clearFailureWindow'],
      on: { 'failureRate.reached': 'open' },
    },
    open: {
      description: 'No Command goes out.',
      entry: 'startGeneration',
      after: { openDuration: 'halfOpen' },
    },
    halfOpen: {
      description: 'As many Commands go out as successes are still wanted.',
      entry: 'startGeneration',
      on: {
        'trial.started': { guard: 'isTrialWanted', actions: 'countStart' },
        'trial.succeeded': [
          { guard: 'isLastTrialWanted', target: 'closed' },
          { guard: 'isTrialInFlight', actions: ['countEnd', 'countSuccess'] },
        ],
        'trial.failed': { guard: 'isTrialInFlight', target: 'open' },
        'trial.neutral': { guard: 'isTrialInFlight', actions: 'countEnd' },
      },
    },
    stopped: {
      description: 'No Command goes out, and no timer is left.',
      entry: 'startGeneration',
      type: 'final',
    },
  },
});
