import type { CircuitBreakerContext } from '../../machines/circuit-breaker.ts';
import { circuitBreakerMachine } from '../../machines/circuit-breaker.ts';
import { CircuitBreaker, NOT_ADMITTED } from '../../src/breaker/circuit-breaker.ts';
import { resolveCircuitBreakerOptions } from '../../src/breaker/options.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import type { ModelState, Scenario } from './support/model.ts';
import type { Cue, Play } from './support/replay.ts';
import { testMachine } from './support/suite.ts';
import { Inspector } from './support/taken.ts';

const OPEN_MS = 100;
const PUBLIC = { closed: 'closed', open: 'open', halfOpen: 'half-open', stopped: 'open' } as const;
type Value = keyof typeof PUBLIC;

/** A breaker has no collaborators but time. */
type World = Record<string, never>;

const scenario: Scenario<World> = {
  name: 'two trials must succeed',
  world: {},
  input: () => ({ openDurationMs: OPEN_MS, successThreshold: 2 }),
  stimuli: ({ snapshot: { value } }) => [
    ...(value === 'closed' ? [{ name: 'too many fail', event: { type: 'failureRate.reached' } }] : []),
    // What comes too late is no news in any state: a token may be handed back at any time, and twice.
    { name: 'a Command goes out', event: { type: 'trial.started' } },
    { name: 'a trial succeeds', event: { type: 'trial.succeeded' } },
    { name: 'a trial fails', event: { type: 'trial.failed' } },
    { name: 'a trial is cancelled', event: { type: 'trial.neutral' } },
    { name: 'reset', event: { type: 'breaker.reset' } },
    { name: 'stop', event: { type: 'breaker.stop' } },
  ],
  key: ({ snapshot: { context }, timers }) => [remembered(context, false), timers.length],
};

function remembered({ generation, trialsInFlight, trialSuccesses }: CircuitBreakerContext, all = true) {
  // Which generation it is means nothing, only whether it is another one.
  return { generation: all ? generation : 0, trialsInFlight, trialSuccesses };
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
  const admit = () => {
    const admitted = breaker.admit();
    if (admitted !== NOT_ADMITTED) token = admitted;
    return admitted !== NOT_ADMITTED;
  };
  return {
    actor,
    taken: () => inspector.take(actor),
    cause({ stimulus: { name, inMs } }: Cue) {
      if (inMs !== undefined) {
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
      else if (name === 'a trial succeeds') breaker.succeed(token);
      else if (name === 'a trial fails') breaker.fail(token);
      else if (name === 'a trial is cancelled') breaker.neutral(token);
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
function admitted({ snapshot: { value, context } }: ModelState<World>) {
  const { trialsInFlight, trialSuccesses } = context as CircuitBreakerContext;
  const free = value === 'closed' ? 3 : value === 'halfOpen' ? 2 - trialsInFlight - trialSuccesses : 0;
  return { admitted: free > 0, again: free > 1, thrice: free > 2 };
}
