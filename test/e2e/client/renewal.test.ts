import { setTimeout as sleep } from 'node:timers/promises';
import {
  command,
  createSender,
  defineProtocol,
  result,
  type SenderOptions,
  type ServerOptions,
  serve,
} from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import { calc, TICK } from '../support/calc.ts';
import { resultFrame } from '../support/scripted-peer.ts';
import { answerAdd, failureOf, onePlusOne, soon, stage } from './stage.ts';

const { onEnd, peer, sender: senderOf } = stage();

const ticks = defineProtocol({
  results: { Text: result<number>(), Tick: result<number>({ lastOne: (n) => n === 0 }) },
  commands: { Echo: command<number>().returns('Text'), Ticks: command<number>().returns('Tick') },
});

// Clients whose server does not hear that a Command is given up: renewal is all that they can do.

/** A server whose `Ticks` go on for ever, every so many milliseconds, and a client of it. */
async function endless(options: { server?: ServerOptions; sender?: SenderOptions } = {}) {
  const seen = { started: 0, fired: 0, connections: 0 };
  const server = await serve(
    ticks,
    undefined,
    {
      Echo: (n) => n,
      async *Ticks(everyMs, { signal }) {
        seen.started++;
        signal.addEventListener('abort', () => seen.fired++);
        for (let n = 1; !signal.aborted; n++) {
          yield n;
          await sleep(everyMs);
        }
      },
    },
    { goClients: true, onConnection: () => void seen.connections++, ...options.server },
  );
  onEnd(() => server.close());
  const states: string[] = [];
  const sender = await createSender(ticks, {
    address: server.address,
    keepalive: { timeMs: 200, timeoutMs: 200 },
    onStatus: (event) => event.type === 'client' && states.push(event.state),
    ...options.sender,
  });
  onEnd(() => sender.close());
  const leaveOne = async (everyMs: number) => {
    for await (const _ of sender.sendMulti(ticks.Ticks(everyMs), { resultsCount: 1 }));
  };
  return { server, sender, seen, states, leaveOne };
}

const silence = defineProtocol({
  results: { Text: result<number>(), Event: result<number>({ lastOne: () => false }) },
  commands: {
    Echo: command<number>().returns('Text'),
    Later: command<number>().returns('Text'),
    Wait: command().returns('Text'),
    Watch: command().returns('Event'),
  },
});

/** A server whose `Wait` and `Watch` give nothing until their client is gone, and a client of it. */
async function silent(options: ServerOptions, senderOptions: Partial<SenderOptions> = {}) {
  const seen = { started: 0, fired: 0, connections: 0 };
  const untilGone = async ({ signal }: { readonly signal: AbortSignal }) => {
    seen.started++;
    await new Promise((gone) => signal.addEventListener('abort', gone));
    seen.fired++;
    return 0;
  };
  const server = await serve(
    silence,
    undefined,
    {
      Echo: (n) => n,
      Later: (ms) => sleep(ms, ms),
      Wait: (_, context) => untilGone(context),
      async *Watch(_, context) {
        yield await untilGone(context);
      },
    },
    { goClients: true, onConnection: () => void seen.connections++, ...options },
  );
  onEnd(() => server.close());
  const states: string[] = [];
  const sender = await createSender(silence, {
    address: server.address,
    onStatus: (event) => event.type === 'client' && states.push(event.state),
    ...senderOptions,
  });
  onEnd(() => sender.close());
  return { sender, seen, states };
}

