import { describe, expect, it } from 'vitest';
import { callUser, type Warn } from '../../../src/base/warn.ts';
import { harmless } from '../../../src/server/callbacks.ts';
import { sleep } from '../wire/transport/support.ts';

function newWarn() {
  const warnings: string[] = [];
  const warn: Warn = (message) => void warnings.push(message);
  return { warnings, warn };
}

function fails() {
  throw new Error('a defect');
}

describe('a function of the user that fails at every call', () => {
  it('is warned of at once, with its stack, and then once a second, with how often it has failed meanwhile', async () => {
    const { warnings, warn } = newWarn();
    for (let n = 0; n < 1_000; n++) callUser(warn, 'the inspector', fails);
    expect(warnings).toEqual([
      expect.stringMatching(
        /^cmd-stream: the inspector failed, which changes nothing .*: Error: a defect\n\s+at fails/s,
      ),
    ]);
    await sleep(1_010);
    for (let n = 0; n < 1_000; n++) callUser(warn, 'the inspector', fails);
    expect(warnings).toHaveLength(2);
    expect(warnings[1]).toMatch(/the inspector failed \(and 999 times more since the last warning\), which .*a defect/);
  });

  it('does not keep others from being heard: of another name, or of another sender', () => {
    const { warnings, warn } = newWarn();
    const other = newWarn();
    for (let n = 0; n < 3; n++) {
      callUser(warn, 'onStatus', fails);
      callUser(warn, 'onUnexpectedResult', async () => fails());
      callUser(other.warn, 'onStatus', fails);
    }
    expect([warnings.length, other.warnings.length]).toEqual([1, 1]);
  });

  it('V8: is one that rejects, by whatever promise, and no other', async () => {
    const { warnings, warn } = newWarn();
    const thenable = (then: (resolve: (value?: unknown) => void, reject: (error: Error) => void) => void) => ({ then });
    const late = new Error('settled already');
    callUser(warn, 'one that calls back at once', () => thenable((resolve) => resolve()));
    callUser(warn, 'one that settles twice', () => thenable((resolve, reject) => [resolve(), reject(late)]));
    callUser(warn, 'one that throws when it is over', () => thenable((resolve) => [resolve(), fails()]));
    callUser(warn, 'one that rejects twice', () => thenable((_, reject) => [reject(late), reject(late)]));
    callUser(warn, 'one that throws', () => thenable(fails));
    await sleep(1);
    expect(warnings).toEqual([
      expect.stringMatching(/: one that rejects twice failed, .*settled already/),
      expect.stringMatching(/: one that throws failed, .*a defect/),
    ]);
  });

  it('is bounded for the callbacks of a server as well, where they reject too', async () => {
    const { warnings, warn } = newWarn();
    const onConnection = harmless('onConnection', fails, warn);
    const onConnectionLost = harmless('onConnectionLost', async () => fails(), warn);
    for (let n = 0; n < 100; n++) {
      onConnection();
      onConnectionLost();
    }
    await sleep(1);
    expect(warnings).toEqual([
      expect.stringContaining(`the server's 'onConnection' callback failed`),
      expect.stringContaining(`the server's 'onConnectionLost' callback failed`),
    ]);
  });
});
