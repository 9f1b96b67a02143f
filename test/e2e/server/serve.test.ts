import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { systemClock } from '../../../src/base/clock.ts';
import {
  CommandFailure,
  command,
  createSender,
  defineProtocol,
  memoryTransport,
  result,
  type Schema,
} from '../../../src/index.ts';
import type { Handlers } from '../../../src/server/handlers.ts';
import { serve } from '../../../src/server/serve.ts';
import { expectNothingLeft } from '../support/leaks.ts';
import { eventually, gate, RawClient } from './raw-client.ts';

expectNothingLeft();

const ADD = 0;
const COUNTDOWN = 1;
const FIND = 2;
const WAIT = 3;
const ERROR = 16_383;

const calc = defineProtocol({
  results: {
    Sum: result<number>(),
    Tick: result<{ n: number; last: boolean }>({ lastOne: (tick) => tick.last }),
    Found: result<string>(),
    Missing: result<null>(),
  },
  commands: {
    Add: command<{ a: number; b: number }>().returns('Sum'),
    Countdown: command(z.object({ from: z.number().int().positive() })).returns('Tick'),
    Find: command<string>().returns('Found', 'Missing'),
    Wait: command<number>().returns('Sum'),
  },
});

class Calculator {
  add(a: number, b: number): number {
    return a + b;
  }
}

const handlers: Handlers<typeof calc, Calculator> = {
  Add: ({ a, b }, { receiver }) => receiver.add(a, b),
  async *Countdown({ from }) {
    for (let n = from; n > 0; n--) yield { n, last: n === 1 };
  },
  Find: (name) => (name === 'one' ? { type: 'Found', value: '1' } : { type: 'Missing', value: null }),
  async Wait(ms) {
    await sleep(ms);
    return ms;
  },
};

