import { describe, expect, it } from 'vitest';
import type { ConnectionLink, ConnectionLinkEvent } from '../../../../machines/connection.ts';
import { CmdStreamError } from '../../../../src/base/errors/cmd-stream-error.ts';
import { FairTurn } from '../../../../src/base/fair-turn.ts';
import { command, result } from '../../../../src/protocol/definitions.ts';
import { defineProtocol, protocolTables } from '../../../../src/protocol/protocol.ts';
import { AddressBook } from '../../../../src/sender/client/address-book.ts';
import { ResultBounds } from '../../../../src/sender/client/backlog.ts';
import { Client, type ClientContext } from '../../../../src/sender/client/client.ts';
import { CreditBudget } from '../../../../src/sender/client/credit-budget.ts';
import type { UnexpectedResult } from '../../../../src/sender/client/pending-command.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';
import { warningsTo } from '../../../support/warnings.ts';
import { FakeChannel } from './fake-channel.ts';
import { turn } from './fake-link.ts';
import { NotedCommand } from './pending.ts';

const isPending = (client: Client, seq: number) => client.pendingAt(seq) !== undefined;

const protocol = defineProtocol({
  results: { Sum: result<number>() },
  commands: { Go: command<unknown>().returns('Sum') },
});

/** With it client 1 likes b:2 best, then c:3, then a:1. */
const SEED = 164;

function newClient(options: { addresses?: () => readonly string[]; connect?: ClientContext['connect'] } = {}) {
  const clock = new VirtualClock();
  const dialled: string[] = [];
  const channels: FakeChannel[] = [];
  const heard = { accepting: 0, refusing: 0, room: 0, unexpected: [] as UnexpectedResult[] };
  const asked = { times: 0 };
  const served = { is: false };
  const source = () => {
    asked.times++;
    return options.addresses?.() ?? ['a:1', 'b:2', 'c:3'];
  };
  const ignore = () => {};
  const addresses = new AddressBook({
    source,
    refreshMs: 60_000,
    timeoutMs: 1_000,
    downMs: 10_000,
    seed: SEED,
    mismatched: ignore,
    clock,
    warnings: warningsTo([]),
    check: ignore,
  });
  const { resultEntries } = protocol[protocolTables];
  const client = new Client(1, {
    connect: async (address, signal) => {
      dialled.push(address);
      const channel = (await options.connect?.(address, signal)) ?? new FakeChannel();
      channels.push(channel as FakeChannel);
      return channel;
    },
    addresses,
    clock,
    events: {
      accepting: () => heard.accepting++,
      refusing: () => heard.refusing++,
      room: () => heard.room++,
      unexpected: (unexpected) => heard.unexpected.push(unexpected),
    },
    resultEntries,
    bounds: new ResultBounds(10, 1_000),
    credit: new CreditBudget(new ResultBounds(10, 1_000)),
    turn: new FairTurn(clock),
    clients: 4,
    isServed: () => served.is,
    maxInFlightCommands: 2,
    handshakeTimeoutMs: 1_000,
    pingTimeoutMs: 200,
    lateTimeMs: 3_000,
    stableMs: 500,
  });
  const told: ConnectionLinkEvent[] = [];
  return {
    client,
    clock,
    dialled,
    channels,
    heard,
    asked,
    served,
    told,
    /** Connects and opens; returns what closes. */
    async open() {
      const link = await client.connect(new AbortController().signal);
      const close = link.take((event) => told.push(event));
      return { link, close, channel: channels.at(-1) as FakeChannel };
    },
  };
}

const never = () => new Promise<FakeChannel>(() => {});
const down = () => Promise.reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }));

