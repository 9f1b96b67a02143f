/**
 * The life of a circuit breaker: keeps Commands away from a service that fails, and lets a few through to try it again.
 * Driven by `src/sender/breaker/circuit-breaker.ts`: while closed the outcomes go past it into a failure window, and only
 * `failureRate.reached` comes here; in half-open every trial is an event. Time comes with the events.
 */
import { assign, setup } from 'xstate';

/** Input of a circuit breaker at its start. */
export interface CircuitBreakerInput {
  /** How long it stays open, in milliseconds. */
  readonly openDurationMs: number;
  /** How many trials must succeed in half-open for it to close. */
  readonly successThreshold: number;
}

/** A Command that went out to try the service, and has not come to its end. */
interface Trial {
  readonly token: number;
  /** When it started (monotonic milliseconds): it holds its slot for as long as the breaker stays open, and no longer. */
  readonly sinceMs: number;
}

/** Context of a circuit breaker: its memory. */
export interface CircuitBreakerContext extends CircuitBreakerInput {
  /** Counts the states entered and the trials: no number is given twice. */
  readonly lastToken: number;
  /** The token of the state: a Command admitted in an earlier one has no say any more. */
  readonly generation: number;
  /** Trials of this generation that have started and not ended, those that have lost their slots among them. */
  readonly trials: readonly Trial[];
  /** Trials of this generation that succeeded. */
  readonly trialSuccesses: number;
}

/** Fields of the events of a trial. */
interface TrialNews {
  readonly token: number;
  readonly nowMs: number;
}

/** More trials than these that lost their slots are not remembered, unless more slots are wanted. */
const MAX_REMEMBERED = 1_000;

/** Events of a circuit breaker. */
export type CircuitBreakerEvent =
  /** So many of the last outcomes are failures that the service is taken to be down. */
  | { readonly type: 'failureRate.reached' }
  /** A Command goes out to try the service; its token is the next. */
  | { readonly type: 'trial.started'; readonly nowMs: number }
  /** The service has answered, also if more of the answer is to come. */
  | ({ readonly type: 'trial.succeeded' } & TrialNews)
  | ({ readonly type: 'trial.failed' } & TrialNews)
  /** A trial ended without saying anything about the service: it was cancelled, it never left. */
  | ({ readonly type: 'trial.neutral' } & TrialNews)
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
      lastToken: ({ context }) => context.lastToken + 1,
      generation: ({ context }) => context.lastToken + 1,
      trials: [],
      trialSuccesses: 0,
    }),
    /** Provided by the owner of the failure window. */
    clearFailureWindow: () => {},
    rememberTrial: assign(({ context }, { nowMs }: Pick<TrialNews, 'nowMs'>) => {
      const token = context.lastToken + 1;
      const max = Math.max(MAX_REMEMBERED, context.successThreshold);
      return { lastToken: token, trials: [...context.trials, { token, sinceMs: nowMs }].slice(-max) };
    }),
    forgetTrial: assign({
      trials: ({ context }, { token }: TrialNews) => context.trials.filter((trial) => trial.token !== token),
    }),
    countSuccess: assign({ trialSuccesses: ({ context }) => context.trialSuccesses + 1 }),
  },
  guards: {
    isTrialWanted: ({ context }, { nowMs }: Pick<TrialNews, 'nowMs'>) =>
      slotsHeld(context, nowMs) + context.trialSuccesses < context.successThreshold,
    isTrialKnown: ({ context }, { token }: TrialNews) => context.trials.some((trial) => trial.token === token),
    isLastTrialWanted: ({ context }, { token }: TrialNews) =>
      context.trials.some((trial) => trial.token === token) && context.trialSuccesses + 1 >= context.successThreshold,
    holdsSlot: ({ context }, { token, nowMs }: TrialNews) =>
      context.trials.some((trial) => trial.token === token && hasSlot(context, trial, nowMs)),
  },
  delays: {
    openDuration: ({ context }) => context.openDurationMs,
  },
}).createMachine({
  id: 'circuitBreaker',
  description: 'Keeps Commands away from a service that fails.',
  context: ({ input }) => ({
    openDurationMs: input.openDurationMs,
    successThreshold: input.successThreshold,
    lastToken: 0,
    generation: 0,
    trials: [],
    trialSuccesses: 0,
  }),
  initial: 'closed',
  on: {
    'breaker.reset': '.closed',
    'breaker.stop': '.stopped',
  },
  states: {
    closed: {
      description: 'Every Command goes out, and its outcome is noted. Too many failures among the last ones open it.',
      entry: ['startGeneration', 'clearFailureWindow'],
      on: { 'failureRate.reached': 'open' },
    },
    open: {
      description: 'A send fails at once, and costs the service nothing.',
      entry: 'startGeneration',
      after: { openDuration: 'halfOpen' },
    },
    halfOpen: {
      description:
        'As many Commands go out as successes are still wanted, and after the open duration others in their place. The last success closes it, the first failure opens it.',
      entry: 'startGeneration',
      on: {
        'trial.started': {
          guard: { type: 'isTrialWanted', params: ({ event }) => event },
          actions: { type: 'rememberTrial', params: ({ event }) => event },
        },
        // The service has answered: so much holds also for a trial that took longer than its slot.
        'trial.succeeded': [
          { guard: { type: 'isLastTrialWanted', params: ({ event }) => event }, target: 'closed' },
          {
            guard: { type: 'isTrialKnown', params: ({ event }) => event },
            actions: [{ type: 'forgetTrial', params: ({ event }) => event }, 'countSuccess'],
          },
        ],
        // What has lost its slot tells of a time that others have tried the service after.
        'trial.failed': [
          { guard: { type: 'holdsSlot', params: ({ event }) => event }, target: 'open' },
          {
            guard: { type: 'isTrialKnown', params: ({ event }) => event },
            actions: { type: 'forgetTrial', params: ({ event }) => event },
          },
        ],
        'trial.neutral': {
          guard: { type: 'isTrialKnown', params: ({ event }) => event },
          actions: { type: 'forgetTrial', params: ({ event }) => event },
        },
      },
    },
    stopped: {
      description: 'No Command goes out, and no timer is left.',
      entry: 'startGeneration',
      type: 'final',
    },
  },
});

/** How many trials may not be replaced yet. */
function slotsHeld(context: CircuitBreakerContext, nowMs: number): number {
  return context.trials.filter((trial) => hasSlot(context, trial, nowMs)).length;
}

function hasSlot({ openDurationMs }: CircuitBreakerInput, { sinceMs }: Trial, nowMs: number): boolean {
  return nowMs - sinceMs < openDurationMs;
}
