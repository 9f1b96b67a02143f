import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/base/clock.ts';
import { CmdStreamError } from '../../../../src/base/errors/cmd-stream-error.ts';
import { PendingTable } from '../../../../src/base/pending-table.ts';
import { Departure } from '../../../../src/sender/client/departure.ts';
import type { PendingCommand } from '../../../../src/sender/client/pending-command.ts';
import type { SendGate } from '../../../../src/wire/frame-channel.ts';
import { calc } from '../../../e2e/support/calc.ts';
import { FakeChannel } from './fake-channel.ts';
import { NotedCommand } from './pending.ts';

const carrier = {
  clientId: 0,
  address: 'here',
  deliveries: 0,
  readsOn: false,
  forget: () => true,
  pressed: () => {},
  openCredit: () => undefined,
};
const lost = (name: string, mayHaveExecuted: boolean) =>
  new CmdStreamError('connection-lost', `${name} lost`, { mayHaveExecuted });

/** A channel that calls code of the test's when it encodes, and when it has handed the bytes over. */
class GatedChannel extends FakeChannel {
  encoding: () => void = () => {};
  written: () => void = () => {};

  override send(seq: number, type: number, value: unknown, gate?: SendGate): number {
    this.encoding();
    if (gate?.mayLeave === false) return 0;
    const size = super.send(seq, type, value);
    this.flow.lastFlushedSeq = seq;
    this.written();
    return size;
  }
}

function departing() {
  const channel = new GatedChannel();
  const table = new PendingTable<PendingCommand>();
  const departure = new Departure(channel, table, systemClock);
  const send = (seq: number, pending: NotedCommand) => departure.send(carrier, seq, pending, undefined);
  return { channel, table, departure, send };
}

const noted = () => new NotedCommand(calc.Add({ a: 1, b: 1 }));

describe('a Command on its way out', () => {
  it('R1: stands in the table, and knows its number, before anybody hears of it', () => {
    const { table, send } = departing();
    const pending = noted();
    expect(send(1, pending)).toBe(true);
    expect(table.get(1)).toBe(pending);
    expect(pending.seq).toBe(1);
  });

  it('R1-A2: does not leave where encoding it has settled it', () => {
    const { channel, table, send } = departing();
    const pending = noted();
    channel.encoding = () => {
      pending.settled = true;
    };
    expect(send(1, pending)).toBe(false);
    expect(channel.sent).toEqual([]);
    expect(table.size).toBe(0);
    expect(pending.seq).toBe(0);
  });

  it.each(['refuse', 'end'] as const)('R1-A3: does not leave where encoding it has called %s()', (what) => {
    const { channel, table, departure, send } = departing();
    const pending = noted();
    channel.encoding = () => (what === 'refuse' ? departure.refuse() : departure.end(lost));
    expect(send(1, pending)).toBe(false);
    expect(table.size).toBe(0);
    expect(pending.errors).toEqual([]);
  });

  it('R1: is failed where the connection ends with the very write of it', () => {
    const { channel, table, departure, send } = departing();
    const pending = noted();
    channel.written = () => departure.end(lost);
    expect(send(1, pending)).toBe(true);
    expect(table.size).toBe(0);
    expect(pending.errors).toMatchObject([{ code: 'connection-lost', mayHaveExecuted: true }]);
  });

  it('R1: another one that is sent meanwhile and fails does not take its place', () => {
    const { channel, table, send } = departing();
    const outer = noted();
    let isNested = false;
    channel.encoding = () => {
      if (isNested) throw new CmdStreamError('encode-failed', 'in the middle of another');
      isNested = true;
      const inner = noted();
      inner.settled = true;
      expect(() => send(2, inner)).toThrow(CmdStreamError);
    };
    expect(send(1, outer)).toBe(true);
    expect(table.get(1)).toBe(outer);
    expect(table.size).toBe(1);
  });
});
