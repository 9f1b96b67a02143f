import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CmdStreamError } from '../../../../src/base/errors/cmd-stream-error.ts';
import { composeHooks } from '../../../../src/sender/hooks/compose-hooks.ts';
import type { ClockedHooksFactory, Hooks } from '../../../../src/sender/hooks/hooks.ts';
import { noopHooks } from '../../../../src/sender/hooks/noop-hooks.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';
import { closedGate, command, failure, notSent, recording, resultOf, sent, terms } from './support.ts';

let log: string[];
beforeEach(() => {
  log = [];
});

function refuse(error: unknown): Hooks['beforeSend'] {
  return () => {
    throw error;
  };
}

/** What `beforeSend` throws. */
function thrownBy(hooks: Hooks): unknown {
  try {
    hooks.beforeSend?.(command);
  } catch (error) {
    return error;
  }
  throw new Error('did not refuse');
}

describe('composed hooks', () => {
  it('are all called in the given order', () => {
    const hooks = composeHooks(recording('a', log), recording('b', log))(command, terms);
    expect(hooks.beforeSend?.(command)).toBeUndefined();
    hooks.onResult?.(sent, resultOf(1, false));
    hooks.onTimeout?.(sent, failure('timeout'));
    expect(log).toEqual([
      'a.beforeSend',
      'b.beforeSend',
      'a.onResult 1',
      'b.onResult 1',
      'a.onTimeout timeout',
      'b.onTimeout timeout',
    ]);
  });

  it('F8: hear of the end last, all of them, and once', () => {
    const ending = (name: string) => () => ({
      onError: () => void log.push(`${name}.onError`),
      onEnd: (_: unknown, outcome: unknown, durationMs: number) => {
        log.push(`${name}.onEnd ${outcome === 'success' ? outcome : (outcome as CmdStreamError).code} ${durationMs}`);
      },
    });
    const factory = composeHooks(ending('a'), noopHooks, composeHooks(ending('b'), ending('c')));
    const failing = factory(command, terms);
    failing.beforeSend?.(command);
    failing.onError?.(sent, failure('timeout'));
    failing.onEnd?.(sent, failure('timeout'), 5);
    failing.onEnd?.(sent, failure('timeout'), 6);
    expect(log.splice(0)).toEqual([
      ...['a.onError', 'b.onError', 'c.onError'],
      ...['a.onEnd timeout 5', 'b.onEnd timeout 5', 'c.onEnd timeout 5'],
    ]);
    const succeeding = factory(command, terms);
    succeeding.beforeSend?.(command);
    succeeding.onEnd?.(sent, 'success', 7);
    expect(log).toEqual(['a.onEnd success 7', 'b.onEnd success 7', 'c.onEnd success 7']);
  });

  it('F8: hear of the end where a later one refuses, with the time of the clock that they were given', () => {
    const clock = new VirtualClock();
    const ending = () => ({
      beforeSend: () => clock.advance(250),
      onEnd: ({ seq }: { seq: number }, outcome: unknown, durationMs: number) => {
        log.push(`onEnd of ${seq}: ${(outcome as CmdStreamError).code} after ${durationMs} ms`);
      },
    });
    const factory: ClockedHooksFactory = composeHooks(ending, () => ({
      beforeSend: refuse(new Error('no')) as () => void,
    }));
    thrownBy(factory(command, terms, clock));
    expect(log).toEqual(['onEnd of 0: refused after 250 ms']);
  });

  it('are made anew for each send', () => {
    let made = 0;
    const counting = () => {
      made++;
      return {};
    };
    const factory = composeHooks(counting, counting);
    for (let n = 0; n < 3; n++) factory(command, terms).beforeSend?.(command);
    expect(made).toBe(6);
  });

  it('need not have every method', () => {
    const hooks = composeHooks(noopHooks, recording('b', log), noopHooks)(command, terms);
    hooks.beforeSend?.(command);
    hooks.onError?.(sent, failure('connection-lost'));
    expect(log).toEqual(['b.beforeSend', 'b.onError connection-lost']);
  });

  it('of none do nothing, of one are that one', () => {
    expect(composeHooks()).toBe(noopHooks);
    const only = recording('a', log);
    expect(composeHooks(only)).toBe(only);
  });

  it('refuse what is no factory', () => {
    const wrong: unknown = {};
    expect(() => composeHooks(noopHooks, wrong as typeof noopHooks)).toThrow(/'hooks\[1\]' must be a function/);
  });

  it.each(['onError', 'onTimeout', 'onCancel'] as const)('pass on one ending only: %s', (ending) => {
    const hooks = composeHooks(recording('a', log), recording('b', log))(command, terms);
    hooks.beforeSend?.(command);
    log.length = 0;
    hooks[ending]?.(sent, failure('internal'));
    hooks.onError?.(sent, failure('connection-lost'));
    hooks.onResult?.(sent, resultOf(1, true));
    expect(log).toEqual([`a.${ending} internal`, `b.${ending} internal`]);
  });
});