describe('a server', () => {
  it('introduces itself, and answers a Command by what its handler returns', async () => {
    await using server = await serve(calc, new Calculator(), {
      Add: ({ a, b }, { receiver }) => receiver.add(a, b),
      async *Countdown({ from }) {
        for (let n = from; n > 0; n--) yield { n, last: n === 1 };
      },
      Find: () => ({ type: 'Missing', value: null }),
      Wait: async (ms) => ms,
    });
    expect(server.address).toBe(`127.0.0.1:${server.port}`);
    await using client = await RawClient.open(server.port);
    expect(client.serverInfo).toBe('default;x1');
    expect(await client.ask(1, ADD, { a: 2, b: 3 })).toEqual({ seq: 1, type: 0, value: 5 });
    expect(server.connections).toBe(1);
  });

  it('answers with the Results that a generator yields, in order', async () => {
    await using server = await serve(calc, new Calculator(), handlers);
    await using client = await RawClient.open(server.port);
    client.send(7, COUNTDOWN, { from: 3 });
    await client.count(3);
    expect(client.received).toEqual([
      { seq: 7, type: 1, value: { n: 3, last: false } },
      { seq: 7, type: 1, value: { n: 2, last: false } },
      { seq: 7, type: 1, value: { n: 1, last: true } },
    ]);
  });

  it('answers with the Result type that a handler names where there are several', async () => {
    await using server = await serve(calc, new Calculator(), handlers);
    await using client = await RawClient.open(server.port);
    expect(await client.ask(1, FIND, 'one')).toEqual({ seq: 1, type: 2, value: '1' });
    expect(await client.ask(2, FIND, 'two')).toEqual({ seq: 2, type: 3, value: null });
  });

  it('answers later Commands while earlier ones are still at work', async () => {
    await using server = await serve(calc, new Calculator(), handlers);
    await using client = await RawClient.open(server.port);
    client.send(1, WAIT, 50);
    client.send(2, ADD, { a: 1, b: 1 });
    await client.count(2);
    expect(client.received.map(({ seq }) => seq)).toEqual([2, 1]);
  });

  it('answers a Ping with a Ping', async () => {
    await using server = await serve(calc, new Calculator(), handlers);
    await using client = await RawClient.open(server.port);
    client.ping();
    await client.count(1);
    expect(client.received[0]?.seq).toBe(0);
  });

  it('tells the ServerInfo that it was given', async () => {
    await using server = await serve(calc, new Calculator(), handlers, { serverInfo: 'calc 2' });
    await using client = await RawClient.open(server.port);
    expect(client.serverInfo).toBe('calc 2;x1');
  });

  it('hands receiver, Command, time and address to the handler', async () => {
    const receiver = new Calculator();
    const seen: unknown[] = [];
    const before = Date.now();
    await using server = await serve(calc, receiver, {
      ...handlers,
      Add: (_, context) => {
        seen.push(context.receiver, context.command, context.seq, context.remoteAddress);
        expect(context.receivedAt).toBeGreaterThanOrEqual(before);
        expect(context.receivedAt).toBeLessThanOrEqual(Date.now());
        return 0;
      },
    });
    await using client = await RawClient.open(server.port);
    expect((await client.ask(300, ADD, { a: 1, b: 2 })).type).toBe(0);
    const { localPort } = client.socket;
    expect(seen).toEqual([receiver, 'Add', 300, `127.0.0.1:${localPort}`]);
  });

  it('tells Commands that arrive together the same time, and later ones a later time', async () => {
    let nowMs = 0;
    const times: number[] = [];
    const transport = memoryTransport();
    await using server = await serve(
      calc,
      new Calculator(),
      { ...handlers, Add: (_, { receivedAt }) => times.push(receivedAt) },
      { transport, clock: { ...systemClock, now: () => ++nowMs } },
    );
    await using sender = await createSender(calc, { transport, address: `localhost:${server.port}` });
    for (let turn = 0; turn < 2; turn++) {
      await Promise.all([1, 2, 3].map((a) => sender.send(calc.Add({ a, b: 0 }))));
    }
    expect(times).toEqual([1, 1, 1, 2, 2, 2]);
  });

  it('calls handlers as methods of the object that they came in', async () => {
    class CalculatorHandlers {
      readonly #offset = 100;
      readonly Countdown = () => ({ n: 1, last: true });
      readonly Find = () => ({ type: 'Missing', value: null }) as const;
      Add({ a, b }: { a: number; b: number }) {
        return a + b + this.#offset;
      }
      Wait(ms: number) {
        return this.Add({ a: ms, b: 0 });
      }
    }
    await using server = await serve(calc, new Calculator(), new CalculatorHandlers());
    await using client = await RawClient.open(server.port);
    expect((await client.ask(1, WAIT, 4)).value).toBe(104);
  });
});

describe('payloads', () => {
  it('are refused by the schema before the handler sees them, and tell why', async () => {
    const seen: unknown[] = [];
    await using server = await serve(calc, new Calculator(), {
      ...handlers,
      *Countdown(payload) {
        seen.push(payload);
        yield { n: 1, last: true };
      },
    });
    await using client = await RawClient.open(server.port);
    const { type, value } = await client.ask(1, COUNTDOWN, { from: -1 });
    expect(type).toBe(ERROR);
    expect(value).toMatchObject({ code: 'command-invalid', message: expect.stringContaining('from') });
    expect(seen).toEqual([]);
    expect((await client.ask(2, COUNTDOWN, { from: 1, extra: true })).type).toBe(1);
    expect(seen).toEqual([{ from: 1 }]);
  });

  it('that are no MessagePack fail their own Command only', async () => {
    await using server = await serve(calc, new Calculator(), handlers);
    await using client = await RawClient.open(server.port);
    client.socket.write(Buffer.of(1, ADD, 1, 0x82));
    expect(await client.first(1)).toMatchObject({ type: ERROR, value: { code: 'command-invalid' } });
    expect((await client.ask(2, ADD, { a: 1, b: 1 })).value).toBe(2);
  });

  it('may be checked by a schema that takes its time, or that fails itself', async () => {
    const slowSchema: Schema<string> = {
      '~standard': {
        version: 1,
        vendor: 'test',
        async validate(text) {
          await sleep(5);
          if (text === 'broken') throw new Error('the validator broke');
          return text === 'bad' ? { issues: [{ message: 'is bad' }] } : { value: String(text) };
        },
      },
    };
    const slow = defineProtocol({
      results: { Done: result<string>() },
      commands: {
        Slow: command(slowSchema).returns('Done'),
      },
    });
    const errors: unknown[] = [];
    await using server = await serve(slow, null, { Slow: (text) => text }, { onHandlerError: (e) => errors.push(e) });
    await using client = await RawClient.open(server.port);
    expect(await client.ask(1, 0, 'good')).toMatchObject({ type: 0, value: 'good' });
    expect(await client.ask(2, 0, 'bad')).toMatchObject({
      type: ERROR,
      value: { code: 'command-invalid', message: 'is bad' },
    });
    expect(await client.ask(3, 0, 'broken')).toMatchObject({ type: ERROR, value: { code: 'command-failed' } });
    expect(errors).toHaveLength(1);
  });
});

