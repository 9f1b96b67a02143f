import { CmdStreamError, command, createSender, defineProtocol, type ResultReceiver, result } from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import { calc, ERROR, SUM, TICK } from '../support/calc.ts';
import type { PeerCommand } from '../support/scripted-peer.ts';
import { adds, deadAddress, onePlusOne, sleep, soon, stage } from './stage.ts';

const { expectWarning, peer, sender } = stage();

/** Notes what it gets. */
class Receiver implements ResultReceiver {
  readonly results: unknown[] = [];
  readonly errors: CmdStreamError[] = [];

  result({ type, value, last }: Parameters<ResultReceiver['result']>[0]): void {
    this.results.push([type, value, last]);
  }

  failed(error: CmdStreamError): void {
    this.errors.push(error);
  }
}

async function held() {
  const commands: PeerCommand[] = [];
  const server = await peer({ onCommand: (command) => void commands.push(command) });
  const unexpected: unknown[] = [];
  const client = await sender({
    address: server.address,
    clients: 2,
    onUnexpectedResult: ({ seq, clientId, value }) => unexpected.push([seq, clientId, value]),
  });
  await soon(() => client.status.state).toBe('ready');
  return { server, commands, unexpected, client, group: client.group };
}

describe('a group', () => {
  it('sends a Command and hands its Results to the receiver', async () => {
    const { group, commands } = await held();
    const receiver = new Receiver();
    const ticket = group.send(calc.Countdown({ from: 2 }), receiver);
    expect(ticket).toMatchObject({ seq: 1, size: expect.any(Number) });
    expect([0, 1]).toContain(ticket.clientId);
    expect(group.has(1, ticket.clientId)).toBe(true);
    await soon(() => commands.length).toBe(1);
    const { seq, connection } = commands[0] as PeerCommand;
    connection.result(seq, TICK, { n: 2, last: false });
    connection.result(seq, TICK, { n: 1, last: true });
    await soon(() => receiver.results.length).toBe(2);
    expect(receiver.results).toEqual([
      ['Tick', { n: 2, last: false }, false],
      ['Tick', { n: 1, last: true }, true],
    ]);
    expect(group.has(1, ticket.clientId)).toBe(false);
    expect(receiver.errors).toEqual([]);
  });

  it('hands the failure of a Command to the receiver', async () => {
    const { group, commands } = await held();
    const receivers = [new Receiver(), new Receiver()];
    for (const receiver of receivers) group.send(onePlusOne, receiver);
    await soon(() => commands.length).toBe(2);
    commands[0]?.connection.result(1, ERROR, { code: 'command-failed', message: 'no paper' });
    commands[1]?.connection.reset();
    await soon(() => receivers.map(({ errors }) => errors.length)).toEqual([1, 1]);
    expect(receivers.flatMap(({ errors }) => errors.map(({ code }) => code)).sort()).toEqual([
      'command-failed',
      'connection-lost',
    ]);
  });

  it('forgets: what comes later is nobody’s', async () => {
    const { group, commands, unexpected } = await held();
    const receiver = new Receiver();
    const { seq, clientId } = group.send(onePlusOne, receiver);
    await soon(() => commands.length).toBe(1);
    expect(group.forget(seq, clientId)).toBe(true);
    expect([group.forget(seq, clientId), group.has(seq, clientId)]).toEqual([false, false]);
    expect([group.forget(99, clientId), group.forget(seq, 99), group.has(seq, 99), group.has(seq, -1)]).toEqual([
      false,
      false,
      false,
      false,
    ]);
    commands[0]?.connection.result(seq, SUM, 2);
    await soon(() => unexpected).toEqual([[seq, clientId, 2]]);
    expect(receiver).toMatchObject({ results: [], errors: [] });
  });

  it('times a Command out at its deadline, once', async () => {
    const { group, commands, unexpected } = await held();
    const receiver = new Receiver();
    const { seq, clientId } = group.sendWithDeadline(onePlusOne, new Date(Date.now() + 30), receiver);
    await soon(() => receiver.errors.length).toBe(1);
    expect(receiver.errors[0]).toMatchObject({ code: 'timeout', mayHaveExecuted: true });
    expect(group.has(seq, clientId)).toBe(false);
    commands[0]?.connection.result(seq, SUM, 2);
    await soon(() => unexpected.length).toBe(1);
    expect(receiver.results).toEqual([]);
  });

  it('lets a deadline be that is met, or forgotten', async () => {
    const { group, commands } = await held();
    const receivers = [new Receiver(), new Receiver()];
    group.sendWithDeadline(onePlusOne, Date.now() + 150, receivers[0] as Receiver);
    await soon(() => commands.length).toBe(1);
    commands[0]?.connection.result(1, SUM, 2);
    const { seq, clientId } = group.sendWithDeadline(onePlusOne, Date.now() + 150, receivers[1] as Receiver);
    group.forget(seq, clientId);
    await sleep(200);
    expect(receivers.map(({ results, errors }) => [results.length, errors.length])).toEqual([
      [1, 0],
      [0, 0],
    ]);
  });

  it('sends nothing whose deadline has passed, or is none', async () => {
    const { group, commands } = await held();
    for (const [deadline, code] of [
      [Date.now() - 1, 'timeout'],
      [Number.NaN, 'invalid-argument'],
    ] as const) {
      expect(() => group.sendWithDeadline(onePlusOne, deadline, new Receiver())).toThrow(
        expect.objectContaining({ code, mayHaveExecuted: false }),
      );
    }
    await sleep(20);
    expect(commands).toEqual([]);
  });

  it('says at once why a Command cannot be sent', async () => {
    const unsendable = calc.Add({ a: new Map() as unknown as number, b: 1 });
    const { group, client } = await held();
    const sends = () => group.send(onePlusOne, new Receiver());
    expect(() => group.send(unsendable, new Receiver())).toThrow(expect.objectContaining({ code: 'encode-failed' }));
    const lazy = await sender({ address: await deadAddress(), lazy: true });
    expect(() => lazy.group.send(onePlusOne, new Receiver())).toThrow(expect.objectContaining({ code: 'unavailable' }));
    await client.close();
    expect(sends).toThrow(expect.objectContaining({ code: 'closed' }));
    expect(sends).toThrow(CmdStreamError);
  });

  it('goes on when a receiver throws, and warns', async () => {
    const { group, commands, client } = await held();
    const bad: ResultReceiver = {
      result: () => {
        throw new Error('a bad receiver');
      },
      failed: () => {},
    };
    group.send(onePlusOne, bad);
    await soon(() => commands.length).toBe(1);
    commands[0]?.connection.result(1, SUM, 2);
    const next = client.send(onePlusOne);
    await soon(() => commands.length).toBe(2);
    commands[1]?.connection.result(commands[1].seq, SUM, 2);
    expect(await next).toBe(2);
    expectWarning('a bad receiver');
  });

  it('fails what is pending when it is closed, and is done when nothing is left', async () => {
    const { group, client } = await held();
    const receiver = new Receiver();
    group.send(onePlusOne, receiver);
    const closed = group.close();
    expect(receiver.errors).toMatchObject([{ code: 'closed' }]);
    await closed;
    await Promise.all([group.done, group.close(), group.drain({ timeoutMs: 10 }), client.done]);
    expect(group.status).toMatchObject({ state: 'closed', size: 2, ready: 0 });
    expect(group.size).toBe(2);
  });

  it('refuses what is no Command of its protocol', async () => {
    const { group } = await held();
    const other = defineProtocol({ results: { Sum: result<number>() }, commands: { Add: command().returns('Sum') } });
    for (const wrong of [other.Add(), {} as never]) {
      expect(() => group.send(wrong, new Receiver())).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
    }
  });

  it('drains, and lets what is pending come to its end', async () => {
    const { group, commands } = await held();
    const receiver = new Receiver();
    group.send(onePlusOne, receiver);
    await soon(() => commands.length).toBe(1);
    const drained = group.drain({ timeoutMs: 5_000 });
    expect(() => group.send(onePlusOne, new Receiver())).toThrow(expect.objectContaining({ code: 'closed' }));
    commands[0]?.connection.result(1, SUM, 2);
    await drained;
    expect(receiver.results).toEqual([['Sum', 2, true]]);
  });
});