describe('streams that were left, whose server works on for nobody', () => {
  it.each([1, 30])(
    'F1: twenty of them do not wedge a server that takes twenty Commands, every %i ms',
    async (everyMs) => {
      const { sender, seen, states, leaveOne } = await endless({ server: { maxInFlightCommands: 20 } });
      for (let left = 0; left < 20; left++) await leaveOne(everyMs);
      expect(await sender.send(ticks.Echo(1), { timeoutMs: 2_000 })).toBe(1);
      await soon(() => seen.fired).toBe(20);
      expect(states.filter((state) => state !== 'ready' && state !== 'connecting')).toEqual([]);
      expect(await sender.send(ticks.Echo(2), { timeoutMs: 2_000 })).toBe(2);
    },
  );

  it('F1: nor many more than it takes', async () => {
    const { sender, seen, leaveOne } = await endless({ server: { maxInFlightCommands: 20 } });
    for (let left = 0; left < 100; left++) await leaveOne(1);
    expect(await sender.send(ticks.Echo(1), { timeoutMs: 2_000 })).toBe(1);
    await soon(() => seen.fired).toBe(100);
  });

  it('F1: the Commands that are pending on the old connection come to their end there', async () => {
    const { sender, seen, leaveOne } = await endless();
    const numbers: number[] = [];
    const live = sender.sendMulti(ticks.Ticks(5), (n) => void numbers.push(n), { resultsCount: 60 });
    await soon(() => numbers.length).toBeGreaterThan(1);
    await leaveOne(5);
    await soon(() => seen.connections).toBe(2);
    expect(await sender.send(ticks.Echo(1))).toBe(1);
    expect(seen.fired).toBe(0);
    await live;
    expect(numbers).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
    await soon(() => seen.fired).toBe(2);
  });

  it('F1: one whose last Result is there already costs no connection', async () => {
    const server = await peer({
      onCommand: (given) => {
        answerAdd(given);
        const frames = [false, true].map((last) => resultFrame(given.seq, TICK, { n: 1, last }));
        if (given.type === 1) given.connection.raw(Buffer.concat(frames));
      },
    });
    const client = await senderOf({ address: server.address });
    for (let left = 0; left < 20; left++) {
      for await (const _ of client.sendMulti(calc.Countdown({ from: 3 }), { resultsCount: 1 }));
    }
    await sleep(50);
    expect(await client.send(onePlusOne)).toBe(2);
    expect(server.accepted).toBe(1);
  });

  it('F1: the old connection takes Commands as long as no other can be opened', async () => {
    const { server, sender, seen, states, leaveOne } = await endless({ server: { maxConnections: 1 } });
    await leaveOne(5);
    for (let sent = 0; sent < 20; sent++) {
      expect(await sender.send(ticks.Echo(sent))).toBe(sent);
      await sleep(10);
    }
    expect([seen.connections, seen.fired, server.connections]).toEqual([1, 0, 1]);
    expect(new Set(states)).toEqual(new Set(['ready']));
  });

  it('F1: dials do not follow each other closely', async () => {
    const { seen, leaveOne } = await endless();
    const sinceMs = performance.now();
    // Each would be worth a dial.
    for (let left = 0; left < 22; left++) {
      await leaveOne(1_000);
      await sleep(25);
    }
    // It takes 600 ms; on a busy machine longer, with more time for dials.
    expect(seen.connections).toBeLessThanOrEqual(9 * Math.max(1, (performance.now() - sinceMs) / 600));
  });

  it('F1: a Command that has had no Result when it times out says nothing of its server', async () => {
    const server = await peer({});
    const client = await senderOf({ address: server.address });
    for (let sent = 0; sent < 3; sent++) await failureOf(client.send(onePlusOne, { timeoutMs: 20 }));
    await sleep(60);
    expect(server.accepted).toBe(1);
  });

  it.each(['timed out', 'were cancelled'])(
    'F1: Commands that %s without a Result do not wedge a server that takes twenty',
    async (how) => {
      const { sender, seen, states } = await silent({ maxInFlightCommands: 20 });
      const cancel = new AbortController();
      const giveUp = how === 'timed out' ? { timeoutMs: 100 } : { signal: cancel.signal };
      const failures = Promise.all(Array.from({ length: 20 }, () => failureOf(sender.send(silence.Wait(), giveUp))));
      await soon(() => seen.started).toBe(20);
      cancel.abort();
      for (const failure of await failures) expect(failure).toMatchObject({ mayHaveExecuted: true });
      await soon(() => seen.fired).toBe(20);
      expect(await sender.send(silence.Echo(1))).toBe(1);
      expect(seen.connections).toBe(2);
      expect(states.filter((state) => state !== 'ready' && state !== 'connecting')).toEqual([]);
    },
  );

  it('F1: streams that were left before their first Result do not wedge it either', async () => {
    const { sender, seen } = await silent({ maxInFlightCommands: 20 });
    const left = Array.from({ length: 20 }, () => sender.sendMulti(silence.Watch())[Symbol.asyncIterator]());
    const ends = left.map((stream) => stream.next().catch(() => undefined));
    await soon(() => seen.started).toBe(20);
    for (const stream of left) void stream.return?.(undefined as never);
    await Promise.all(ends);
    await soon(() => seen.fired).toBe(20);
    expect(await sender.send(silence.Echo(1))).toBe(1);
    expect(seen.connections).toBe(2);
  });

  it('F1: nor do those that are given up in the turn in which they were sent', async () => {
    const { sender, seen } = await silent({ maxInFlightCommands: 20 });
    const cancel = new AbortController();
    const failures = Array.from({ length: 20 }, () =>
      failureOf(sender.send(silence.Wait(), { signal: cancel.signal })),
    );
    cancel.abort();
    await Promise.all(failures);
    await soon(() => seen.fired).toBe(20);
    expect(await sender.send(silence.Echo(1))).toBe(1);
    expect(seen.connections).toBe(2);
  });

  it('F1: a few that are given up cost no connection', async () => {
    const { sender, seen } = await silent({});
    for (let n = 0; n < 7; n++) {
      await failureOf(sender.send(silence.Wait(), { timeoutMs: 5 }));
      expect(await sender.send(silence.Echo(n))).toBe(n);
    }
    await soon(() => seen.started).toBe(7);
    expect(seen).toMatchObject({ fired: 0, connections: 1 });
  });

  it('F1: what comes late of those that were given up is told to whoever asked for it', async () => {
    const late: unknown[] = [];
    const { sender, seen } = await silent({}, { onUnexpectedResult: ({ value }) => late.push(value) });
    const failures = Array.from({ length: 20 }, () => failureOf(sender.send(silence.Later(2_000), { timeoutMs: 20 })));
    for (const failure of await Promise.all(failures)) expect(failure).toMatchObject({ code: 'timeout' });
    await soon(() => seen.connections).toBe(2);
    await soon(() => late.length).toBe(20);
    expect(await sender.send(silence.Echo(1))).toBe(1);
  });

  it('F1: no more than eight old connections are kept; the next goes once one of them has ended', async () => {
    const { sender, seen, leaveOne } = await endless();
    const stop: (() => void)[] = [];
    const live: Promise<unknown>[] = [];
    for (let count = 1; count <= 9; count++) {
      const controller = new AbortController();
      live.push(
        sender.sendMulti(ticks.Ticks(20), () => {}, { signal: controller.signal, timeoutMs: Infinity }).catch(() => {}),
      );
      stop.push(() => controller.abort());
      // The server has seen a connection before it is in use: a little later it is.
      do {
        await leaveOne(20);
        await sleep(20);
      } while (seen.connections <= count && count <= 8);
      await sleep(20);
    }
    await sleep(250);
    expect(seen.connections).toBe(9);
    stop[0]?.();
    await soon(() => seen.connections).toBe(10);
    for (const end of stop) end();
    await Promise.all(live);
    expect(await sender.send(ticks.Echo(1))).toBe(1);
  });

  it.each(['close', 'closeAndWait'] as const)('F1: %s covers the old connections', async (end) => {
    const { server, sender, seen, leaveOne } = await endless();
    const numbers: number[] = [];
    const live = sender.sendMulti(ticks.Ticks(5), (n) => void numbers.push(n), { resultsCount: 80 });
    await leaveOne(5);
    await soon(() => seen.connections).toBe(2);
    const outcome = live.then(
      () => 'whole',
      (error) => error.code,
    );
    await sender[end]();
    expect(await outcome).toBe(end === 'close' ? 'closed' : 'whole');
    await soon(() => server.connections).toBe(0);
    expect(sender.status.state).toBe('closed');
  });

  it('F1: group.has and group.forget find what is pending on an old connection', async () => {
    const { sender, seen, leaveOne } = await endless();
    const ticket = sender.group.send(ticks.Ticks(5), { result: () => {}, failed: () => {} });
    await leaveOne(5);
    await soon(() => seen.connections).toBe(2);
    expect(sender.group.has(ticket.seq, ticket.clientId)).toBe(true);
    expect(sender.group.forget(ticket.seq, ticket.clientId)).toBe(true);
    expect(sender.group.has(ticket.seq, ticket.clientId)).toBe(false);
    await soon(() => seen.fired).toBe(2);
  });
});
