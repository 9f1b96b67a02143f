import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { CmdStreamError } from '../../../../src/base/errors/cmd-stream-error.ts';
import { FairTurn } from '../../../../src/base/fair-turn.ts';
import { BadPayload } from '../../../../src/protocol/codec/codec.ts';
import { command, result, type Schema } from '../../../../src/protocol/definitions.ts';
import { defineProtocol, protocolTables } from '../../../../src/protocol/protocol.ts';
import { payloadTooLarge } from '../../../../src/protocol/reserved.ts';
import { ResultBounds, type WhenSlow } from '../../../../src/sender/client/backlog.ts';
import { Connection } from '../../../../src/sender/client/connection.ts';
import { CreditBudget } from '../../../../src/sender/client/credit-budget.ts';
import type { UnexpectedResult } from '../../../../src/sender/client/pending-command.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';
import { FakeChannel } from './fake-channel.ts';
import { turn } from './fake-link.ts';
import { NotedCommand } from './pending.ts';

/** What a schema has been asked, and how the test answers. */
const thinking: { accept(): void; refuse(): void; fail(): void }[] = [];
/** A schema that takes its time, written by hand: validators of libraries try without a promise first. */
const slow: Schema<unknown> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) =>
      new Promise((resolve, reject) =>
        thinking.push({
          accept: () => resolve({ value }),
          refuse: () => resolve({ issues: [{ message: 'not in the database' }] }),
          fail: () => reject(new Error('no database')),
        }),
      ),
  },
};

const protocol = defineProtocol({
  results: {
    Sum: result<number>(),
    Tick: result<{ n: number; last: boolean }>({ lastOne: (tick) => tick.last }),
    Even: result(z.number().refine((value) => value % 2 === 0, 'must be even')),
    Slow: result(slow, { lastOne: (value) => value === 'last' }),
  },
  commands: { Go: command<unknown>().returns('Sum', 'Tick', 'Even', 'Slow') },
});
const [SUM, TICK, EVEN, SLOW, ERROR] = [0, 1, 2, 3, 16_383];

function connected() {
  const channel = new FakeChannel();
  const { resultEntries } = protocol[protocolTables];
  const heard = {
    lost: [] as CmdStreamError[],
    pongs: 0,
    abandoned: 0,
    givenUp: 0,
    late: 0,
    goodbye: 0,
    room: 0,
    retire: 0,
    unexpected: [] as UnexpectedResult[],
  };
  const clock = new VirtualClock();
  const bounds = new ResultBounds(3, 1_000);
  const turn = new FairTurn(clock);
  const context = { resultEntries, bounds, credit: new CreditBudget(bounds), turn, clock };
  const connection = new Connection(2, '10.0.0.1:9000', channel, context, {
    lost: (error) => heard.lost.push(error),
    pong: () => heard.pongs++,
    abandoned: () => heard.abandoned++,
    givenUp: () => heard.givenUp++,
    late: () => heard.late++,
    goodbye: () => heard.goodbye++,
    room: () => heard.room++,
    retire: () => heard.retire++,
    unexpected: (unexpected) => heard.unexpected.push(unexpected),
  });
  connection.open();
  thinking.length = 0;
  let seq = 0;
  const send = (payload: unknown = 1, whenSlow: WhenSlow = 'pause') => {
    const pending = new NotedCommand(protocol.Go(payload), whenSlow);
    connection.send(++seq, pending);
    return pending;
  };
  const frame = connection.frame.bind(connection);
  /** Whether it does not read, once it has had its turn. */
  const paused = () => {
    clock.advance(1);
    return channel.paused;
  };
  return { channel, connection, heard, send, frame, paused, clock, bounds };
}

