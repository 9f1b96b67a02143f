import { describe, expect, it } from 'vitest';
import { writePushBack } from '../../../src/protocol/push-back.ts';
import { codeAndFailure, readErrorResult } from '../../../src/protocol/reserved.ts';

const read = (failure: unknown, code: unknown = 'overloaded') => readErrorResult({ code, message: 'no', failure });

describe('the wait that an error Result asks for', () => {
  it.each(['overloaded', 'closed'] as const)('is read as it was written, with the code %s', (code) => {
    const failure = writePushBack(250);
    const expected = { code, message: 'no', failure: undefined, retryAfterMs: 250 };
    expect(read(failure, code)).toEqual(expected);
    // As codecs write it that know a code and a message only.
    const told = codeAndFailure({ code, message: 'no', failure });
    expect(readErrorResult({ code: told, message: 'no' })).toEqual(expected);
  });

  it('is an hour at most, and none where it is no time', () => {
    const told = ['1e99', '3600001', '0', '0.5', '-1', '"5"', 'null', '1e999', '[]', '{}'];
    expect(told.map((value) => read(`{"retryAfterMs":${value}}`).retryAfterMs)).toEqual([
      3_600_000,
      3_600_000,
      0,
      0.5,
      ...new Array(6).fill(undefined),
    ]);
    const texts = ['', '{', 'null', '5', '[250]', '{"retryAfterMs"', 250, {}, `{"retryAfterMs":5${' '.repeat(300)}}`];
    expect(texts.map((text) => read(text).retryAfterMs)).toEqual(texts.map(() => undefined));
  });

  it.each(['command-invalid', 'timeout', 'command-failed', 'new-code'])('does not stand with the code %s', (code) => {
    expect(read(writePushBack(250), code)).toMatchObject({ retryAfterMs: undefined, failure: undefined });
  });
});
