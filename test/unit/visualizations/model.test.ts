import { describe, expect, it } from 'vitest';
import { type AnyStateMachine, createMachine, fromPromise, setup } from 'xstate';
import { readChart, statesOf } from '../../../visualizations/draw/model.ts';
import { transitionInWords } from '../../../visualizations/draw/words.ts';

const kettle = setup({
  actors: { heat: fromPromise(async () => {}) },
  actions: { whistle: () => {}, light: (_, _params: { colour: string }) => {} },
  guards: { isFull: () => true },
  delays: { patience: 1000 },
}).createMachine({
  id: 'kettle',
  initial: 'cold',
  on: { unplug: '.off' },
  states: {
    cold: { on: { press: [{ guard: 'isFull', target: 'hot.heating' }, { actions: 'whistle' }], look: {} } },
    hot: {
      entry: { type: 'light', params: { colour: 'red' } },
      exit: 'whistle',
      initial: 'heating',
      onDone: 'cold',
      states: {
        heating: {
          invoke: { src: 'heat', onDone: 'boiling', onError: { target: '#kettle.off', actions: 'whistle' } },
          after: { patience: 'boiling', 50: { actions: 'whistle' } },
        },
        boiling: { type: 'final' },
      },
    },
    off: { type: 'final', always: { guard: 'isFull', target: 'cold' } },
  },
});

describe('readChart', () => {
  it('reads the states with what they do', () => {
    const states = statesOf(readChart(kettle).root);
    expect(states.map(({ path, kind, initial }) => [path, kind, initial])).toEqual([
      ['', 'compound', 'cold'],
      ['cold', 'atomic', undefined],
      ['hot', 'compound', 'hot.heating'],
      ['hot.heating', 'atomic', undefined],
      ['hot.boiling', 'final', undefined],
      ['off', 'final', undefined],
    ]);
    expect(states[2]).toMatchObject({ entry: ['light(red)'], exit: ['whistle'] });
    expect(states[3]).toMatchObject({ entry: [], exit: [], invokes: ['heat'] });
  });

  it('reads the transitions, in words', () => {
    const found = readChart(kettle).transitions.map((one) => `${one.from}: ${transitionInWords(one)} > ${one.to}`);
    expect(found.sort()).toEqual(
      [
        ': unplug > off',
        'cold: press [isFull] > hot.heating',
        'cold: press [else] / whistle > undefined',
        'cold: look / nothing > undefined',
        'hot: all finished > cold',
        'hot.heating: heat done > hot.boiling',
        'hot.heating: heat failed / whistle > off',
        "hot.heating: after 'patience' > hot.boiling",
        "hot.heating: after '50' / whistle > undefined",
        'off: [isFull] > cold',
      ].sort(),
    );
  });

  it.each<[string, AnyStateMachine]>([
    ['an inline action', createMachine({ entry: () => {} })],
    ['an inline guard', createMachine({ on: { go: { guard: () => true, actions: 'act' } } })],
    ['a history state', createMachine({ initial: 'a', states: { a: {}, b: { type: 'history' } } })],
    [
      'several targets',
      createMachine({ type: 'parallel', states: { a: {}, b: {} }, on: { go: { target: ['.a', '.b'] } } } as never),
    ],
  ])('refuses %s, which a drawing could not show', (_, machine) => {
    expect(() => readChart(machine)).toThrow(/no name|history|one target/);
  });
});