describe('a connection', () => {
  it('hands a Result to its Command, and lets go of the Command with the last one', () => {
    const { connection, send, frame, heard } = connected();
    const first = send();
    const second = send();
    expect(connection.pending).toBe(2);
    frame(2, SUM, 5, 3);
    frame(1, TICK, { n: 2, last: false }, 3);
    frame(1, TICK, { n: 1, last: true }, 3);
    expect(second.results).toEqual([{ type: 'Sum', value: 5, lastOne: true }]);
    expect(first.results.map(({ lastOne }) => lastOne)).toEqual([false, true]);
    expect(connection.pending).toBe(0);
    expect(heard.room).toBe(2);
  });

  it('hands a Result that nobody waits for to `unexpected`, without any check', () => {
    const { connection, send, frame, heard } = connected();
    send();
    frame(1, SUM, 1, 3);
    frame(1, SUM, 2, 3);
    frame(9, EVEN, 3, 4);
    frame(9, ERROR, { code: 'command-failed' }, 5);
    frame(9, SUM, new BadPayload(new Error('odd bytes')), 6);
    expect(heard.unexpected).toEqual([
      { seq: 1, clientId: 2, type: 'Sum', value: 2, size: 3 },
      { seq: 9, clientId: 2, type: 'Even', value: 3, size: 4 },
      { seq: 9, clientId: 2, type: '(error)', value: { code: 'command-failed' }, size: 5 },
      { seq: 9, clientId: 2, type: 'Sum', value: undefined, size: 6 },
    ]);
    expect(connection.pending).toBe(0);
  });

  it('does not accept a Result of a type that the protocol does not have', () => {
    const { send, frame } = connected();
    send();
    expect(() => frame(1, 5, 1, 3)).toThrow(expect.objectContaining({ code: 'protocol-error' }));
  });

  it('keeps nothing of a Command that cannot be encoded', () => {
    const { connection, send } = connected();
    expect(() => send('unsendable')).toThrow(expect.objectContaining({ code: 'encode-failed' }));
    expect(connection.pending).toBe(0);
  });

  it.each(['command-invalid', 'overloaded', 'closed'] as const)(
    'R5: does not believe a server that denies what it has begun to answer: %s',
    (code) => {
      const { send, frame } = connected();
      const [begun, denied] = [send(), send()];
      frame(1, TICK, { n: 2, last: false }, 3);
      for (const seq of [1, 2]) frame(seq, ERROR, { code, message: 'not executed' }, 3);
      expect(begun.errors).toMatchObject([{ code, mayHaveExecuted: true }]);
      expect([...denied.errors, ...denied.returns]).toMatchObject([{ code, mayHaveExecuted: false }]);
    },
  );

  it('F14: fails only the Command whose Result is over the limit, and hears no more of it', () => {
    const { connection, send, frame, heard } = connected();
    const [stream, neighbour] = [send(), send()];
    frame(1, TICK, { n: 9, last: false }, 3);
    frame(1, TICK, new BadPayload(payloadTooLarge('result', 200, 100)), 200);
    frame(1, TICK, { n: 1, last: true }, 3);
    frame(2, SUM, 5, 3);
    expect(stream.errors).toMatchObject([{ code: 'frame-too-large', mayHaveExecuted: true }]);
    expect(stream.errors[0]?.message).toContain(
      "over the client's limit of 100 bytes (option 'maxFrameBytes' of the sender)",
    );
    expect(stream.results).toHaveLength(1);
    expect(neighbour.results).toHaveLength(1);
    expect(heard.unexpected).toHaveLength(1);
    expect(connection.pending).toBe(0);
  });

  it('F14: says by its cause that a Command was over the limit of the server', () => {
    const { send, frame } = connected();
    const command = send();
    const { message } = payloadTooLarge('command', 200, 100);
    frame(1, ERROR, { code: 'command-invalid', message: `not readable: ${message}` }, 3);
    expect(command.errors).toMatchObject([
      { code: 'command-invalid', mayHaveExecuted: false, cause: { code: 'frame-too-large' } },
    ]);
  });

  it('fails only the Command whose Result is not readable, is refused, or cannot tell whether it is the last', () => {
    const { connection, send, frame, heard } = connected();
    const commands = Array.from({ length: 5 }, () => send());
    frame(1, SUM, new BadPayload(new Error('odd bytes')), 3);
    frame(2, EVEN, 3, 3);
    frame(3, TICK, null, 3);
    frame(4, ERROR, { code: 'command-invalid', message: 'a must be a number' }, 3);
    frame(5, EVEN, 4, 3);
    expect(commands.map(({ errors }) => errors.map(({ code, mayHaveExecuted }) => [code, mayHaveExecuted]))).toEqual([
      [['result-invalid', true]],
      [['result-invalid', true]],
      [['result-invalid', true]],
      [['command-invalid', false]],
      [],
    ]);
    const [unreadable, odd, noTick, invalid, even] = commands;
    expect(unreadable?.errors[0]?.message).toContain('odd bytes');
    expect(odd?.errors[0]?.message).toContain('must be even');
    expect(noTick?.errors[0]?.message).toContain('lastOne of Tick threw');
    expect(invalid?.errors[0]?.message).toContain('a must be a number');
    expect(even?.results).toEqual([{ type: 'Even', value: 4, lastOne: true }]);
    expect(connection.pending).toBe(0);
    expect(heard.room).toBe(5);
    expect(heard.lost).toEqual([]);
  });

  it('makes the best of an error Result that says nothing', () => {
    const { send, frame } = connected();
    const pending = send();
    frame(1, ERROR, 17, 3);
    expect(pending.errors[0]).toMatchObject({ code: 'command-failed', mayHaveExecuted: true });
  });

  it('tells when there may be room, and what becomes of it', () => {
    const { channel, connection, send, heard } = connected();
    send();
    channel.receiver.drained();
    expect(connection.forget(1)).toBe(true);
    expect(connection.forget(1)).toBe(false);
    channel.receiver.ping();
    expect(heard.pongs, 'nobody has asked for it').toBe(0);
    connection.liveness.sendPing(0);
    for (let pongs = 0; pongs < 3; pongs++) channel.receiver.ping();
    channel.receiver.lost(undefined);
    expect(heard).toMatchObject({ room: 2, pongs: 1 });
    expect(heard.lost).toMatchObject([{ code: 'connection-lost', message: '10.0.0.1:9000 closed the connection' }]);
  });

  it('F1: knows of the Commands that its server works on for nobody', () => {
    const { channel, connection, send, frame, heard } = connected();
    channel.flow.lastFlushedSeq = 4;
    for (let sent = 0; sent < 4; sent++) send();
    frame(1, TICK, { n: 2, last: false }, 3);
    connection.forget(1);
    connection.forget(2);
    expect([connection.abandoned, heard.abandoned]).toEqual([1, 1]);
    frame(2, TICK, { n: 2, last: false }, 3);
    frame(2, TICK, { n: 1, last: false }, 3);
    // Neither one that has its only Result, nor one that cannot be read, nor one that was never sent.
    connection.forget(3);
    frame(3, SUM, 1, 3);
    frame(4, TICK, new BadPayload(new Error('no')), 3);
    frame(99, TICK, { n: 1, last: false }, 3);
    expect([connection.abandoned, heard.abandoned]).toEqual([2, 2]);
    frame(1, TICK, { n: 1, last: true }, 3);
    frame(2, ERROR, { code: 'command-failed', message: 'no' }, 3);
    expect(connection.abandoned).toBe(0);
  });

  it('fails what is pending when it is disposed, and says what may have been executed', () => {
    const { channel, connection, send } = connected();
    const [sent, unsent, forgotten] = [send(), send(), send()];
    channel.flow.lastFlushedSeq = 1;
    unsent.failed = (error) => {
      unsent.errors.push(error);
      connection.forget(3);
    };
    connection.dispose((name, mayHaveExecuted) => new CmdStreamError('closed', name, { mayHaveExecuted }));
    expect(channel.destroyed).toBe(1);
    expect(sent.errors).toMatchObject([{ code: 'closed', message: 'Go', mayHaveExecuted: true }]);
    expect(unsent.errors).toMatchObject([{ mayHaveExecuted: false }]);
    expect(forgotten.errors).toEqual([]);
    expect(connection.pending).toBe(0);
  });
});