describe('the addresses that a client goes through', () => {
  it('start at its own, and go on with each that fails', async () => {
    const { client, dialled, asked } = newClient({ connect: down });
    for (let attempt = 0; attempt < 4; attempt++) {
      await expect(client.connect(new AbortController().signal)).rejects.toMatchObject({ code: 'connect-failed' });
      await turn();
    }
    expect(dialled).toEqual(['b:2', 'c:3', 'a:1', 'b:2']);
    expect(client.address).toBe('b:2');
    // At the start, when a connection failed, and not with each that fails at the same time.
    expect(asked.times).toBe(2);
  });

  it('go on by one when a handshake takes too long', async () => {
    const { client, dialled } = newClient({ connect: never });
    for (let attempt = 0; attempt < 3; attempt++) {
      const controller = new AbortController();
      client.connect(controller.signal).catch(() => {});
      await turn();
      // As the machine does it: first this, then the abort.
      client.giveUpDial();
      expect(client.overdueError()).toMatchObject({ code: 'handshake-timeout' });
      controller.abort();
      await turn();
    }
    expect(dialled).toEqual(['b:2', 'c:3', 'a:1']);
  });

  it('do not go on for an attempt that was called off', async () => {
    const { client, dialled, asked } = newClient({
      connect: (_, signal) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    });
    for (let attempt = 0; attempt < 2; attempt++) {
      const controller = new AbortController();
      const connecting = client.connect(controller.signal);
      await turn();
      controller.abort();
      await expect(connecting).rejects.toBeInstanceOf(CmdStreamError);
    }
    expect(dialled).toEqual(['b:2', 'b:2']);
    expect(asked.times).toBe(1);
  });

  it('go on after a connection that did not live, or stopped answering, and not after one that did', async () => {
    const { open, clock, dialled, asked } = newClient();
    const lived = await open();
    clock.advance(500);
    lived.channel.receiver.lost(undefined);
    lived.close();
    await turn();
    const short = await open();
    clock.advance(499);
    short.channel.receiver.lost(undefined);
    short.close();
    await turn();
    const silent = await open();
    clock.advance(10_000);
    await turn();
    silent.link.giveUp('ping', silent.link.overdueError('ping'));
    silent.close();
    await turn();
    await open();
    // In the end b:2 is worth a try again.
    expect(dialled).toEqual(['b:2', 'b:2', 'c:3', 'b:2']);
    // The second loss came within a second of the answer to the first: the question was put off.
    expect(asked.times).toBe(4);
  });
});

describe('the addresses that a client has not tried', () => {
  it('are left until each was tried once, and again after a connection', async () => {
    const refuses = [true, true, true, false];
    const { client, open } = newClient({
      connect: () => (refuses.shift() ? down() : Promise.resolve(new FakeChannel())),
    });
    expect(client.hasUntriedAddress()).toBe(false);
    const left: boolean[] = [];
    for (let attempt = 0; attempt < 3; attempt++) {
      await client.connect(new AbortController().signal).catch(() => {});
      left.push(client.hasUntriedAddress());
    }
    expect(left).toEqual([true, true, false]);
    const { close } = await open();
    close();
    await client.connect(new AbortController().signal);
    expect(client.hasUntriedAddress()).toBe(true);
  });

  it('are none where the addresses are others each time', async () => {
    let asked = 0;
    const { client, clock, dialled } = newClient({ connect: down, addresses: () => [`a:${++asked}`] });
    for (let attempt = 0; attempt < 3; attempt++) {
      clock.advance(1_000);
      await turn();
      await client.connect(new AbortController().signal).catch(() => {});
      await turn();
      expect(client.hasUntriedAddress()).toBe(false);
    }
    expect(dialled).toEqual(['a:1', 'a:2', 'a:3']);
  });
});

