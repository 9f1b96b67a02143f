import vm from 'node:vm';
import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import {
  CmdStreamError,
  type Codec,
  CommandFailure,
  type CommandFailureKind,
  command,
  createSender,
  defineProtocol,
  json,
  memoryTransport,
  msgpack,
  result,
  type ServerOptions,
  serve,
} from '../../../src/index.ts';
import { mus, ord, struct } from '../../../src/mus.ts';
import { protobuf } from '../../../src/protobuf.ts';
import { errorResultSchema } from '../../../src/protocol/codec/protobuf/error-result.ts';
import { failureOf } from '../client/stage.ts';
import { collect } from '../sender/support.ts';
import { expectNothingLeft } from '../support/leaks.ts';
import { eventually, RawClient } from './raw-client.ts';

expectNothingLeft();

const protocol = defineProtocol({
  results: { Done: result<unknown>(), Text: result<unknown>({ lastOne: () => false }) },
  commands: { Fail: command<unknown>().returns('Done'), Stream: command<unknown>().returns('Text') },
});

/** A service whose handlers throw what `thrown` gives. */
async function failing(thrown: () => unknown, options: ServerOptions<null> = {}, codec: Codec = msgpack()) {
  const transport = memoryTransport();
  const server = await serve(
    protocol,
    null,
    {
      Fail() {
        throw thrown();
      },
      async *Stream() {
        yield 1;
        throw thrown();
      },
    },
    { transport, codec, ...options },
  );
  const sender = await createSender(protocol, { transport, address: server.address, codec });
  return {
    sender,
    server,
    async [Symbol.asyncDispose]() {
      await sender.close();
      await server.close();
    },
  };
}

const FULL = {
  failure: 'rate-limited',
  code: 'command-failed',
  details: { id: 7, tags: ['a', null], nested: { ok: true } },
  retryAfterMs: 250,
  mayHaveExecuted: false,
} as const;

const full = () => {
  const { failure, details, retryAfterMs, mayHaveExecuted } = FULL;
  return new CommandFailure(failure, 'not so fast', { details, retryAfterMs, mayHaveExecuted });
};

const payload = errorResultSchema();
const CODECS: readonly [string, Codec, unknown][] = [
  ['msgpack', msgpack(), 1],
  ['json', json(), 1],
  ['json with bigint', json({ int64: 'bigint' }), 1],
  [
    'mus',
    mus({
      commands: { Fail: ord.string, Stream: ord.string },
      results: { Done: ord.string, Text: struct({ text: ord.string }) },
    }),
    'x',
  ],
  [
    'protobuf',
    protobuf({ commands: { Fail: payload, Stream: payload }, results: { Done: payload, Text: payload } }),
    create(payload),
  ],
];