describe('Results with a schema that takes its time', () => {
  it('reach their Command in the order in which they came, behind those that came before', async () => {
    const { connection, send, frame } = connected();
    const pending = send();
    frame(1, SLOW, 'one', 3);
    frame(1, TICK, { n: 2, last: false }, 3);
    frame(1, SLOW, 'last', 3);
    await turn();
    expect(pending.results).toEqual([]);
    thinking[0]?.accept();
    await turn();
    expect(pending.results.map(({ type }) => type)).toEqual(['Slow', 'Tick']);
    thinking[1]?.accept();
    await turn();
    expect(pending.results.map(({ lastOne }) => lastOne)).toEqual([false, false, true]);
    expect(connection.pending).toBe(0);
  });

  it('hold up no other Command', async () => {
    const { send, frame } = connected();
    send();
    const neighbour = send();
    frame(1, SLOW, 'one', 3);
    frame(2, SUM, 5, 3);
    expect(neighbour.results).toHaveLength(1);
  });

  it('fail their Command when the schema fails, and what comes behind is nothing then', async () => {
    const { connection, send, frame } = connected();
    const pending = send();
    frame(1, SLOW, 'one', 3);
    frame(1, TICK, { n: 1, last: false }, 3);
    thinking[0]?.fail();
    await turn();
    expect(pending.errors).toMatchObject([{ code: 'result-invalid' }]);
    expect(pending.errors[0]?.message).toContain('no database');
    expect(pending.results).toEqual([]);
    expect(connection.pending).toBe(0);
  });

  it('fail their Command when the schema refuses', async () => {
    const { send, frame } = connected();
    const pending = send();
    frame(1, SLOW, 'one', 3);
    thinking[0]?.refuse();
    await turn();
    expect(pending.errors).toMatchObject([{ code: 'result-invalid', mayHaveExecuted: true }]);
    expect(pending.errors[0]?.message).toContain('not in the database');
  });

  it('overflow, for their Command only, when more come than may wait', async () => {
    const { channel, connection, send, frame } = connected();
    const pending = send(1, 'fail');
    // Any number may arrive at once.
    for (let count = 1; count <= 10; count++) frame(1, SLOW, count, 3);
    expect(pending.errors).toEqual([]);
    channel.deliveries++;
    frame(1, SLOW, 11, 3);
    expect(pending.errors).toMatchObject([{ code: 'result-overflow', mayHaveExecuted: true }]);
    thinking[0]?.accept();
    await turn();
    expect(pending.results).toEqual([]);
    expect(pending.errors).toHaveLength(1);
    expect(connection.pending).toBe(0);
  });

  it('reach nobody after the connection is disposed', async () => {
    const { connection, send, frame } = connected();
    const pending = send();
    frame(1, SLOW, 'one', 3);
    frame(1, SLOW, 'two', 3);
    connection.dispose((name) => new CmdStreamError('closed', name));
    thinking[0]?.accept();
    await turn();
    expect(thinking).toHaveLength(1);
    expect(pending.results).toEqual([]);
    expect(pending.errors).toHaveLength(1);
  });

  it('A2: that come faster than it checks them are not read on, in place of failing their Command', async () => {
    const { channel, send, frame, heard, paused } = connected();
    const pending = send();
    for (let count = 1; count <= 4; count++) frame(1, SLOW, count, 3);
    expect(paused()).toBe(false);
    channel.deliveries++;
    frame(1, SLOW, 5, 3);
    expect([paused(), heard.retire]).toEqual([true, 1]);
    for (let count = 1; count <= 4; count++) {
      thinking.at(-1)?.accept();
      await turn();
    }
    expect(paused()).toBe(false);
    thinking.at(-1)?.accept();
    await turn();
    expect(pending.results.map(({ value }) => value)).toEqual([1, 2, 3, 4, 5]);
    expect(pending.errors).toEqual([]);
  });

  it('R2-D3: overflow by their bytes where Results of others must be read, however few they are', async () => {
    const { send, frame, clock, paused } = connected();
    const pending = send();
    const neighbour = send();
    frame(1, SLOW, 'one', 3, 500);
    frame(1, SLOW, 'two', 3, 500);
    expect(paused()).toBe(true);
    clock.advance(1_000);
    expect(paused()).toBe(false);
    frame(1, SLOW, 'three', 3, 1);
    frame(2, SUM, 5, 3);
    expect(neighbour.results).toHaveLength(1);
    expect(pending.errors).toMatchObject([{ code: 'result-overflow', mayHaveExecuted: true }]);
    expect(pending.errors[0]?.message).toContain(`'maxBufferedResultBytes'`);
  });

  it('R2-D3: overflow by their bytes where they are to fail', async () => {
    const { send, frame, bounds } = connected();
    const pending = send(1, 'fail');
    frame(1, SLOW, 'one', 3, 900);
    frame(1, SLOW, 'two', 3, 900);
    expect(pending.errors).toEqual([]);
    frame(1, SLOW, 'three', 3, 900);
    expect(pending.errors).toMatchObject([{ code: 'result-overflow' }]);
    expect(bounds).toMatchObject({ totalBytes: 0, backlogs: 0 });
  });

  it('DD3: are dropped with their Command, though the schema never settles', async () => {
    const { connection, send, frame, bounds } = connected();
    send();
    frame(1, SLOW, 'one', 3);
    frame(1, SLOW, 'two', 3);
    expect(bounds.backlogs).toBe(1);
    expect(connection.forget(1)).toBe(true);
    expect(bounds).toMatchObject({ totalBytes: 0, backlogs: 0 });
    const neighbour = send();
    frame(2, SLOW, 'three', 3);
    thinking.at(-1)?.accept();
    await turn();
    expect(neighbour.results).toHaveLength(1);
    expect(bounds.backlogs).toBe(0);
  });
});