describe('when one of the composed hooks refuses', () => {
  it('those before it learn it by the error that the caller gets; it and those after it learn nothing', () => {
    const told: unknown[] = [];
    const before = () => ({
      onError: (...args: unknown[]) => {
        told.push(args);
      },
    });
    const hooks = composeHooks(
      before,
      recording('b', log),
      recording('c', log, refuse(new Error('over quota'))),
      recording('d', log),
    )(command, terms);
    const error = thrownBy(hooks);
    expect(error).toBeInstanceOf(CmdStreamError);
    expect(error).toMatchObject({ code: 'refused', mayHaveExecuted: false, cause: new Error('over quota') });
    expect((error as CmdStreamError).message).toMatch(/Command 'Add' was not sent.*over quota/);
    expect(told).toEqual([[notSent, error]]);
    expect(log).toEqual(['b.beforeSend', 'c.beforeSend', 'b.onError refused']);
  });

  it('nobody learns it a second time', () => {
    const hooks = composeHooks(recording('a', log), recording('b', log, refuse(failure('overloaded'))))(command, terms);
    const error = thrownBy(hooks);
    hooks.onError?.(notSent, error as CmdStreamError);
    expect(log).toEqual(['a.beforeSend', 'b.beforeSend', 'a.onError overloaded']);
  });

  it.each(['refused', 'circuit-open', 'overloaded', 'invalid-argument'] as const)(
    'its own CmdStreamError is the error, where it says that this side chose not to send: %s',
    (code) => {
      const own = failure(code);
      expect(thrownBy(composeHooks(noopHooks, recording('b', log, refuse(own)))(command, terms))).toBe(own);
    },
  );

  it.each([
    failure('connection-lost'),
    failure('timeout'),
    new CmdStreamError('overloaded', 'of another request', { mayHaveExecuted: true }),
  ])('an error that tells of another request is the cause only', (foreign) => {
    const error = thrownBy(composeHooks(noopHooks, recording('b', log, refuse(foreign)))(command, terms));
    expect(error).toMatchObject({ code: 'refused', mayHaveExecuted: false, cause: foreign });
  });

  it('by not even being made, that is a refusal as well', () => {
    const unmakeable = () => {
      throw new Error('no hooks today');
    };
    expect(thrownBy(composeHooks(recording('a', log), unmakeable)(command, terms))).toMatchObject({ code: 'refused' });
    expect(log).toEqual(['a.beforeSend', 'a.onError refused']);
  });
});

describe('composed hooks that wait in beforeSend', () => {
  it('are asked one after the other', async () => {
    const wait = async () => {
      await Promise.resolve();
      log.push('waited');
    };
    const hooks = composeHooks(
      recording('a', log),
      recording('b', log, wait),
      recording('c', log, wait),
    )(command, terms);
    await hooks.beforeSend?.(command);
    expect(log).toEqual(['a.beforeSend', 'b.beforeSend', 'waited', 'c.beforeSend', 'waited']);
  });

  it('may refuse by rejecting', async () => {
    const reject = () => Promise.reject(new Error('no token'));
    const hooks = composeHooks(recording('a', log), recording('b', log, reject), recording('c', log))(command, terms);
    await expect(hooks.beforeSend?.(command)).rejects.toMatchObject({ code: 'refused', cause: new Error('no token') });
    expect(log).toEqual(['a.beforeSend', 'b.beforeSend', 'a.onError refused']);
  });

  it('learn at once that the caller cancelled, and nobody else is asked', async () => {
    const gate = closedGate();
    const hooks = composeHooks(
      recording('a', log),
      recording('b', log, () => gate.promise),
      recording('c', log),
    )(command, terms);
    const asked = hooks.beforeSend?.(command);
    hooks.onCancel?.(notSent, failure('cancelled'));
    const expected = ['a.beforeSend', 'b.beforeSend', 'a.onCancel cancelled', 'b.onCancel cancelled'];
    expect(log).toEqual(expected);
    gate.open();
    await asked;
    expect(log).toEqual(expected);
  });

  it('tell nobody when they refuse after the send has ended', async () => {
    const gate = closedGate();
    const hooks = composeHooks(
      recording('a', log),
      recording('b', log, () => gate.promise),
    )(command, terms);
    const asked = hooks.beforeSend?.(command);
    hooks.onTimeout?.(notSent, failure('timeout'));
    log.length = 0;
    gate.fail(new Error('too late'));
    await expect(asked).rejects.toMatchObject({ code: 'refused' });
    expect(log).toEqual([]);
  });
});

describe('composed hooks that fail', () => {
  const warnings: string[] = [];
  const listen = (warning: Error) => {
    if (warning.name === 'CmdStreamWarning') warnings.push(warning.message);
  };
  beforeEach(() => {
    warnings.length = 0;
    process.on('warning', listen);
  });
  afterEach(() => {
    process.off('warning', listen);
  });

  it('do not keep the others from being called, and become warnings', async () => {
    const defect = (): never => {
      throw new Error('a defect');
    };
    const defective = () => ({ onResult: defect, onError: async () => defect() });
    const hooks = composeHooks(defective, recording('b', log))(command, terms);
    hooks.beforeSend?.(command);
    hooks.onResult?.(sent, resultOf(1, false));
    hooks.onError?.(sent, failure('connection-lost'));
    expect(log).toEqual(['b.beforeSend', 'b.onResult 1', 'b.onError connection-lost']);
    await new Promise((resolve) => setImmediate(resolve));
    expect(warnings).toEqual([
      expect.stringMatching(/'onResult'.*a defect/),
      expect.stringMatching(/'onError'.*a defect/),
    ]);
  });
});
