import { describe, expect, it } from 'vitest';
import { actingQuestions } from './questions.ts';
import { type SourceFile, sourceFiles } from './sources.ts';

/** What is found out late, and is the same however often it is asked for. */
const REMEMBERED = [
  'src/server/command-context.ts: metadata',
  'src/testing/kit/virtual-clock.ts: nextTimerInMs',
  'src/wire/transport/peer.ts: certificate',
];

describe('a question', () => {
  it('changes nothing, whoever asks it: a getter, a guard, a predicate, what a machine remembers', () => {
    const files = [...sourceFiles('machines'), ...sourceFiles('src')];
    expect(actingQuestions(files)).toEqual(REMEMBERED);
  });

  it('is known by this test as one that acts, by itself or by what it calls', () => {
    const source = (path: string, text: string): SourceFile => ({ path, text, imports: [] });
    const link = source(
      'src/link.ts',
      `class Link {
        #error; #seen = []; #deep = { count: 0 };
        get full() { this.wasFull = true; return true; }
        get count() { return this.#deep.count++; }
        isNew(x) { return this.#seen.push(x) > 1; }
        mayGo() { return this.#go(); }
        #go() { delete this.way; return true; }
        overdue() { this.#error = new Error(); return this.#error; }
        hasAll() { return other.overdue() !== undefined; }
        get once() { return (this.#error ??= make()); }
        isPure(x) { let sum = 0; const list = []; sum += x; list.push(sum); return list.slice(1).length > this.#seen.length; }
      }`,
    );
    const machine = source(
      'machines/machine.ts',
      `setup({
        guards: { isLate: ({ context }) => context.link.overdue() !== undefined, isSoon: ({ context }) => context.n > 1 },
        actions: { remember: assign(({ context }) => ({ e: context.link.overdue() })), act: ({ context }) => context.link.overdue() },
      })`,
    );
    const found = actingQuestions([link, machine]).map((place) => place.split(': ')[1]);
    expect(found).toEqual(['full', 'count', 'isNew', 'mayGo', 'hasAll', 'isLate', 'remember']);
  });
});