describe('the turns of the clients of a group', () => {
  it('follow each other by the clock while nobody is connected', () => {
    const { client, clock, served } = newClient();
    // Of four clients it is the second.
    const dueMs = () => clock.monotonicMs() + client.turnInMs(0.5, 500);
    expect(dueMs()).toBe(750);
    clock.advance(600);
    expect(dueMs()).toBe(2_750);
    clock.advance(1_900);
    expect(dueMs()).toBe(4_750);
    served.is = true;
    expect(client.turnInMs(0.5, 500)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('a connection that comes too late', () => {
  it('is destroyed when the attempt was called off meanwhile', async () => {
    let arrive = (_channel: FakeChannel) => {};
    const { client, channels } = newClient({
      connect: () =>
        new Promise((resolve) => {
          arrive = resolve;
        }),
    });
    const controller = new AbortController();
    const connecting = client.connect(controller.signal);
    await turn();
    controller.abort();
    const channel = new FakeChannel();
    arrive(channel);
    await expect(connecting).rejects.toBeInstanceOf(CmdStreamError);
    expect(channels).toEqual([channel]);
    expect(channel.destroyed).toBe(1);
  });

  it('is destroyed when the attempt is called off before it is opened', async () => {
    const { client, channels } = newClient();
    const controller = new AbortController();
    await client.connect(controller.signal);
    controller.abort();
    expect(channels[0]?.destroyed).toBe(1);
  });

  it('is left alone once it is open', async () => {
    const { client, channels } = newClient();
    const controller = new AbortController();
    const link = await client.connect(controller.signal);
    link.take(() => {});
    controller.abort();
    expect(channels[0]?.destroyed).toBe(0);
  });
});

describe('an open client', () => {
  it('numbers its Commands from 1, and goes on across connections', async () => {
    const { open, client, channels } = newClient();
    const first = await open();
    client.send(new NotedCommand(protocol.Go(1)));
    client.send(new NotedCommand(protocol.Go(2)));
    first.close();
    await open();
    client.send(new NotedCommand(protocol.Go(3)));
    expect(() => client.send(new NotedCommand(protocol.Go('unsendable')))).toThrow('cannot be encoded');
    client.send(new NotedCommand(protocol.Go(4)));
    expect(channels.map(({ sent }) => sent.map(({ seq }) => seq))).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it('is full at maxInFlightCommands, when its channel is, and while it has none', async () => {
    const { open, client } = newClient();
    expect(client.isFull).toBe(true);
    const { channel, close } = await open();
    expect(client.isFull).toBe(false);
    channel.flow.isFull = true;
    expect(client.isFull).toBe(true);
    channel.flow.isFull = false;
    client.send(new NotedCommand(protocol.Go(1)));
    client.send(new NotedCommand(protocol.Go(2)));
    expect([client.isFull, client.pending]).toEqual([true, 2]);
    client.forget(1);
    expect([client.isFull, isPending(client, 1), isPending(client, 2)]).toEqual([false, false, true]);
    close();
    expect([client.isFull, client.pending, client.bufferedBytes]).toEqual([true, 0, 0]);
  });

  it('tells when what was pending has settled, once that is awaited', async () => {
    const { open, client, told } = newClient();
    const { channel, link } = await open();
    client.send(new NotedCommand(protocol.Go(1)));
    client.send(new NotedCommand(protocol.Go(2)));
    link.awaitSettled();
    expect(link.isSettled()).toBe(false);
    channel.receiver.frame(1, 0, 5, 3);
    expect(told).toEqual([]);
    client.forget(2);
    expect(told).toEqual([{ type: 'pending.settled' }]);
  });

  it('says to what is pending why it ends', async () => {
    const ends: [end: (open: { link: ConnectionLink; channel: FakeChannel }) => void, code: string, message: string][] =
      [
        [() => {}, 'closed', 'Go: closed before b:2 answered'],
        [
          ({ link }) => link.giveUp('ping', link.overdueError('ping')),
          'connection-lost',
          'did not answer a Ping within 200 ms',
        ],
        [
          ({ link }) => link.giveUp('results', link.overdueError('results')),
          'connection-lost',
          'b:2 is no address of the service any more',
        ],
        [({ channel }) => channel.receiver.lost(undefined), 'connection-lost', 'b:2 closed the connection'],
        [
          ({ channel }) => channel.receiver.lost(new CmdStreamError('protocol-error', 'malformed bytes')),
          'connection-lost',
          'malformed bytes',
        ],
      ];
    for (const [end, code, message] of ends) {
      const { open, client } = newClient();
      const { channel, close, link } = await open();
      const pending = new NotedCommand(protocol.Go(1));
      client.send(pending);
      end({ link, channel });
      close();
      expect(pending.errors).toMatchObject([{ code, mayHaveExecuted: false }]);
      expect(pending.errors[0]?.message).toContain(message);
    }
  });

  it('has not connected where the end came together with the beginning', async () => {
    const { client, heard, channels, dialled } = newClient({
      connect: async () => {
        const channel = new FakeChannel();
        channel.atOpen = (receiver) => {
          receiver.frame(1, 0, 5, 3);
          receiver.lost(new CmdStreamError('protocol-error', 'malformed bytes'));
        };
        return channel;
      },
    });
    const connecting = client.connect(new AbortController().signal);
    await expect(connecting).rejects.toMatchObject({ code: 'protocol-error' });
    expect(heard.accepting).toBe(0);
    expect(heard.unexpected).toMatchObject([{ seq: 1, value: 5 }]);
    expect(channels[0]?.destroyed).toBe(1);
    await client.connect(new AbortController().signal).catch(() => {});
    expect(dialled).toEqual(['b:2', 'c:3']);
  });

  it('hears no more of a connection that it has closed', async () => {
    const { open, told, heard } = newClient();
    const { channel, close } = await open();
    close();
    channel.receiver.lost(undefined);
    channel.receiver.ping();
    expect(told).toEqual([{ type: 'connection.closed' }]);
    expect(heard.accepting).toBe(1);
  });

  it('knows for how long its peer has not been seen to read, and for how long nothing was sent', async () => {
    const { open, clock, client } = newClient();
    const { channel, link } = await open();
    clock.advance(70);
    channel.flow.lastSentMs = 50;
    channel.lastReceivedMs = 60;
    expect([link.unprovenMs(), link.sinceSentMs()]).toEqual([70, 20]);
    client.send(new NotedCommand(protocol.Go(1)));
    channel.receiver.frame(1, 0, 5, 3);
    expect(link.unprovenMs()).toBe(10);
  });

  it('F1: lets another connection take the place of the one in use, and has what is pending on both', async () => {
    const { open, client, heard, channels } = newClient();
    const first = await open();
    client.send(new NotedCommand(protocol.Go(1)));
    const second = await open();
    expect([heard.accepting, heard.refusing]).toEqual([1, 0]);
    client.send(new NotedCommand(protocol.Go(2)));
    expect(channels.map(({ sent }) => sent.map(({ seq }) => seq))).toEqual([[1], [2]]);
    expect([client.pending, client.isFull, isPending(client, 1), isPending(client, 2), isPending(client, 3)]).toEqual([
      2,
      true,
      true,
      true,
      false,
    ]);
    first.link.refuse();
    expect(heard.refusing).toBe(0);
    expect(client.forget(1)).toBe(true);
    expect([client.pending, client.isFull]).toEqual([1, false]);
    first.close();
    second.link.refuse();
    expect(heard.refusing).toBe(1);
    second.close();
    expect([client.pending, client.isFull]).toEqual([0, true]);
  });

  it('F1: says which connection may have executed what', async () => {
    const { open, client } = newClient();
    const first = await open();
    const [old, next] = [new NotedCommand(protocol.Go(1)), new NotedCommand(protocol.Go(2))];
    client.send(old);
    first.channel.flow.lastFlushedSeq = 1;
    const second = await open();
    client.send(next);
    first.channel.receiver.lost(undefined);
    first.close();
    second.close();
    expect(old.errors).toMatchObject([{ code: 'connection-lost', mayHaveExecuted: true }]);
    expect(next.errors).toMatchObject([{ code: 'closed', mayHaveExecuted: false }]);
  });

  it('F1: stays at its address when a connection is lost that it has retired', async () => {
    const { open, dialled, asked } = newClient();
    const first = await open();
    await open();
    first.channel.receiver.lost(undefined);
    first.close();
    await turn();
    await open();
    expect(dialled).toEqual(['b:2', 'b:2', 'b:2']);
    expect(asked.times).toBe(1);
  });

  it('shows little of itself in an inspector', async () => {
    const { open, client } = newClient();
    await open();
    expect(JSON.parse(JSON.stringify(client))).toEqual({ id: 1, address: 'b:2', pending: 0, retired: 0 });
  });
});
