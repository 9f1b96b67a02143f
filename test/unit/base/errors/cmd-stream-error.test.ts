import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import {
  CmdStreamError,
  type CmdStreamErrorCode,
  type CmdStreamErrorDetails,
  saidByServer,
  tellSubject,
} from '../../../../src/base/errors/cmd-stream-error.ts';
import { describeError, isAbortError, isError, stackOf } from '../../../../src/base/errors/describe-error.ts';

const boom = () => {
  throw new Error('boom');
};

describe('A4: an error as JSON', () => {
  it('A4: has its message and what led to it', () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' });
    const inner = new CmdStreamError('connect-failed', 'could not connect', { cause });
    const error = new CmdStreamError('unavailable', 'no client is ready', { cause: inner, mayHaveExecuted: true });
    expect(JSON.parse(JSON.stringify({ error }))).toEqual({
      error: {
        name: 'CmdStreamError',
        code: 'unavailable',
        message: 'no client is ready',
        mayHaveExecuted: true,
        retryable: false,
        cause: {
          name: 'CmdStreamError',
          code: 'connect-failed',
          message: 'could not connect',
          mayHaveExecuted: false,
          cause: { name: 'Error', code: 'ECONNREFUSED', message: 'connect ECONNREFUSED 127.0.0.1:1' },
        },
      },
    });
    expect(JSON.stringify(error)).not.toContain('at ');
  });

  it('A4: has a bounded depth, also where a cause is its own', () => {
    const loop = new Error('loop') as Error & { cause: unknown };
    loop.cause = loop;
    const text = JSON.stringify(new CmdStreamError('internal', 'x', { cause: loop }));
    expect(text.match(/"loop"/g)).toHaveLength(8);
  });

  it.each<[what: string, cause: unknown, json: unknown]>([
    ['a text', 'just so', { message: 'just so' }],
    ['a symbol', Symbol('x'), { message: 'Symbol(x)' }],
    ['null', null, { message: 'null' }],
    ['a bigint', 5n, { message: '5' }],
    ['an object with a message', { message: 'm', code: 7 }, { message: 'm', code: 7 }],
    ['of another realm', runInNewContext("new TypeError('far')"), { name: 'TypeError', message: 'far' }],
    [
      'that cannot be read',
      {
        get message() {
          return boom();
        },
        get code() {
          return boom();
        },
      },
      { message: expect.any(String) },
    ],
  ])('A4: is written whatever its cause is: %s', (_, cause, json) => {
    expect(JSON.parse(JSON.stringify(new CmdStreamError('internal', 'x', { cause }))).cause).toEqual(json);
  });

  it('A4: leaves out a cause that there is not', () => {
    expect(Object.keys(new CmdStreamError('closed', 'x').toJSON())).toEqual([
      'name',
      'code',
      'message',
      'mayHaveExecuted',
      'retryable',
    ]);
  });

  it('A4: tells what a handler said, and what it is about, but nothing that a logger would fail by', () => {
    const circular: { self?: unknown } = {};
    circular.self = circular;
    const told = { failure: 'conflict', details: { id: 1 }, retryAfterMs: 5 } as const;
    const about = { command: 'Add', address: 'a:1', clientId: 0, seq: 7 };
    const error = tellSubject(new CmdStreamError('command-failed', 'x', told), about);
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      name: 'CmdStreamError',
      code: 'command-failed',
      message: 'x',
      mayHaveExecuted: false,
      retryable: false,
      ...told,
      ...about,
    });
    for (const details of [circular, 10n, { toJSON: () => Promise.reject }]) {
      expect(JSON.parse(JSON.stringify(new CmdStreamError('closed', 'x', { details })))).not.toHaveProperty('details');
    }
  });

  it('A4: tells causes that are in a circle up to a depth', () => {
    const inner = new Error('inner');
    const outer = new CmdStreamError('closed', 'outer', { cause: inner });
    inner.cause = outer;
    const text = JSON.stringify(outer);
    expect(text.match(/inner/g)).toHaveLength(4);
    expect(text).not.toContain('at ');
  });
});

