import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../../support/runs.ts';
import { expectSame } from '../../../support/same.ts';
import { ReferenceBreaker } from './reference-model.ts';
import { startBreaker } from './support.ts';

/** The real breaker, and the tokens of the Commands that the model has under way, in the same order. */
interface Real extends ReturnType<typeof startBreaker> {
  readonly tokens: number[];
}

type Step = fc.Command<ReferenceBreaker, Real>;

function step(name: string, run: (model: ReferenceBreaker, real: Real) => void, possible?: Step['check']): Step {
  return {
    check: possible ?? (() => true),
    run: (model, real) => {
      run(model, real);
      expect(real.breaker.state).toBe(model.state);
      expectSame(real.changes, model.changes);
      expect(real.clock.timers).toBe(model.state === 'open' ? 1 : 0);
    },
    toString: () => name,
  };
}

const admit = fc.constant(
  step('admit', (model, real) => {
    const admitted = model.admit();
    const token = real.breaker.admit();
    expect(token !== 0).toBe(admitted);
    if (admitted) real.tokens.push(token);
  }),
);

const end = fc
  .tuple(fc.constantFrom('succeed', 'fail', 'fail', 'neutral'), fc.constantFrom('oldest', 'newest', 'newest'))
  .map(([outcome, which]) =>
    step(
      `${outcome} the ${which}`,
      (model, real) => {
        const index = which === 'oldest' ? 0 : model.underWay.length - 1;
        model.end(index, outcome);
        const [token = 0] = real.tokens.splice(index, 1);
        real.breaker[outcome](token);
      },
      (model) => model.underWay.length > 0,
    ),
  );

const begin = fc.constant(
  step(
    'begin the newest',
    (model, real) => {
      const index = model.underWay.length - 1;
      // What is no trial of now keeps its token in the model; the breaker says so of those that could count.
      const state = model.state;
      const isTrial = model.begin(index);
      const [token = 0] = isTrial ? real.tokens.splice(index, 1) : real.tokens.slice(index);
      expect(real.breaker.began(token)).toBe(state !== 'closed');
    },
    (model) => model.underWay.length > 0,
  ),
);

const pass = fc.integer({ min: 1, max: 60 }).map((ms) =>
  step(`pass ${ms} ms`, (model, real) => {
    model.pass(ms);
    real.clock.advance(ms);
  }),
);

const reset = fc.constant(
  step('reset', (model, real) => {
    model.reset();
    real.breaker.reset();
  }),
);

const options = fc.record({
  windowSize: fc.integer({ min: 1, max: 6 }),
  failureRate: fc.constantFrom(0.1, 0.3, 0.5, 0.75, 1),
  openDurationMs: fc.integer({ min: 1, max: 100 }),
  successThreshold: fc.integer({ min: 1, max: 4 }),
});

describe('the circuit breaker', () => {
  it('does what the reference does, whatever happens in whatever order', () => {
    // What is repeated comes more often.
    const often = [admit, admit, admit, end, end, end, begin, pass];
    const steps = fc.commands([...often, ...often, ...often, reset], { maxCommands: 200, size: 'max' });
    const visited = new Set<string>();
    fc.assert(
      fc.property(options, steps, (given, run) => {
        const model = new ReferenceBreaker(given);
        fc.modelRun(() => ({ model, real: { ...startBreaker(given), tokens: [] } }), run);
        for (const change of model.changes) visited.add(change);
      }),
      { numRuns: runs(300) },
    );
    // A model that never gets anywhere agrees with everything.
    expect([...visited].sort()).toEqual([
      'closed>open',
      'half-open>closed',
      'half-open>open',
      'open>closed',
      'open>half-open',
    ]);
  });
});
