import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AnyStateMachine, createActor, setup } from 'xstate';
import { compileMachine } from '../../../src/base/compile.ts';
import { runs } from '../../support/runs.ts';
import { TestActor } from './test-actor.ts';

const GUARDS = ['g0', 'g1'] as const;
const ACTIONS = ['a0', 'a1', 'a2', 'a3'] as const;
const EVENTS = ['e0', 'e1', 'e2'] as const;

/** An event says itself how the guards decide. */
interface TestEvent {
  readonly type: (typeof EVENTS)[number];
  readonly g0: boolean;
  readonly g1: boolean;
}

/** What a run does, and what comes back in from its actions. */
interface TestContext {
  readonly log: string[];
  /** Taken by one action call after the other: what that call sends to its own actor. */
  readonly echoes: (TestEvent | undefined)[];
  send(event: TestEvent): void;
}

interface TestTransition {
  readonly guard: (typeof GUARDS)[number] | undefined;
  readonly target: number | undefined;
  readonly reenter: boolean;
  readonly actions: readonly (typeof ACTIONS)[number][];
}

interface TestState {
  readonly final: boolean;
  readonly entry: readonly (typeof ACTIONS)[number][];
  readonly exit: readonly (typeof ACTIONS)[number][];
  readonly on: Partial<Record<(typeof EVENTS)[number], readonly TestTransition[]>>;
}

const someActions = fc.array(fc.constantFrom(...ACTIONS), { maxLength: 3 });
const anEvent: fc.Arbitrary<TestEvent> = fc.record({
  type: fc.constantFrom(...EVENTS),
  g0: fc.boolean(),
  g1: fc.boolean(),
});

function states(count: number): fc.Arbitrary<TestState[]> {
  const transition: fc.Arbitrary<TestTransition> = fc.record({
    guard: fc.option(fc.constantFrom(...GUARDS), { nil: undefined }),
    target: fc.option(fc.nat(count - 1), { nil: undefined }),
    reenter: fc.boolean(),
    actions: someActions,
  });
  const transitions = fc.option(fc.array(transition, { maxLength: 3 }), { nil: undefined, freq: 4 });
  const state = fc.record({
    final: fc.boolean(),
    entry: someActions,
    exit: someActions,
    on: fc.record(Object.fromEntries(EVENTS.map((name) => [name, transitions]))),
  });
  return fc.tuple(...Array.from({ length: count }, () => state)) as fc.Arbitrary<TestState[]>;
}

const aMachine = fc.integer({ min: 1, max: 5 }).chain(states);

function build(list: readonly TestState[]): AnyStateMachine {
  const config = list.map(({ final, entry, exit, on }, number) => {
    // The first state can have neither an entry nor be final.
    if (number > 0 && final) return { type: 'final', entry, exit };
    const transitions = Object.entries(on).flatMap(([name, found]) =>
      found === undefined
        ? []
        : [
            [
              name,
              found.map(({ target, ...rest }) => (target === undefined ? rest : { ...rest, target: `s${target}` })),
            ],
          ],
    );
    return { ...(number === 0 ? {} : { entry }), exit, on: Object.fromEntries(transitions) };
  });
  return setup({
    types: { context: {} as TestContext, input: {} as TestContext, events: {} as TestEvent },
    guards: Object.fromEntries(
      GUARDS.map((name) => [
        name,
        ({ context, event }: Scope) => {
          context.log.push(`${name}?`);
          return event[name];
        },
      ]),
    ),
    actions: Object.fromEntries(
      ACTIONS.map((name) => [
        name,
        ({ context, event }: Scope) => {
          context.log.push(`${name} for ${event.type}`);
          const echo = context.echoes.shift();
          if (echo !== undefined) context.send(echo);
        },
      ]),
    ),
  }).createMachine({
    context: ({ input }: { input: TestContext }) => input,
    initial: 's0',
    states: Object.fromEntries(config.map((state, number) => [`s${number}`, state])),
  } as never) as unknown as AnyStateMachine;
}

interface Scope {
  readonly context: TestContext;
  readonly event: TestEvent;
}

describe('a compiled actor', () => {
  it('does what XState does with any flat machine and any events, those that its actions cause included', () => {
    let walked = 0;
    let echoed = 0;
    fc.assert(
      fc.property(
        aMachine,
        fc.array(anEvent, { minLength: 1, maxLength: 12 }),
        fc.array(fc.option(anEvent, { nil: undefined, freq: 2 }), { maxLength: 12 }),
        (list, events, echoes) => {
          const machine = build(list);
          const theirs: TestContext = { log: [], echoes: [...echoes], send: (event) => actor.send(event) };
          const ours: TestContext = { log: [], echoes: [...echoes], send: (event) => compiled.send(event) };
          const actor = createActor(machine, { input: theirs }).start();
          const compiled = new TestActor(compileMachine<TestContext, TestEvent>(machine), ours);
          for (const event of events) {
            // XState warns of events to an actor that is over; a compiled one takes them in silence.
            if (actor.getSnapshot().status === 'active') actor.send(event);
            compiled.send(event);
            expect(ours.log).toEqual(theirs.log);
            expect(compiled.value).toBe(actor.getSnapshot().value);
            expect(compiled.isOver).toBe(actor.getSnapshot().status === 'done');
          }
          walked += theirs.log.length;
          echoed += echoes.length - theirs.echoes.length;
        },
      ),
      { numRuns: runs(1000) },
    );
    // A test of nothing would pass as well.
    expect(walked).toBeGreaterThan(1000);
    expect(echoed).toBeGreaterThan(300);
  });

  it('goes on when an action has thrown against its contract', () => {
    const machine = setup({
      types: { context: {} as { broken: boolean }, input: {} as { broken: boolean } },
      actions: {
        act: ({ context }) => {
          if (context.broken) throw new Error('broken');
        },
      },
    }).createMachine({
      context: ({ input }) => input,
      initial: 'a',
      states: { a: { on: { go: { target: 'b', actions: 'act' } } }, b: {} },
    });
    const context = { broken: true };
    const actor = new TestActor(compileMachine<{ broken: boolean }, { type: 'go' }>(machine as never), context);
    expect(() => actor.send({ type: 'go' })).toThrow('broken');
    expect(actor.value).toBe('a');
    context.broken = false;
    actor.send({ type: 'go' });
    expect(actor.value).toBe('b');
  });
});
