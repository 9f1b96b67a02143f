import { CmdStreamError } from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import { type AnyStateMachine, and, assign, fromPromise, log, raise, setup } from 'xstate';
import { requestMachine } from '../../../machines/request.ts';
import { compileMachine } from '../../../src/base/compile.ts';

/** A machine whose guards and actions all exist, as plain functions, except where their names say otherwise. */
function machine(config: object): AnyStateMachine {
  return setup({
    actors: { work: fromPromise(async () => undefined) },
    guards: { yes: () => true, both: and(['yes', 'yes']), of: (_, __: { n: number }) => true },
    actions: {
      act: () => undefined,
      remember: assign({}),
      echo: raise({ type: 'go' }),
      tell: log('hello'),
      add: (_, __: { n: number }) => undefined,
    },
  }).createMachine(config as never) as unknown as AnyStateMachine;
}

/** A machine with one thing more than compiling can bear, and what the refusal must name. */
const refused: [what: string, config: object, named: string][] = [
  [
    'a nested state',
    { initial: 'a', states: { a: { initial: 'b', states: { b: {} } } } },
    `'a' has the type 'compound'`,
  ],
  [
    'a parallel state',
    { initial: 'a', states: { a: { type: 'parallel', states: { b: {} } } } },
    `'a' has the type 'parallel'`,
  ],
  ['parallel states at the top', { type: 'parallel', states: { a: {}, b: {} } }, `itself has the type 'parallel'`],
  ['no states at all', {}, `itself has the type 'atomic'`],
  ['history', { initial: 'a', states: { a: {}, h: { type: 'history' } } }, `'h' has the type 'history'`],
  ['invoke in a state', { initial: 'a', states: { a: { invoke: { src: 'work' } } } }, `'a' has 'invoke'`],
  ['invoke at the top', { initial: 'a', invoke: { src: 'work' }, states: { a: {} } }, `itself has 'invoke'`],
  ['always in a state', { initial: 'a', states: { a: { always: 'b' }, b: {} } }, `'a' has 'always'`],
  ['always at the top', { initial: 'a', always: '.b', states: { a: {}, b: {} } }, `itself has 'always'`],
  ['after in a state', { initial: 'a', states: { a: { after: { 10: 'b' } }, b: {} } }, `'a' has 'after'`],
  ['after at the top', { initial: 'a', after: { 10: '.b' }, states: { a: {}, b: {} } }, `itself has 'after'`],
  ['a wildcard', { initial: 'a', states: { a: { on: { '*': 'b' } }, b: {} } }, `'a' has the wildcard '*'`],
  [
    'a partial wildcard',
    { initial: 'a', states: { a: { on: { 'go.*': 'b' } }, b: {} } },
    `'a' has the wildcard 'go.*'`,
  ],
  ['transitions at the top', { initial: 'a', on: { go: '.b' }, states: { a: {}, b: {} } }, `itself has transitions`],
  ['entry actions at the top', { initial: 'a', entry: 'act', states: { a: {} } }, `itself has entry or exit actions`],
  ['exit actions at the top', { initial: 'a', exit: 'act', states: { a: {} } }, `itself has entry or exit actions`],
  ['output of the machine', { initial: 'a', output: 1, states: { a: {} } }, `itself has 'output'`],
  [
    'output of a final state',
    { initial: 'a', states: { a: { on: { go: 'b' } }, b: { type: 'final', output: 1 } } },
    `'b' has 'output'`,
  ],
  [
    'transitions out of a final state',
    { initial: 'a', states: { a: {}, b: { type: 'final', on: { go: 'a' } } } },
    `'b' has transitions out of a final state`,
  ],
  ['entry actions of the first state', { initial: 'a', states: { a: { entry: 'act' } } }, 'initial has actions'],
  [
    'actions of the initial transition',
    { initial: { target: 'a', actions: 'act' }, states: { a: {} } },
    'initial has actions',
  ],
  ['a first state that is final', { initial: 'a', states: { a: { type: 'final' } } }, 'initial state that is final'],
  [
    'several targets',
    { initial: 'a', states: { a: { on: { go: { target: ['b', 'c'] } } }, b: {}, c: {} } },
    `'a' on 'go' has several targets`,
  ],
  [
    'the machine as a target',
    { id: 'top', initial: 'a', states: { a: { on: { go: '#top' } } } },
    `'a' on 'go' has a target that is none of its states`,
  ],
  [
    'an inline guard',
    { initial: 'a', states: { a: { on: { go: { guard: () => true, target: 'b' } } }, b: {} } },
    `'a' on 'go' has an inline guard`,
  ],
  [
    'an inline action',
    { initial: 'a', states: { a: { on: { go: { actions: () => undefined } } } } },
    `'a' on 'go' has an inline action`,
  ],
  [
    'an inline assign',
    { initial: 'a', states: { a: { on: { go: { actions: assign({}) } } } } },
    `'a' on 'go' has an inline action`,
  ],
  [
    'a guard with params',
    { initial: 'a', states: { a: { on: { go: { guard: { type: 'of', params: { n: 1 } }, target: 'b' } } }, b: {} } },
    `'a' on 'go' has params for the guard 'of'`,
  ],
  [
    'an action with params',
    { initial: 'a', states: { a: { on: { go: { actions: { type: 'add', params: { n: 1 } } } } } } },
    `'a' on 'go' has params for the action 'add'`,
  ],
  [
    'a named guard that is made of others',
    { initial: 'a', states: { a: { on: { go: { guard: 'both', target: 'b' } } }, b: {} } },
    `the guard 'both', which is not a plain function`,
  ],
  ...(['remember', 'echo', 'tell'] as const).map((name): [string, object, string] => [
    `the built-in action '${name}'`,
    { initial: 'a', states: { a: { on: { go: { actions: name } } } } },
    `the action '${name}', which is not a plain function`,
  ]),
  [
    'a guard that nobody implements',
    { initial: 'a', states: { a: { on: { go: { guard: 'nobody', target: 'b' } } }, b: {} } },
    `the guard 'nobody', which is not implemented`,
  ],
  [
    'an action that nobody implements',
    { initial: 'a', states: { a: { exit: 'nobody', on: { go: 'b' } }, b: {} } },
    `the action 'nobody', which is not implemented`,
  ],
];

