import { describe, expect, it } from 'vitest';
import type { LogEntry } from '../../src/testing.ts';
import { Corruption } from './corruption.ts';
import type { History } from './history.ts';

const A = 'client:1>a:9000';
const B = 'client:2>b:9000';

const entry = (kind: string, who = '', details: LogEntry['details'] = {}): LogEntry => ({
  atMs: 0,
  kind,
  who,
  details,
});
const changed = (who: string, from: string) => entry('net.corrupted', who, { from });
const pause = entry('pause');

/** A send from one place in the log to another, executed at a third where it was. */
function send(callIndex: number, settledIndex: number, execution?: { index: number; client: string; host: string }) {
  return {
    call: { index: callIndex },
    settled: [{ index: settledIndex }],
    executions: execution === undefined ? [] : [execution],
  } as unknown as History;
}

describe('where bytes were changed on their way', () => {
  it('a send is believed whose connection brought only what was sent', () => {
    const corruption = new Corruption([pause, changed(A, 'client'), pause]);
    expect(corruption.spares(send(0, 2, { index: 2, client: 'client:2', host: 'b' }))).toBe(true);
    expect(corruption.spares(send(0, 2, { index: 2, client: 'client:1', host: 'a' }))).toBe(false);
    expect(corruption.isClean('client:1', 'a')).toBe(false);
    expect(corruption.isClean('client:2', 'b')).toBe(true);
  });

  it('a send is believed that had settled before, or began when such a connection was closed', () => {
    const closed = entry('net.closed', A, { at: 'client' });
    const corruption = new Corruption([pause, pause, changed(A, 'a'), closed, pause, pause]);
    expect(corruption.spares(send(0, 1))).toBe(true);
    expect(corruption.spares(send(4, 5))).toBe(true);
    expect(corruption.spares(send(0, 5)), 'nobody knows how it went').toBe(false);
    const open = new Corruption([pause, pause, changed(A, 'a'), pause, pause, pause]);
    expect(open.spares(send(4, 5))).toBe(false);
  });

  it('an execution is one, unless a changed Command came before it', () => {
    const corruption = new Corruption([changed(A, 'a'), pause, changed(B, 'client'), pause]);
    const at = (index: number, client: string, host: string) => ({ atMs: 0, index, client, host, isLate: false });
    expect(corruption.isFact(at(1, 'client:1', 'a'))).toBe(true);
    expect(corruption.isFact(at(1, 'client:2', 'b'))).toBe(true);
    expect(corruption.isFact(at(3, 'client:2', 'b'))).toBe(false);
  });
});
