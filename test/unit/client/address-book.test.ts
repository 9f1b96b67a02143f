import { describe, expect, it } from 'vitest';
import { AddressBook, type AddressBookOptions, type AddressResolver } from '../../../src/client/address-book.ts';
import { parseAddress } from '../../../src/transport/address.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { turn } from './fake-link.ts';

const signal = new AbortController().signal;

function newBook(source: AddressBookOptions['source'], options: Partial<AddressBookOptions> = {}) {
  const clock = new VirtualClock();
  const warnings: string[] = [];
  const seen = { changes: 0 };
  const book = new AddressBook({
    source,
    refreshMs: 30_000,
    timeoutMs: 1_000,
    clock,
    warn: (warning) => warnings.push(warning),
    changed: () => seen.changes++,
    check: (address) => void parseAddress(address),
    ...options,
  });
  return { book, clock, warnings, seen };
}

/** A resolver that answers when, and as, the test says. */
function asked() {
  const questions: { answer(addresses: readonly string[]): void; fail(error: Error): void }[] = [];
  const resolver = () =>
    new Promise<readonly string[]>((resolve, reject) => questions.push({ answer: resolve, fail: reject }));
  return { questions, resolver };
}

describe('the addresses of a list', () => {
  it('are spread over the clients', async () => {
    const { book, clock } = newBook(['a:1', 'b:2']);
    const picks = await Promise.all([0, 1, 2, 3].map((client) => book.pick(client, signal)));
    expect(picks).toEqual(['a:1', 'b:2', 'a:1', 'b:2']);
    expect([book.includes('a:1'), book.includes('c:3')]).toEqual([true, false]);
    book.refresh();
    expect(clock.timers).toBe(0);
  });

  it('stay with their clients until these give them up, and then have their turn', async () => {
    const { book } = newBook(['a:1', 'b:2', 'c:3']);
    const picks: string[] = [];
    for (let attempt = 0; attempt < 4; attempt++) {
      picks.push(await book.pick(1, signal), await book.pick(1, signal));
      book.giveUp(1);
    }
    expect(picks).toEqual(['b:2', 'b:2', 'c:3', 'c:3', 'a:1', 'a:1', 'b:2', 'b:2']);
  });

  it('that come anew are taken by those whose own is gone', async () => {
    const answers = [
      ['a:1', 'b:2', 'c:3'],
      ['b:2', 'c:3', 'd:4', 'e:5'],
    ];
    const { book } = newBook(() => answers.shift() ?? []);
    const picks = () => Promise.all([0, 1, 2, 3].map((client) => book.pick(client, signal)));
    expect(await picks()).toEqual(['a:1', 'b:2', 'c:3', 'a:1']);
    book.refresh();
    await turn();
    expect(await picks()).toEqual(['d:4', 'b:2', 'c:3', 'e:5']);
  });

  it('are chosen anew by a client that has given up what is gone by now', async () => {
    const answers = [['a:1'], ['b:2']];
    const { book } = newBook(() => answers.shift() ?? []);
    expect(await book.pick(0, signal)).toBe('a:1');
    book.giveUp(0);
    await turn();
    book.giveUp(0);
    expect(await book.pick(0, signal)).toBe('b:2');
  });
});