describe('compiling a machine', () => {
  it.each(refused)('refuses %s', (_, config, named) => {
    const compile = () => compileMachine(machine(config));
    expect(compile).toThrow(CmdStreamError);
    expect(compile).toThrow(named);
    expect(compile).toThrow(expect.objectContaining({ code: 'internal' }));
  });

  it('takes what says nothing about behaviour: descriptions, tags, meta', () => {
    const config = { initial: 'a', description: 'd', states: { a: { description: 'd', tags: ['t'], meta: { m: 1 } } } };
    expect(compileMachine(machine(config)).states).toEqual(['a']);
  });

  it('numbers states and events, and keeps the order of what is tried', () => {
    const compiled = compileMachine(
      machine({
        initial: 'a',
        states: {
          a: { exit: 'act', on: { go: [{ guard: 'yes', target: 'b' }, { actions: 'act' }], stay: {} } },
          b: { type: 'final', entry: ['act', { type: 'act' }] },
        },
      }),
    );
    expect(compiled.states).toEqual(['a', 'b']);
    expect(compiled.events).toEqual(['go', 'stay']);
    expect(compiled.initial).toBe(0);
    expect(compiled.isFinal).toEqual([false, true]);
    expect(compiled.eventNumber('stay')).toBe(1);
    expect(() => compiled.eventNumber('unknown')).toThrow(`no state of the machine reacts to 'unknown'`);
    expect(compiled.stateNumber(compiled.states[1] as string)).toBe(1);
    expect(() => compiled.stateNumber('unknown')).toThrow(`the machine has no state 'unknown'`);
    const [go, stay, ...ofFinal] = compiled.table;
    expect(go?.map(({ guard, actions, target }) => [guard !== undefined, actions.length, target])).toEqual([
      [true, 3, 1],
      [false, 1, 0],
    ]);
    expect(stay?.map(({ actions, target }) => [actions.length, target])).toEqual([[0, 0]]);
    expect(ofFinal).toEqual([undefined, undefined]);
  });

  it('compiles the request machine', () => {
    const { states, events } = compileMachine(requestMachine);
    expect(states).toEqual(['queued', 'sent', 'receiving', 'succeeded', 'failed', 'timedOut', 'cancelled']);
    expect(events).toEqual([
      'command.sent',
      'request.failed',
      'deadline.reached',
      'caller.cancelled',
      'result.received',
      'command.returned',
    ]);
  });
});
