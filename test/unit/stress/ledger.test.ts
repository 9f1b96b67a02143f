import { describe, expect, it } from 'vitest';
import { Book, failure } from './support.ts';

/** The verify errors after a test has done something with a book. */
function verify(act: (book: Book) => void): readonly string[] {
  const book = new Book();
  act(book);
  return book.errors.first;
}

describe('the ledger finds nothing wrong with', () => {
  it.each<[string, (book: Book) => void]>([
    ['a Result as expected', (book) => book.begin().results('r0').settle('success')],
    ['a whole stream', (book) => book.begin({ results: 3 }).results('r0', 'r1', 'r2').settle('success')],
    [
      'a stream that breaks off',
      (book) => book.begin({ results: 3 }).results('r0').settle(failure('connection-lost', true)),
    ],
    ['a stream that is left', (book) => book.begin({ results: 'none' }).results('r0').settle('left')],
    ['an outage', (book) => book.begin().settle(failure('unavailable'))],
    ['an error that its kind expects', (book) => book.begin({ codes: ['cancelled'] }).settle(failure('cancelled'))],
    [
      'a timeout at its deadline',
      (book) => {
        const send = book.begin();
        book.nowMs = 1001;
        send.settle(failure('timeout', true));
      },
    ],
    [
      'a late Result of a send that timed out',
      (book) => {
        const send = book.begin();
        book.nowMs = 1000;
        send.settle(failure('timeout', true));
        book.ledger.unexpected({ seq: 1, clientId: 0, type: 'Sum', value: 3, size: 1 });
      },
    ],
    [
      'an open circuit, before which no hook is asked',
      ({ ledger }) => {
        const entry = ledger.begin(1, 'Add', { kind: 'test', timeoutMs: 1, check: () => undefined, results: 1 });
        ledger.settled(entry, failure('circuit-open'));
      },
    ],
  ])('%s', (_, act) => {
    expect(verify(act)).toEqual([]);
  });
});

describe('the ledger finds', () => {
  it.each<[string, (book: Book) => void, string]>([
    [
      'another Result',
      (book) => book.begin().results('r9').settle('success'),
      'Command 1 (test, Add): Result 1: expected r0',
    ],
    ['a gap', (book) => book.begin({ results: 3 }).results('r0', 'r2'), 'Result 2: expected r1, got r2'],
    ['a Result twice', (book) => book.begin({ results: 3 }).results('r0', 'r0'), 'Result 2: expected r1, got r0'],
    ['success too early', (book) => book.begin({ results: 3 }).results('r0', 'r1').settle('success'), '2 Results of 3'],
    ['success without a Result', (book) => book.begin().settle('success'), 'succeeded with 0 Results of 1'],
    ['success that must not be', (book) => book.begin({ results: 'none' }).settle('success'), 'which it must not'],
    ['an error of no outage', (book) => book.begin().settle(failure('protocol-error')), 'failed with protocol-error'],
    ['a cancellation by nobody', (book) => book.begin().settle(failure('cancelled')), 'failed with cancelled'],
    [
      'an error of another class',
      ({ ledger, ...book }) =>
        ledger.settled(
          ledger.begin(1, 'Add', { kind: 'test', timeoutMs: 1, check: () => undefined, results: 1, ...book }),
          { error: new Error('other') },
        ),
      'no CmdStreamError: Error: other',
    ],
    [
      'an error behind all Results',
      (book) => book.begin().results('r0').settle(failure('connection-lost', true)),
      'had all its 1 Results, and failed',
    ],
    [
      'Results without an execution',
      (book) => book.begin({ results: 2 }).results('r0').settle(failure('connection-lost')),
      'had 1 Results, but says mayHaveExecuted: false',
    ],
    [
      'the failure of another handler',
      (book) =>
        book.begin({ codes: ['command-failed'], failure: 'mine' }).settle(failure('command-failed', true, 'theirs')),
      'another message than "mine": theirs',
    ],
    [
      'a timeout before its time',
      (book) => book.begin().settle(failure('timeout')),
      'timed out 1000.0 ms before its deadline',
    ],
  ])('%s', (_, act, what) => {
    expect(verify(act)[0]).toContain(what);
  });

  it('a send that settles a second time', () => {
    const found = verify((book) => {
      const send = book.begin().results('r0').settle('success');
      send.ledger.settled(send.entry, failure('timeout', true));
    });
    expect(found).toEqual([expect.stringContaining('settled a second time: timeout (mayHaveExecuted: true)')]);
  });

  it('a Result after the end', () => {
    const found = verify((book) => book.begin().results('r0').settle('success').results('r1'));
    expect(found).toEqual([expect.stringContaining('got "r1" after it had settled')]);
  });

  it('a send that settles too late, and tells so once', () => {
    const late = (sweeps: boolean) =>
      verify((book) => {
        const send = book.begin().results('r0');
        book.nowMs = 1051;
        if (sweeps) for (let times = 0; times < 2; times++) book.ledger.sweep();
        send.settle('success');
      });
    expect(late(false)).toEqual([expect.stringContaining('settled 51 ms late')]);
    expect(late(true)).toEqual([expect.stringContaining('has not settled 51 ms after its deadline')]);
  });

  it('hooks that are told of two ends, of none, or of another', () => {
    const twice = verify((book) => {
      const send = book.begin().results('r0');
      send.tellHooks('success');
      send.settle('success');
    });
    const never = verify((book) => {
      const send = book.begin().results('r0');
      book.ledger.settled(send.entry, 'success');
    });
    const other = verify((book) => {
      const send = book.begin().results('r0');
      send.tellHooks(failure('connection-lost'));
      book.ledger.settled(send.entry, 'success');
    });
    const after = verify((book) => {
      const send = book.begin().results('r0').settle('success');
      send.tellHooks(failure('connection-lost'));
    });
    expect(twice[0]).toContain('its hooks were told of last, and then of last');
    expect(never[0]).toContain('settled with success, but its hooks were told of undefined');
    expect(other[0]).toContain('settled with success, but its hooks were told of error');
    expect(after.join()).toContain('its hooks were told of error after it had settled');
  });

  it('a Result that nobody has given up', () => {
    const found = verify((book) => {
      book.begin().results('r0').settle('success');
      book.ledger.unexpected({ seq: 1, clientId: 0, type: 'Sum', value: 3, size: 1 });
    });
    expect(found).toEqual(['client 0 got a Result that no send has given up: 1 Sum 3']);
  });
});

it('the ledger counts outcomes by kind', () => {
  const { ledger, ...book } = new Book();
  void book;
  const send = (kind: string) =>
    ledger.begin(ledger.begun + 1, 'Add', { kind, timeoutMs: 1, check: () => undefined, results: 1 });
  ledger.settled(send('one'), failure('circuit-open'));
  ledger.settled(send('other'), failure('circuit-open'));
  ledger.settled(send('other'), failure('cancelled'));
  expect(ledger.tally.totals).toEqual([
    ['circuit-open', 2],
    ['cancelled', 1],
  ]);
  expect(ledger.tally.kinds.get('other')).toEqual(
    new Map([
      ['circuit-open', 1],
      ['cancelled', 1],
    ]),
  );
  expect(ledger.tally.settled).toBe(3);
});