describe('an address resolver', () => {
  it('is asked once for all who wait for its first answer', async () => {
    const { questions, resolver } = asked();
    const { book, seen } = newBook(resolver);
    const picks = [book.pick(0, signal), book.pick(1, signal)];
    await turn();
    expect(questions).toHaveLength(1);
    expect(book.includes('anything:1')).toBe(true);
    questions[0]?.answer(['a:1', 'b:2', 'a:1']);
    expect(await Promise.all(picks)).toEqual(['a:1', 'b:2']);
    expect(await book.pick(2, signal)).toBe('a:1');
    expect(seen.changes).toBe(0);
  });

  it('may answer without a promise', async () => {
    const { book } = newBook(() => ['a:1']);
    expect(await book.pick(5, signal)).toBe('a:1');
  });

  it('may answer with a single address', async () => {
    const answers: ReturnType<AddressResolver>[] = ['a:1', Promise.resolve('b:2')];
    const { book, seen, warnings } = newBook(() => answers.shift() ?? []);
    expect(await book.pick(0, signal)).toBe('a:1');
    book.refresh();
    await turn();
    expect(await book.pick(0, signal)).toBe('b:2');
    expect(seen.changes).toBe(1);
    expect(warnings).toEqual([]);
  });

  it('is asked again after the interval, from the last answer on', async () => {
    const { questions, resolver } = asked();
    const { book, clock } = newBook(resolver);
    book.refresh();
    await turn();
    questions[0]?.answer(['a:1']);
    await turn();
    clock.advance(29_999);
    expect(questions).toHaveLength(1);
    clock.advance(1);
    await turn();
    expect(questions).toHaveLength(2);
    book.refresh();
    await turn();
    expect(questions).toHaveLength(2);
    questions[1]?.answer(['a:1']);
    await turn();
    book.refresh();
    await turn();
    expect(questions).toHaveLength(3);
    questions[2]?.answer(['a:1']);
    await turn();
    expect(clock.nextTimerInMs).toBe(30_000);
    expect(clock.timers).toBe(1);
  });

  it('is not asked by itself where the interval is endless', async () => {
    const { book, clock } = newBook(() => ['a:1'], { refreshMs: Number.POSITIVE_INFINITY });
    await book.pick(0, signal);
    await turn();
    expect(clock.timers).toBe(0);
  });

  it('tells of other addresses, and not of the same', async () => {
    const answers = [['a:1', 'b:2'], ['a:1', 'b:2'], ['b:2', 'c:3'], ['b:2']];
    const { book, seen } = newBook(() => answers.shift() ?? []);
    const changes: number[] = [];
    while (answers.length > 0) {
      book.refresh();
      await turn();
      changes.push(seen.changes);
    }
    expect(changes).toEqual([0, 0, 1, 2]);
    expect([book.includes('a:1'), book.includes('b:2')]).toEqual([false, true]);
  });

  it('that fails leaves the known addresses in use, and says so', async () => {
    const answers: (() => string | readonly string[])[] = [
      () => ['a:1'],
      () => {
        throw new Error('no such service');
      },
      () => [],
      () => ['no port'],
      () => '',
      () => 5 as unknown as string[],
    ];
    const { book, seen, warnings } = newBook(() => (answers.shift() as () => string | readonly string[])());
    while (answers.length > 0) {
      book.refresh();
      await turn();
    }
    expect(await book.pick(0, signal)).toBe('a:1');
    expect(seen.changes).toBe(0);
    expect(warnings).toHaveLength(5);
    expect(warnings[0]).toContain('no such service; the known addresses stay in use');
    expect(warnings[1]).toContain('got an array of 0');
    expect(warnings[2]).toContain('"no port"');
    expect(warnings[3]).toContain('got ""');
    expect(warnings[4]).toContain('got 5');
  });

  it('that fails before it has given any address fails those who wait, and is asked by the next', async () => {
    const { questions, resolver } = asked();
    const { book } = newBook(resolver);
    const pick = book.pick(0, signal);
    await turn();
    questions[0]?.fail(new Error('no such service'));
    await expect(pick).rejects.toMatchObject({
      code: 'connect-failed',
      message: 'the address resolver gave no address: no such service',
      cause: { message: 'no such service' },
    });
    const again = book.pick(0, signal);
    await turn();
    questions[1]?.answer(['a:1']);
    expect(await again).toBe('a:1');
  });

  it('that never answers has failed after the timeout, and is asked anew', async () => {
    const { questions, resolver } = asked();
    const { book, clock, seen, warnings } = newBook(resolver);
    const pick = book.pick(0, signal);
    clock.advance(1_000);
    await expect(pick).rejects.toThrow('did not answer within 1000 ms');
    expect(warnings).toEqual([expect.stringContaining('; no address is known')]);
    const again = book.pick(0, signal);
    await turn();
    expect(questions).toHaveLength(2);
    questions[1]?.answer(['b:2']);
    expect(await again).toBe('b:2');
    // What comes of the first question now is too old.
    questions[0]?.answer(['a:1']);
    await turn();
    expect(await book.pick(0, signal)).toBe('b:2');
    expect(seen.changes).toBe(0);
  });

  it('is waited for no longer than the one who asks cares', async () => {
    const { questions, resolver } = asked();
    const { book } = newBook(resolver);
    const controller = new AbortController();
    const pick = book.pick(0, controller.signal);
    await turn();
    controller.abort(new Error('closed'));
    questions[0]?.answer(['a:1']);
    await expect(pick).rejects.toThrow('closed');
  });

  it('is asked no more, and heard no more, once it is stopped', async () => {
    for (const outcome of ['answer', 'fail', 'nothing'] as const) {
      const { questions, resolver } = asked();
      const { book, clock, seen, warnings } = newBook(resolver);
      book.refresh();
      await turn();
      questions[0]?.answer(['a:1']);
      await turn();
      book.refresh();
      await turn();
      expect(clock.timers).toBe(1);
      book.stop();
      if (outcome === 'answer') questions[1]?.answer(['b:2']);
      if (outcome === 'fail') questions[1]?.fail(new Error('too late'));
      await turn();
      book.refresh();
      await turn();
      expect(questions).toHaveLength(2);
      expect(clock.timers).toBe(0);
      expect(warnings).toEqual([]);
      expect(seen.changes).toBe(0);
    }
  });
});