it('a receiver may send the next Command from within', async () => {
  const server = await peer(adds);
  const { group } = await sender({ address: server.address });
  const sums = await new Promise<number[]>((resolve) => {
    const seen: number[] = [];
    const receiver: ResultReceiver = {
      result: ({ value }) => {
        seen.push(value as number);
        if (seen.length === 100) resolve(seen);
        else group.send(calc.Add({ a: value as number, b: 1 }), receiver);
      },
      failed: () => {},
    };
    group.send(calc.Add({ a: 0, b: 1 }), receiver);
  });
  expect(sums).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
});

it.each(['and is the last', 'and throws'])(
  'R1: a receiver hears nothing more once it has failed, by a lastOne that closes the sender %s',
  async (how) => {
    let end = (): boolean => true;
    const ends = defineProtocol({
      results: { End: result<null>({ lastOne: () => end() }) },
      commands: { Ask: command<null>().returns('End') },
    });
    const { address } = await peer({ onCommand: ({ connection, seq }) => connection.result(seq, 0, null) });
    const client = await createSender(ends, { address });
    end = () => {
      void client.close();
      if (how === 'and throws') throw new Error('closed meanwhile');
      return true;
    };
    const receiver = new Receiver();
    client.group.send(ends.Ask(null), receiver);
    await client.done;
    expect(receiver.errors.map(({ code }) => code)).toEqual(['closed']);
    expect(receiver.results).toEqual([]);
  },
);

it('a Command is a request like any other: watched, named in its errors, and gone with its deadline when it is forgotten', async () => {
  const server = await peer();
  const seen: string[] = [];
  const { group } = await sender({
    address: server.address,
    inspect: (event) => {
      if (event.type === '@xstate.snapshot')
        seen.push(`${Reflect.get(event.actorRef, 'id')}: ${String(Reflect.get(event.snapshot, 'value'))}`);
    },
  });
  const receiver = new Receiver();
  const { seq, clientId } = group.sendWithDeadline(calc.Add({ a: 1, b: 2 }), Date.now() + 60_000, receiver);
  expect(group.has(seq, clientId)).toBe(true);
  expect(group.forget(seq, clientId)).toBe(true);
  expect([group.has(seq, clientId), group.forget(seq, clientId)]).toEqual([false, false]);
  await soon(() => seen.filter((state) => state.startsWith('request'))).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^request \d+ Add: sent$/),
      expect.stringMatching(/^request \d+ Add: cancelled$/),
    ]),
  );
  expect([receiver.results, receiver.errors]).toEqual([[], []]);
});
