import { describe, expect, it } from 'vitest';
import { harmless } from '../../../src/server/callbacks.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { warningsTo } from '../../support/warnings.ts';

function newWarnings() {
  const clock = new VirtualClock();
  const told: string[] = [];
  return { clock, told, warnings: warningsTo(told, clock) };
}

function fails() {
  throw new Error('a defect');
}

describe('a function of the user that fails at every call', () => {
  it('is warned of at once, with its stack, and then once a second, with how often it has failed meanwhile', () => {
    const { clock, told, warnings } = newWarnings();
    for (let n = 0; n < 1_000; n++) warnings.callUser('the inspector', fails);
    expect(told).toEqual([
      expect.stringMatching(
        /^cmd-stream: the inspector failed, which changes nothing .*: Error: a defect\n\s+at fails/s,
      ),
    ]);
    clock.advance(999);
    warnings.callUser('the inspector', fails);
    expect(told).toHaveLength(1);
    clock.advance(1);
    for (let n = 0; n < 1_000; n++) warnings.callUser('the inspector', fails);
    expect(told).toHaveLength(2);
    expect(told[1]).toMatch(/the inspector failed \(and 1000 times more since the last warning\), which .*a defect/);
  });

  it('does not keep others from being heard: of another name, or of another sender', () => {
    const { told, warnings } = newWarnings();
    const other = newWarnings();
    for (let n = 0; n < 3; n++) {
      warnings.callUser('onStatus', fails);
      warnings.callUser('onUnexpectedResult', async () => fails());
      other.warnings.callUser('onStatus', fails);
    }
    expect([told.length, other.told.length]).toEqual([1, 1]);
  });

  it('is bounded for the callbacks of a server as well, where they reject too', async () => {
    const { told, warnings } = newWarnings();
    const onConnection = harmless('onConnection', fails, warnings);
    const onConnectionLost = harmless('onConnectionLost', async () => fails(), warnings);
    for (let n = 0; n < 100; n++) {
      onConnection();
      onConnectionLost();
    }
    await new Promise((resolve) => setImmediate(resolve));
    expect(told).toEqual([
      expect.stringContaining(`the server's 'onConnection' callback failed`),
      expect.stringContaining(`the server's 'onConnectionLost' callback failed`),
    ]);
  });
});
