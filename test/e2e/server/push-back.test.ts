import {
  CmdStreamError,
  type Codec,
  command,
  createSender,
  defineProtocol,
  json,
  msgpack,
  result,
  type SenderOptions,
  type ServerOptions,
  serve,
} from 'cmd-stream';
import { mus, ord } from 'cmd-stream/mus';
import { describe, expect, it } from 'vitest';
import { failureOf, soon, stage } from '../client/stage.ts';
import { gate, RawClient } from './raw-client.ts';

const { onEnd } = stage();

const protocol = defineProtocol({
  results: { Text: result<string>(), Row: result<string>({ lastOne: (row) => row === 'last' }) },
  commands: {
    Wait: command<string>().returns('Text'),
    Fail: command<string>().returns('Text'),
    Rows: command<string>().returns('Row'),
  },
});
const WAIT = 0;

const text = ord.string;
const CODECS: Record<string, () => Codec> = {
  msgpack: () => msgpack(),
  json: () => json(),
  mus: () =>
    mus<typeof protocol>({ commands: { Wait: text, Fail: text, Rows: text }, results: { Text: text, Row: text } }),
};

const overloaded = (retryAfterMs?: number) =>
  new CmdStreamError('overloaded', 'ask later', retryAfterMs === undefined ? {} : { retryAfterMs });

const THROWN: Record<string, () => Error> = {
  later: () => overloaded(250),
  'no time': () => overloaded(),
  'may have begun': () => new CmdStreamError('overloaded', 'half done', { mayHaveExecuted: true, retryAfterMs: 250 }),
  closed: () => new CmdStreamError('closed', 'going', { retryAfterMs: 250 }),
};

async function serving(options: ServerOptions = {}) {
  const through = gate();
  const running: string[] = [];
  const failed: unknown[] = [];
  const done: unknown[] = [];
  const server = await serve(
    protocol,
    undefined,
    {
      Wait: async (name) => {
        running.push(name);
        await through.promise;
        return name;
      },
      Fail: (name) => {
        throw THROWN[name]?.() ?? new Error(name);
      },
      async *Rows() {
        yield 'first';
        throw overloaded(250);
      },
    },
    {
      onHandlerError: (error) => failed.push(error),
      onCommandDone: ({ command: name }, outcome) =>
        done.push(outcome === 'success' ? name : [name, outcome.code, outcome.mayHaveExecuted, outcome.retryAfterMs]),
      ...options,
    },
  );
  onEnd(() => server.close());
  onEnd(() => through.open());
  return { server, address: server.address, through, running, failed, done };
}

async function senderOf(options: SenderOptions) {
  const sender = await createSender(protocol, options);
  onEnd(() => sender.close());
  return sender;
}

describe('a server that asks callers to come back later', () => {
  it.each(Object.keys(CODECS))('says when, where it is full: %s', async (name) => {
    const codec = CODECS[name]?.();
    const { address, running } = await serving({ codec, maxInFlightCommands: 1, maxQueuedBytes: 1, retryAfterMs: 250 });
    const sender = await senderOf({ address, codec, circuitBreaker: { windowSize: 1, failureRate: 0.1 } });
    for (const one of ['a', 'b']) sender.send(protocol.Wait(one)).catch(() => {});
    await soon(() => running).toEqual(['a']);
    const failure = await failureOf(sender.send(protocol.Wait('c')));
    const told = { code: 'overloaded', mayHaveExecuted: false, retryable: true, retryAfterMs: 250 };
    expect(failure).toMatchObject(told);
    expect(JSON.parse(JSON.stringify(failure))).toMatchObject(told);
    // It tells nothing against the service.
    expect(await failureOf(sender.send(protocol.Wait('d')))).toMatchObject({ code: 'overloaded' });
  });

  it('says when, where it shuts down and there is no other one', async () => {
    const { address, server, running, through } = await serving({ retryAfterMs: 0, maxInFlightCommands: 1 });
    const sender = await senderOf({ address });
    const first = sender.send(protocol.Wait('a'));
    await soon(() => running).toEqual(['a']);
    const second = failureOf(sender.send(protocol.Wait('b')));
    const over = server.shutdown();
    expect(await second).toMatchObject({ code: 'closed', retryable: true, retryAfterMs: 0 });
    through.open();
    expect(await first).toBe('a');
    await over;
  });

  it('tells clients without the extension as well, and says nothing more where it is not asked to', async () => {
    const told: unknown[] = [];
    for (const options of [{ retryAfterMs: 250 }, {}]) {
      const { server, running, through } = await serving(options);
      const client = await RawClient.open(server.port);
      onEnd(() => client[Symbol.asyncDispose]());
      client.send(2, WAIT, 'a');
      await soon(() => running).toEqual(['a']);
      const over = server.shutdown();
      client.send(3, WAIT, 'b');
      const { value } = await client.first(3);
      told.push(value);
      through.open();
      client.socket.end();
      await over;
    }
    const message = 'the server is shutting down, and has not executed it';
    expect(told).toEqual([
      { code: 'closed', message, failure: '{"retryAfterMs":250}' },
      { code: 'closed', message },
    ]);
  });
});

describe('a handler that asks callers to come back later', () => {
  it('has its Command answered as by a full server: it is no fault', async () => {
    const { address, failed, done } = await serving();
    const sender = await senderOf({ address, circuitBreaker: { windowSize: 1, failureRate: 0.1 } });
    for (let time = 0; time < 2; time++) {
      const failure = await failureOf(sender.send(protocol.Fail('later')));
      expect(failure).toMatchObject({ code: 'overloaded', mayHaveExecuted: false, retryable: true, retryAfterMs: 250 });
      expect(failure.message).toBe(`Fail at ${address}: ask later`);
    }
    expect(failed).toEqual([]);
    expect(done).toEqual([1, 2].map(() => ['Fail', 'overloaded', false, 250]));
  });

  it('may be an invoker', async () => {
    const { address, running } = await serving({
      invoker: () => {
        throw overloaded(7.5);
      },
    });
    const sender = await senderOf({ address });
    expect(await failureOf(sender.send(protocol.Wait('a')))).toMatchObject({ code: 'overloaded', retryAfterMs: 7.5 });
    expect(running).toEqual([]);
  });

  it('is not believed once it has given a Result', async () => {
    const { address } = await serving();
    const sender = await senderOf({ address });
    const rows: string[] = [];
    const failure = await failureOf(
      (async () => {
        for await (const row of sender.sendMulti(protocol.Rows('a'))) rows.push(row);
      })(),
    );
    expect(failure).toMatchObject({ code: 'overloaded', mayHaveExecuted: true, retryable: false, retryAfterMs: 250 });
    expect(rows).toEqual(['first']);
  });

  it.each([
    ['no time', 'Fail at ADDRESS: ask later'],
    ['may have begun', /the handler failed \(error id/],
    ['closed', /the handler failed \(error id/],
  ])('has failed where it says: %s', async (name, message) => {
    const { address, failed } = await serving();
    const sender = await senderOf({ address });
    const failure = await failureOf(sender.send(protocol.Fail(name)));
    expect(failure).toMatchObject({ code: 'command-failed', mayHaveExecuted: true });
    expect(failure.retryAfterMs).toBeUndefined();
    expect(failure.message.replace(address, 'ADDRESS')).toMatch(message);
    expect(failed).toHaveLength(1);
  });
});
