import { describe, expect, it } from 'vitest';
import { readErrorResult } from '../../../src/protocol/reserved.ts';

const read = (failure: unknown, code: unknown = 'command-failed') => readErrorResult({ code, message: 'no', failure });
const NOTHING = { details: undefined, retryAfterMs: undefined, mayHaveExecuted: undefined };

describe('what an error Result says of a CommandFailure', () => {
  it.each<[string, unknown]>([
    ['is no text', 7],
    ['is an object', { kind: 'not-found' }],
    ['is no JSON', '{"kind":'],
    ['is null', 'null'],
    ['is a list', '["not-found"]'],
    ['has no kind', '{"details":1}'],
    ['has a kind that is none', '{"kind":7}'],
    ['has a kind that is not known', '{"kind":"constructor"}'],
    ['is too long', `{"kind":"not-found","details":"${'x'.repeat(9_000)}"}`],
  ])('is ignored where it %s', (_what, failure) => {
    expect(read(failure)).toEqual({ code: 'command-failed', message: 'no', failure: undefined });
  });

  it.each<[string, string, object]>([
    ['a wait below 0', '"retryAfterMs":-1', {}],
    ['a wait without end', '"retryAfterMs":1e999', {}],
    ['a wait that is a text', '"retryAfterMs":"5"', {}],
    ['a word that is no boolean', '"mayHaveExecuted":0', {}],
    ['details that would set a prototype', '"details":{"a":[{"__proto__":{"isAdmin":true}}]}', {}],
    ['details that are too deep', `"details":${'['.repeat(3_000)}${']'.repeat(3_000)}`, {}],
    [
      'what it knows',
      '"retryAfterMs":0,"mayHaveExecuted":false,"details":[1],"more":1',
      {
        retryAfterMs: 0,
        mayHaveExecuted: false,
        details: [1],
      },
    ],
  ])('keeps the kind, and of the rest what is right: %s', (_what, fields, expected) => {
    const failure = { kind: 'conflict', ...NOTHING, ...expected };
    expect(read(`{"kind":"conflict",${fields}}`).failure).toEqual(failure);
    expect(read(undefined, `command-failed {"kind":"conflict",${fields}}`).failure).toEqual(failure);
  });

  it('belongs to a handler that failed, and to nothing else', () => {
    const failure = '{"kind":"conflict","mayHaveExecuted":true}';
    for (const code of ['overloaded', 'closed', 'command-invalid']) {
      expect(read(failure, code)).toEqual({ code, message: 'no', failure: undefined });
      expect(read(undefined, `${code} ${failure}`)).toEqual({ code, message: 'no', failure: undefined });
    }
    expect(read(failure, 'made-up').failure).toBe(undefined);
  });
});