describe('what an error is about', () => {
  it('is noted on it, and replaced where it is thrown again', () => {
    const error = new CmdStreamError('refused', 'x');
    tellSubject(error, { command: 'Add', address: 'a:1', clientId: 0, seq: 7 });
    tellSubject(error, { command: 'Find' });
    expect([error.command, error.address, error.clientId, error.seq]).toEqual([
      'Find',
      undefined,
      undefined,
      undefined,
    ]);
    expect(Object.keys(tellSubject(new CmdStreamError('refused', 'x'), { command: 'Add' }))).not.toContain('seq');
  });

  it('is left out where the error is frozen', () => {
    const error = Object.freeze(new CmdStreamError('refused', 'x'));
    expect(tellSubject(error, { command: 'Add' }).command).toBe(undefined);
  });

  it.each<[CmdStreamErrorCode, CmdStreamErrorDetails & { seq?: number }, boolean]>([
    ['unavailable', {}, true],
    ['overloaded', {}, true],
    ['overloaded', { mayHaveExecuted: true }, false],
    ['circuit-open', {}, true],
    ['timeout', {}, true],
    ['timeout', { mayHaveExecuted: true }, false],
    ['connection-lost', {}, true],
    ['connection-lost', { mayHaveExecuted: true }, false],
    ['closed', {}, false],
    ['closed', { seq: 7 }, false],
    ['command-failed', { failure: 'unavailable' }, true],
    ['command-failed', { failure: 'rate-limited' }, true],
    ['command-failed', { failure: 'rate-limited', mayHaveExecuted: true }, false],
    ['command-failed', { failure: 'not-found' }, false],
    ['command-failed', {}, false],
    ['command-invalid', {}, false],
    ['refused', {}, false],
    ['cancelled', {}, false],
    ['invalid-argument', {}, false],
  ])('says whether it may help to send the Command again: %s %j: %s', (code, { seq, ...details }, retryable) => {
    const error = tellSubject(new CmdStreamError(code, 'x', details), { command: 'Add', seq });
    expect(error.retryable).toBe(retryable);
  });

  it('says so of what a server has turned away because it was closing, unexecuted', () => {
    const told = [{}, { mayHaveExecuted: true }].map((details) =>
      saidByServer(new CmdStreamError('closed', 'x', details)),
    );
    expect(told.map(({ retryable }) => retryable)).toEqual([true, false]);
  });
});

describe('F18: CmdStreamError.is and instanceof', () => {
  it('F18: know errors of the library, and those of classes that extend it', () => {
    class Own extends CmdStreamError {}
    const own = new Own('refused', 'x');
    const plain = new CmdStreamError('refused', 'x');
    expect([own, plain].map((error) => [CmdStreamError.is(error), error instanceof CmdStreamError])).toEqual([
      [true, true],
      [true, true],
    ]);
    expect([own instanceof Own, plain instanceof Own]).toEqual([true, false]);
  });

  it('F18: are false for everything else, and never throw', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    for (const value of [
      undefined,
      null,
      5,
      'x',
      {},
      new Error('x'),
      () => {},
      CmdStreamError,
      proxy,
      { code: 'closed' },
    ]) {
      expect(CmdStreamError.is(value)).toBe(false);
      expect((value as unknown) instanceof CmdStreamError).toBe(false);
    }
  });

  it.each(['code', 'message', 'mayHaveExecuted', 'failure'])(
    'F18: are false for what bears the mark and does not say its %s, or throws where it is asked',
    (name) => {
      const asked = () => {
        throw new Error('asked');
      };
      for (const odd of [{ get: asked }, { value: Symbol('odd') }]) {
        const error = Object.defineProperty(new CmdStreamError('refused', 'x'), name, odd);
        expect(CmdStreamError.is(error)).toBe(false);
        expect((error as unknown) instanceof CmdStreamError).toBe(false);
        expect(CmdStreamError.from(error, 'internal')).toMatchObject({ code: 'internal', cause: error });
      }
    },
  );
});

describe('F19: errors of another realm', () => {
  const far = runInNewContext("Object.assign(new RangeError('far'), { code: 'E_FAR' })") as unknown;

  it('F19: are described by their message and their stack, as those of this one', () => {
    expect(far).not.toBeInstanceOf(Error);
    expect(isError(far)).toBe(true);
    expect(describeError(far)).toBe('far');
    expect(stackOf(far)).toMatch(/^RangeError: far\n\s+at /);
    expect(CmdStreamError.from(far, 'internal', 'it failed')).toMatchObject({ message: 'it failed: far', cause: far });
  });

  it('F19: are known where a signal fired', () => {
    expect(isAbortError(runInNewContext("Object.assign(new Error('x'), { name: 'AbortError' })"))).toBe(true);
    expect(isAbortError(AbortSignal.abort().reason)).toBe(true);
    expect(isAbortError(new Error('AbortError'))).toBe(false);
  });

  it('F19: are no matter of their class: what has no message is shown as it is', () => {
    expect(describeError({ message: 'thrown as it is' })).toBe('thrown as it is');
    expect(describeError(Object.create(null))).toBe('something was thrown that cannot be shown');
    expect(describeError(new Error(''))).toBe('Error');
    expect(isError({ name: 'Bob', message: 'hello' })).toBe(false);
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(isError(proxy)).toBe(false);
    expect(describeError(proxy)).toBe('something was thrown that cannot be shown');
  });
});