describe('a CommandFailure', () => {
  it.each(CODECS)('arrives with all that it says, over %s', async (_name, codec, given) => {
    await using service = await failing(full, {}, codec);
    const error = await failureOf(service.sender.send(protocol.Fail(given)));
    expect(error).toMatchObject(FULL);
    expect(error.message).toContain('not so fast');
  });

  it.each<CommandFailureKind>(['not-found', 'permission-denied', 'unavailable', 'conflict', 'rate-limited', 'failed'])(
    'arrives as %s, and may have been executed where it does not say otherwise',
    async (kind) => {
      await using service = await failing(() => new CommandFailure(kind, 'so it is'));
      const error = await failureOf(service.sender.send(protocol.Fail(1)));
      expect(error).toMatchObject({ code: 'command-failed', failure: kind, mayHaveExecuted: true });
      expect(error.details).toBe(undefined);
      expect(error.retryAfterMs).toBe(undefined);
    },
  );

  it('arrives where a handler rejects, a generator throws, or an invoker does', async () => {
    const options: ServerOptions<null>[] = [
      {},
      {
        async invoker(_command, _context, next) {
          await next();
        },
      },
      {
        invoker() {
          throw full();
        },
      },
    ];
    for (const given of options) {
      await using service = await failing(full, given);
      expect(await failureOf(service.sender.send(protocol.Fail(1)))).toMatchObject(FULL);
      const stream = service.sender.sendMulti(protocol.Stream(1));
      const ended = await failureOf(collect(stream));
      // What has given a Result was executed, whatever the handler says.
      const { mayHaveExecuted } = ended;
      expect(ended).toMatchObject({ ...FULL, mayHaveExecuted });
      expect(mayHaveExecuted).toBe(given.invoker === undefined || given === options[1]);
    }
  });

  it('is an answer: onCommandDone is told of it, onHandlerError and the console are not', async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    process.on('warning', onWarning);
    const outcomes: unknown[] = [];
    const cause = new Error('postgres://app:s3cret@db');
    const failure = () => new CommandFailure('conflict', 'it is sold', { cause, mayHaveExecuted: false });
    {
      await using service = await failing(failure, { onCommandDone: (_info, outcome) => outcomes.push(outcome) });
      const error = await failureOf(service.sender.send(protocol.Fail(1)));
      expect(JSON.stringify([error, error.message])).not.toContain('s3cret');
    }
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', onWarning);
    expect(warnings).toEqual([]);
    expect(outcomes).toMatchObject([
      { code: 'command-failed', failure: 'conflict', mayHaveExecuted: false, cause: { message: 'it is sold', cause } },
    ]);
  });

  it('is known by its mark: of another copy of the library, another realm, another version', async () => {
    const foreign: unknown = vm.runInNewContext(`
      const error = new Error('gone');
      error[Symbol.for('cmd-stream.CommandFailure')] = true;
      Object.assign(error, { kind: 'not-found', details: { id: 1 }, mayHaveExecuted: 'no', retryAfterMs: -1 });
    `);
    await using service = await failing(() => foreign);
    const error = await failureOf(service.sender.send(protocol.Fail(1)));
    expect(error).toMatchObject({ failure: 'not-found', details: { id: 1 }, mayHaveExecuted: true });
    expect(error.retryAfterMs).toBe(undefined);
    expect(foreign instanceof CommandFailure && CommandFailure.is(foreign)).toBe(true);
    const odd = { [Symbol.for('cmd-stream.CommandFailure')]: true, kind: 'made-up', message: 'later' };
    await using later = await failing(() => odd);
    expect(await failureOf(later.sender.send(protocol.Fail(1)))).toMatchObject({ failure: 'failed' });
  });

  const circular: { self?: unknown } = {};
  circular.self = circular;
  let deep: unknown = 1;
  for (let depth = 0; depth < 100_000; depth++) deep = [deep];

  it.each<[string, unknown]>([
    ['too long', { text: 'x'.repeat(8_192) }],
    ['far too long', 'ä'.repeat(5_000_000)],
    ['circular', circular],
    ['too deep', deep],
    ['a function', () => 1],
    ['a Map', new Map([[1, 2]])],
    ['no number', Number.NaN],
    ['a large bigint', 2n ** 70n],
    ['a __proto__ field', JSON.parse('{"__proto__":{"isAdmin":true}}')],
    [
      'a getter that throws',
      {
        get broken() {
          throw new Error('no');
        },
      },
    ],
    ['a Proxy that is revoked', revoked()],
  ])('leaves out details that cannot be sent, and says so on the console: %s', async (_name, details) => {
    const warnings: string[] = [];
    const onWarning = (warning: Error) => warnings.push(warning.message);
    process.on('warning', onWarning);
    const name = `Fail${Math.random().toString(36).slice(2)}`;
    const odd = defineProtocol({
      results: { Text: result<unknown>() },
      commands: { [name]: command<void>().returns('Text') },
    });
    const transport = memoryTransport();
    const handler = () => {
      throw new CommandFailure('not-found', 'gone', { details, retryAfterMs: 5 });
    };
    await using server = await serve(odd, null, { [name]: handler } as never, { transport });
    await using sender = await createSender(odd, { transport, address: server.address });
    const error = await failureOf(sender.send((odd as never as Record<string, () => never>)[name]?.() as never));
    await eventually(() => warnings.length > 0);
    process.off('warning', onWarning);
    expect(error).toMatchObject({ failure: 'not-found', retryAfterMs: 5 });
    expect(error.details).toBe(undefined);
    expect(warnings.join()).toContain(`the details of a CommandFailure of the Command '${name}'`);
  });

  it.each<[string, unknown, unknown]>([
    ['null', null, null],
    ['false', false, false],
    ['a text', 'x', 'x'],
    ['a Date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['a toJSON', { toJSON: () => ({ id: 1 }) }, { id: 1 }],
    ['as long as they may be', 'x'.repeat(8_190), 'x'.repeat(8_190)],
  ])('may have any details that JSON can carry: %s', async (_name, details, arrived) => {
    await using service = await failing(() => new CommandFailure('failed', 'no', { details }));
    expect((await failureOf(service.sender.send(protocol.Fail(1)))).details).toEqual(arrived);
  });

  it('is checked where it is made', () => {
    const make = (kind: unknown, options?: object) => () => new CommandFailure(kind as 'failed', 'no', options);
    expect(make('gone')).toThrow("option 'kind' must be 'not-found', ");
    for (const message of [undefined, null, Symbol('no'), new Error('s3cret'), Proxy.revocable({}, {}).proxy]) {
      expect(() => new CommandFailure('failed', message as string)).toThrow("option 'message' must be a text; got ");
    }
    expect(make('failed', { retryAfter: 1 })).toThrow('retryAfter');
    expect(make('failed', { retryAfterMs: -1 })).toThrow("option 'retryAfterMs'");
    expect(make('failed', { retryAfterMs: '1' })).toThrow("option 'retryAfterMs'");
    expect(make('failed', { mayHaveExecuted: 1 })).toThrow("option 'mayHaveExecuted' must be true or false");
  });

  it('of a service behind a handler is not handed on by itself', async () => {
    await using behind = await failing(full);
    await using front = await failing(
      () => new CmdStreamError('command-failed', 'secret of the other', { failure: 'not-found' }),
      { onHandlerError: () => {} },
    );
    const error = await failureOf(front.sender.send(protocol.Fail(1)));
    expect(error.failure).toBe(undefined);
    expect(error.message).not.toContain('secret');
    expect(behind.server).toBeDefined();
  });

  it('is a message for clients of before: they know the code, and ignore the rest', async () => {
    const server = await serve(
      protocol,
      null,
      {
        Fail() {
          throw full();
        },
        Stream: () => 1,
      },
      {},
    );
    await using _closed = server;
    await using client = await RawClient.open(server.port);
    expect((await client.ask(1, 0, 1)).value).toEqual({
      code: 'command-failed',
      message: 'not so fast',
      failure: expect.stringContaining('"kind":"rate-limited"'),
    });
  });
});

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}