describe('the invoker', () => {
  it('stands around every Command, and sees what the handler gives', async () => {
    const seen: unknown[] = [];
    await using server = await serve(calc, new Calculator(), handlers, {
      invoker: async ({ name, payload }, { seq }, next) => {
        const outcome = await next();
        seen.push([name, payload, seq, typeof outcome]);
        return outcome;
      },
    });
    await using client = await RawClient.open(server.port);
    expect((await client.ask(1, ADD, { a: 2, b: 2 })).value).toBe(4);
    client.send(2, COUNTDOWN, { from: 2 });
    await client.count(3);
    expect(client.valuesOf(2)).toEqual([
      { n: 2, last: false },
      { n: 1, last: true },
    ]);
    expect(seen).toEqual([
      ['Add', { a: 2, b: 2 }, 1, 'number'],
      ['Countdown', { from: 2 }, 2, 'number'],
    ]);
  });

  it('may replace payload and Result, and refuse', async () => {
    await using server = await serve(calc, new Calculator(), handlers, {
      invoker: ({ name }, _context, next) => {
        if (name === 'Find') throw new CommandFailure('permission-denied', 'not allowed');
        return (next({ a: 10, b: 20 }) as number) + 1;
      },
    });
    await using client = await RawClient.open(server.port);
    expect((await client.ask(1, ADD, { a: 1, b: 1 })).value).toBe(31);
    expect((await client.ask(2, FIND, 'one')).value).toMatchObject({ code: 'command-failed', message: 'not allowed' });
  });
});

describe('the signal', () => {
  it('fires when the connection goes, and what it makes the handler throw is no handler error', async () => {
    const started = gate();
    const aborted = gate<unknown>();
    const errors: unknown[] = [];
    await using server = await serve(
      calc,
      new Calculator(),
      {
        ...handlers,
        async Wait(ms, { signal }) {
          started.open();
          signal.addEventListener('abort', () => aborted.open(signal.reason));
          await sleep(ms, undefined, { signal });
          return 1;
        },
      },
      { onHandlerError: (error) => errors.push(error) },
    );
    {
      await using client = await RawClient.open(server.port);
      client.send(1, WAIT, 10_000);
      await started.promise;
    }
    expect(await aborted.promise).toMatchObject({ name: 'CmdStreamError' });
    await sleep(20);
    expect(errors).toEqual([]);
  });

  it('fires when the server closes', async () => {
    const started = gate();
    const aborted = gate<unknown>();
    const server = await serve(calc, new Calculator(), {
      ...handlers,
      Wait: (_, { signal }) => {
        signal.addEventListener('abort', () => aborted.open(signal.reason));
        started.open();
        return new Promise<number>(() => {});
      },
    });
    await using client = await RawClient.open(server.port);
    client.send(1, WAIT, 0);
    await started.promise;
    await server.close();
    expect(await aborted.promise).toMatchObject({ code: 'closed' });
    await client.closed;
  });

  it('has fired where it is first asked for after the connection went', async () => {
    const go = gate();
    const state = gate<boolean>();
    await using server = await serve(calc, new Calculator(), {
      ...handlers,
      async Wait(_, context) {
        await go.promise;
        state.open(context.signal.aborted);
        return 1;
      },
    });
    {
      await using client = await RawClient.open(server.port);
      client.send(1, WAIT, 0);
      await client.ask(2, ADD, { a: 1, b: 1 });
    }
    await eventually(() => server.connections === 0);
    go.open();
    expect(await state.promise).toBe(true);
  });
});
