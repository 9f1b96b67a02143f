import type { CircuitBreakerContext } from '../../machines/circuit-breaker.ts';
import { circuitBreakerMachine } from '../../machines/circuit-breaker.ts';
import { CircuitBreaker, NOT_ADMITTED } from '../../src/sender/breaker/circuit-breaker.ts';
import { resolveCircuitBreakerOptions } from '../../src/sender/breaker/options.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import type { ModelState, Scenario } from './support/model.ts';
import type { Cue, Play } from './support/replay.ts';
import { testMachine } from './support/suite.ts';
import { Inspector } from './support/taken.ts';

const OPEN_MS = 100;
const PUBLIC = { closed: 'closed', open: 'open', halfOpen: 'half-open', stopped: 'open' } as const;
type Value = keyof typeof PUBLIC;

/** A breaker has no collaborators but time. */
interface World {
  nowMs: number;
}

/** Trials that have lost their slots are remembered; here as many of them as tell states apart. */
const MAX_TRIALS = 2;
const SLOTS_RUN_OUT = 'the slots of the trials run out';

const scenario: Scenario<World> = {
  name: 'two trials must succeed',
  world: { nowMs: 0 },
  input: () => ({ openDurationMs: OPEN_MS, successThreshold: 2 }),
  stimuli: ({ snapshot: { value, context }, world: { nowMs } }) => {
    const { trials } = context as CircuitBreakerContext;
    const oldest = { token: trials[0]?.token ?? 0, nowMs };
    const newest = { token: trials.at(-1)?.token ?? 0, nowMs };
    const newestSinceMs = trials.at(-1)?.sinceMs ?? Number.NEGATIVE_INFINITY;
    return [
      ...(value === 'closed' ? [{ name: 'too many fail', event: { type: 'failureRate.reached' } }] : []),
      ...(trials.length <= MAX_TRIALS && nowMs - newestSinceMs < OPEN_MS
        ? [{ name: SLOTS_RUN_OUT, inMs: OPEN_MS }]
        : []),
      // What comes too late is no news in any state: a token may be handed back at any time, and twice.
      { name: 'a Command goes out', event: { type: 'trial.started', nowMs } },
      { name: 'a trial succeeds', event: { type: 'trial.succeeded', ...newest } },
      { name: 'a trial fails', event: { type: 'trial.failed', ...newest } },
      { name: 'a trial is cancelled', event: { type: 'trial.neutral', ...newest } },
      { name: 'the oldest trial succeeds', event: { type: 'trial.succeeded', ...oldest } },
      { name: 'the oldest trial fails', event: { type: 'trial.failed', ...oldest } },
      { name: 'reset', event: { type: 'breaker.reset' } },
      { name: 'stop', event: { type: 'breaker.stop' } },
    ];
  },
  pass(world, inMs) {
    world.nowMs += inMs;
  },
  key: ({ snapshot: { context }, timers, world: { nowMs } }) => [
    (context as CircuitBreakerContext).trials.map(({ sinceMs }) => nowMs - sinceMs < OPEN_MS),
    (context as CircuitBreakerContext).trialSuccesses,
    timers.length,
  ],
};

function remembered({ generation, trials, trialSuccesses }: CircuitBreakerContext) {
  const sinceMs = trials[0]?.sinceMs ?? 0;
  return {
    generation,
    trials: trials.map((trial) => [trial.token - generation, trial.sinceMs - sinceMs]),
    trialSuccesses,
  };
}

function open(): Play {
  const clock = new VirtualClock();
  const inspector = new Inspector();
  const breaker = new CircuitBreaker(
    resolveCircuitBreakerOptions({
      windowSize: 2,
      failureRate: 1,
      openDurationMs: OPEN_MS,
      successThreshold: 2,
    }),
    { clock, defer: clock.defer, inspect: inspector.inspect },
  );
  const actor = inspector.find(() => true);
  /** Of the last Command that was admitted. */
  let token = NOT_ADMITTED;
  const trials = () => (actor?.getSnapshot().context as CircuitBreakerContext | undefined)?.trials ?? [];
  /** One that has ended already has a say no more. */
  const newest = () => trials().at(-1)?.token ?? token;
  const admit = () => {
    const admitted = breaker.admit();
    if (admitted !== NOT_ADMITTED) token = admitted;
    return admitted !== NOT_ADMITTED;
  };
  return {
    actor,
    taken: () => inspector.take(actor),
    cause({ stimulus: { name, inMs } }: Cue) {
      if (name === SLOTS_RUN_OUT) clock.advance(OPEN_MS);
      else if (inMs !== undefined) {
        clock.advance(inMs - 1);
        if (breaker.state !== 'open') throw new Error('it opens too early');
        clock.advance(1);
      } else if (name === 'too many fail') {
        admit();
        breaker.fail(token);
        if (breaker.state !== 'closed') throw new Error('one failure of two must not open it');
        breaker.fail(token);
      } else if (name === 'a Command goes out') admit();
      else if (breaker.state === 'closed') admit();
      else if (name === 'a trial succeeds') breaker.succeed(newest());
      else if (name === 'a trial fails') breaker.fail(newest());
      else if (name === 'a trial is cancelled') breaker.neutral(newest());
      else if (name === 'the oldest trial succeeds') breaker.succeed(trials()[0]?.token ?? token);
      else if (name === 'the oldest trial fails') breaker.fail(trials()[0]?.token ?? token);
      if (name === 'reset') breaker.reset();
      if (name === 'stop') breaker.stop();
    },
    look: () => ({
      state: breaker.state,
      openForMs: breaker.openForMs,
      timers: clock.timers,
      refusal: breaker.describeRefusal().replace(/[,;].*/, ''),
    }),
    tryOut: () => ({ admitted: admit(), again: admit(), thrice: admit() }),
    end: () => breaker.stop(),
  };
}

testMachine<World>({
  name: 'circuit breaker',
  machine: circuitBreakerMachine,
  scenarios: [scenario],
  open,
  seen: ({ snapshot: { value }, timers }) => ({
    state: PUBLIC[value as Value],
    openForMs: timers[0]?.inMs ?? 0,
    timers: timers.length,
    refusal: `the circuit breaker is ${value === 'stopped' ? 'stopped' : PUBLIC[value as Value]}`,
  }),
  tried: admitted,
  remembered,
});

/** How many of three Commands that want to go out now may do so. */
function admitted({ snapshot: { value, context }, world: { nowMs } }: ModelState<World>) {
  const { trials, trialSuccesses } = context as CircuitBreakerContext;
  const held = trials.filter(({ sinceMs }) => nowMs - sinceMs < OPEN_MS).length;
  const free = value === 'closed' ? 3 : value === 'halfOpen' ? 2 - held - trialSuccesses : 0;
  return { admitted: free > 0, again: free > 1, thrice: free > 2 };
}
