import { describe, expect, it } from 'vitest';
import { Executions } from '../../stress/executions.ts';
import { ServerLives } from '../../stress/server-lives.ts';
import { VerifyErrors } from '../../stress/verify-errors.ts';
import { Book, failure } from './support.ts';

describe('executions by id', () => {
  const errorsOf = (act: (executions: Executions) => void) => {
    const errors = new VerifyErrors();
    const executions = new Executions(errors);
    act(executions);
    executions.finish();
    return errors.first;
  };

  it('are as they must be: once where there is a Result, at most once where it is not known, else never', () => {
    const found = errorsOf((executions) => {
      executions.executed(1, 200_000);
      executions.claim(1, 'executed');
      executions.claim(200_000, 'executed');
      executions.executed(200_000, 200_000);
      executions.claim(2, 'unknown');
      executions.claim(3, 'unknown');
      executions.executed(3, 200_000);
      executions.claim(4, 'not executed');
    });
    expect(found).toEqual([]);
  });

  it('are told of twice', () => {
    const twice = errorsOf((executions) => {
      executions.executed(70_000, 70_000);
      executions.executed(70_000, 70_000);
    });
    expect(twice).toEqual(['Command 70000 was executed twice']);
  });

  it.each([
    ['before', ['executed', 'claim']],
    ['after', ['claim', 'executed']],
  ])('come %s an error that says that there was none', (_, order) => {
    const found = errorsOf((executions) => {
      for (const step of order) {
        if (step === 'executed') executions.executed(5, 9);
        else executions.claim(5, 'not executed');
      }
    });
    expect(found).toEqual(['Command 5 was executed, but its error says mayHaveExecuted: false']);
  });

  it('are missing where there is a Result', () => {
    const found = errorsOf((executions) => executions.claim(65_537, 'executed'));
    expect(found).toEqual(['Command 65537 has a Result, but was never executed']);
  });

  it.each([0, 10, Number.NaN])('are of a Command that nobody has sent: %s', (id) => {
    const found = errorsOf((executions) => executions.executed(id, 9));
    expect(found).toEqual([`the server executed Command ${id}, which nobody has sent`]);
  });

  it('are held against what the ledger sees', () => {
    const book = new Book();
    book.begin().settle(failure('unavailable'));
    book.begin().results('r0').settle('success');
    book.begin().settle(failure('connection-lost', true));
    for (const id of [1, 3]) book.ledger.executions.executed(id, 3);
    book.ledger.executions.finish();
    expect(book.errors.first).toEqual([
      'Command 1 was executed, but its error says mayHaveExecuted: false',
      'Command 2 has a Result, but was never executed',
    ]);
  });
});

describe('executions by count', () => {
  /** What is found when a server tells `times` after two answers, one loss and one refusal, with one under way. */
  const tells = (times: number) => {
    const errors = new VerifyErrors();
    const lives = new ServerLives(errors);
    lives.begin();
    lives.settled(1, 'Add', 'executed');
    lives.begin();
    lives.settled(1, 'Add', 'executed'); // Its Result may be the first server's, read late.
    lives.settled(2, 'Add', 'executed');
    lives.settled(2, 'Add', 'unknown');
    lives.settled(2, 'Add', 'not executed');
    lives.check({ Add: times }, (command) => (command === 'Add' ? 1 : 0));
    return errors.first;
  };

  it.each([1, 2, 3, 4])('are within their bounds: %i', (times) => {
    expect(tells(times)).toEqual([]);
  });

  it.each([0, 5])('are out of their bounds: %i', (times) => {
    expect(tells(times)).toEqual([`server 2 executed Add ${times} times; by the outcomes it must be 1 to 4 times`]);
  });

  it('are of a Command that was never sent', () => {
    const errors = new VerifyErrors();
    new ServerLives(errors).check({ Echo: 1 }, () => 0);
    expect(errors.count).toBe(1);
  });
});
