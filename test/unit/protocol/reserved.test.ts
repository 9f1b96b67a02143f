import { describe, expect, it } from 'vitest';
import { causeOf, mayHaveExecuted, payloadTooLarge, readErrorResult } from '../../../src/protocol/reserved.ts';

describe('the payload of an error Result', () => {
  it('tells what failed', () => {
    expect(readErrorResult({ code: 'command-invalid', message: 'from: too small' })).toEqual({
      code: 'command-invalid',
      message: 'from: too small',
    });
  });

  it.each([null, undefined, 5, 'boom', [], {}, { code: 'lost', message: 7 }, { code: 'toString' }])(
    'may be anything: %j',
    (value) => {
      expect(readErrorResult(value)).toMatchObject({ code: 'command-failed', message: 'the server gave no reason' });
    },
  );

  it.each([
    ['command-failed', true],
    ['command-invalid', false],
    ['overloaded', false],
    ['timeout', false],
    ['closed', false],
  ] as const)('V1: of the code %s says whether the Command may have been executed: %s', (code, executed) => {
    const error = readErrorResult({ code, message: 'so it is' });
    expect(error).toEqual({ code, message: 'so it is', failure: undefined });
    expect(mayHaveExecuted(error)).toBe(executed);
    expect(causeOf(error)).toBe(undefined);
  });

  it('F14: tells a Command that was over the limit of the server from others that it refuses', () => {
    const { message } = payloadTooLarge('command', 200, 100);
    expect(causeOf({ code: 'command-invalid', message: `not readable: ${message}` })).toMatchObject({
      code: 'frame-too-large',
      message: expect.stringContaining("200 bytes is over the server's limit of 100 bytes (option 'maxFrameBytes' of"),
    });
    expect(causeOf({ code: 'command-failed', message })).toBe(undefined);
    const result = payloadTooLarge('result', 200, 100).message;
    expect(result).toContain("over the client's limit of 100 bytes (option 'maxFrameBytes' of the sender)");
    expect(causeOf({ code: 'command-invalid', message: result })).toBe(undefined);
  });
});
