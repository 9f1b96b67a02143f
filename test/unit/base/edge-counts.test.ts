import { describe, expect, it } from 'vitest';
import { createActor, createMachine } from 'xstate';
import { type RequestEvent, type RequestLink, requestMachine } from '../../../machines/request.ts';
import { compileMachine } from '../../../src/base/compile.ts';
import { CompiledActor } from '../../../src/base/compiled-actor.ts';
import { countedBy, EdgeCounts } from '../../../src/base/edge-counts.ts';

const REQUEST = compileMachine<{ link: RequestLink }, RequestEvent>(requestMachine);
const RESULT = { type: 'result.received', resultType: 'Sum', value: 1, size: 1, weight: 1 } as const;
/** A life of a request: two Results, and a deadline that comes too late. */
const LIFE: readonly RequestEvent[] = [
  { type: 'command.sent' },
  { ...RESULT, last: false },
  { ...RESULT, last: false },
  { ...RESULT, last: true },
];
const WALKED = [
  { chart: 'request', from: 'queued', event: 'command.sent', to: 'sent', count: 1 },
  { chart: 'request', from: 'receiving', event: 'result.received', to: 'receiving', count: 1 },
  { chart: 'request', from: 'receiving', event: 'result.received', to: 'succeeded', count: 1 },
  { chart: 'request', from: 'sent', event: 'result.received', to: 'receiving', count: 1 },
];

const link = new Proxy({} as RequestLink, { get: () => () => false });

class Life extends CompiledActor<{ link: RequestLink }, RequestEvent> {
  protected override get machineContext() {
    return { link };
  }

  happen(event: RequestEvent): void {
    this.receive(REQUEST.eventNumber(event.type), event);
  }
}

function walkCompiled(...counts: EdgeCounts[]): void {
  const life = new Life(countedBy(counts, REQUEST));
  for (const event of [...LIFE, { type: 'deadline.reached' } as const]) life.happen(event);
}

/** A machine with states inside states, side by side, and what XState calls by names of its own. */
const nested = createMachine({
  id: 'twoWords',
  initial: 'entry',
  states: {
    entry: { always: 'outer' },
    outer: {
      initial: 'inner',
      on: { leave: 'hop', stay: { actions: () => {} } },
      states: { inner: { on: { deeper: 'deep' } }, deep: {} },
    },
    hop: { initial: 'landed', states: { landed: {} }, always: 'sides' },
    sides: {
      type: 'parallel',
      on: { leave: 'over', jump: 'over' },
      states: {
        left: { initial: 'one', states: { one: { on: { jump: 'two' } }, two: { type: 'final' } } },
        right: { initial: 'one', states: { one: { on: { jump: 'two' } }, two: { type: 'final' } } },
      },
      onDone: 'outer',
    },
    over: { type: 'final' },
  },
});

describe('edges that are counted', () => {
  it('are those of a compiled machine, and the same where it runs as an actor', () => {
    const compiled = new EdgeCounts();
    walkCompiled(compiled);
    expect(compiled.walked).toEqual(WALKED);
    const watched = new EdgeCounts();
    const actor = createActor(requestMachine, { input: { link }, inspect: watched.watch }).start();
    for (const event of LIFE) actor.send(event);
    expect(watched.walked).toEqual(WALKED);
  });

  it('are summed over actors, compiled ones and others', () => {
    const counts = new EdgeCounts();
    walkCompiled(counts);
    walkCompiled(counts);
    const actor = createActor(requestMachine, { input: { link }, inspect: counts.watch }).start();
    for (const event of LIFE) actor.send(event);
    expect(counts.walked).toEqual(WALKED.map((edge) => ({ ...edge, count: 3 })));
  });

  it('are counted by all who count, and cost a machine nothing that nobody counts', () => {
    const both = [new EdgeCounts(), new EdgeCounts()] as const;
    walkCompiled(...both);
    expect(both.map(({ walked }) => walked)).toEqual([WALKED, WALKED]);
    expect(countedBy([], REQUEST)).toBe(REQUEST);
  });

  it('begin in the innermost state that an actor was in, also in the middle of several steps', () => {
    const counts = new EdgeCounts();
    const actor = createActor(nested, { inspect: counts.watch }).start();
    for (const type of ['stay', 'deeper', 'unheard', 'leave', 'jump', 'leave', 'leave']) actor.send({ type });
    const edge = (from: string, event: string, to: string) => ({ chart: 'two-words', from, event, to, count: 1 });
    expect(counts.walked).toEqual([
      edge('entry', 'always', 'outer'),
      { ...edge('hop.landed', 'always', 'sides'), count: 2 },
      edge('outer.deep', 'leave', 'hop'),
      edge('outer.inner', 'deeper', 'outer.deep'),
      edge('outer.inner', 'leave', 'hop'),
      edge('outer.inner', 'stay', 'outer.inner'),
      edge('sides', 'all finished', 'outer'),
      // Regions are left as one.
      edge('sides', 'leave', 'over'),
      edge('sides.left.one', 'jump', 'sides.left.two'),
      edge('sides.right.one', 'jump', 'sides.right.two'),
    ]);
  });

  it('are counted once of a step that two of a kind tell', () => {
    const counts = new EdgeCounts();
    const actor = createActor(nested, { inspect: counts.watch });
    const { unsubscribe } = actor.system.inspect(counts.watch);
    actor.start().send({ type: 'deeper' });
    unsubscribe();
    actor.send({ type: 'leave' });
    expect(counts.walked.map(({ event, count }) => [event, count])).toEqual([
      ['always', 1],
      ['always', 1],
      ['leave', 1],
      ['deeper', 1],
    ]);
  });

  it('begin where an actor is, whatever it did while nobody watched', () => {
    const counts = new EdgeCounts();
    const actor = createActor(nested).start();
    const { unsubscribe } = actor.system.inspect(counts.watch);
    actor.send({ type: 'stay' });
    unsubscribe();
    actor.send({ type: 'deeper' });
    actor.system.inspect(counts.watch);
    actor.send({ type: 'stay' });
    expect(counts.walked.map(({ from, count }) => [from, count])).toEqual([
      ['outer.deep', 1],
      ['outer.inner', 1],
    ]);
  });
});
