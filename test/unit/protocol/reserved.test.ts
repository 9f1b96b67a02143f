import { describe, expect, it } from 'vitest';
import { readErrorResult } from '../../../src/protocol/reserved.ts';

describe('the payload of an error Result', () => {
  it('tells what failed', () => {
    expect(readErrorResult({ code: 'command-invalid', message: 'from: too small' })).toEqual({
      code: 'command-invalid',
      message: 'from: too small',
    });
  });

  it.each([null, undefined, 5, 'boom', [], {}, { code: 'closed', message: 7 }])('may be anything: %j', (value) => {
    expect(readErrorResult(value)).toEqual({ code: 'command-failed', message: 'the server gave no reason' });
  });
});