describe('a connection whose streams are slow', () => {
  it('A2: reads on for a Command that comes, asks for another connection, and waits again after it', () => {
    const { connection, send, frame, heard, paused } = connected();
    send();
    connection.pressed(1, 'slow');
    expect([paused(), heard.retire]).toEqual([true, 1]);
    const neighbour = send();
    expect([paused(), heard.retire]).toEqual([false, 2]);
    frame(2, SUM, 5, 3);
    expect(neighbour.results).toHaveLength(1);
    expect(paused()).toBe(true);
    expect(connection.forget(1)).toBe(true);
    expect(paused()).toBe(false);
  });

  it('A2: reads on when one fails, and hears nothing of one that is not pending', () => {
    const { connection, send, frame, paused } = connected();
    send();
    send();
    connection.pressed(1, 'slow');
    connection.pressed(2, 'full');
    expect(paused()).toBe(true);
    frame(2, ERROR, { code: 'command-failed', message: 'no' }, 3);
    frame(1, ERROR, { code: 'command-failed', message: 'no' }, 3);
    expect(paused()).toBe(false);
    connection.pressed(1, 'slow');
    expect(paused()).toBe(false);
  });

  it('A2: leaves the channel alone once it is disposed', () => {
    const { connection, send, paused } = connected();
    send();
    connection.pressed(1, 'slow');
    connection.dispose((name) => new CmdStreamError('closed', name));
    expect(paused()).toBe(true);
  });

  it('Q: believes no error Result that says a Command was not executed whose Results it has seen', () => {
    const { send, frame } = connected();
    const [answered, unanswered] = [send(), send()];
    frame(1, TICK, { n: 2, last: false }, 3);
    frame(1, ERROR, { code: 'command-invalid', message: 'not executed' }, 3);
    frame(2, ERROR, { code: 'command-invalid', message: 'not executed' }, 3);
    expect(answered.errors).toMatchObject([{ code: 'command-invalid', mayHaveExecuted: true }]);
    expect(unanswered.errors).toMatchObject([{ code: 'command-invalid', mayHaveExecuted: false }]);
  });
});
