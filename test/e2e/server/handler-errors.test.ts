import { describe, expect, it } from 'vitest';
import {
  CmdStreamError,
  command,
  createSender,
  defineProtocol,
  type Handlers,
  type HooksFactory,
  memoryTransport,
  result,
  type Sender,
} from '../../../src/index.ts';
import type { ServerOptions } from '../../../src/server/options.ts';
import { serve } from '../../../src/server/serve.ts';
import { expectNothingLeft } from '../support/leaks.ts';
import { eventually, RawClient } from './raw-client.ts';

expectNothingLeft();

const protocol = defineProtocol({
  results: { Value: result<unknown>() },
  commands: { Fail: command<string>().returns('Value'), Stream: command<string>().returns('Value') },
});
const FAIL = 0;
const STREAM = 1;

const SECRET = 'connect to postgres://app:s3cret@db.internal/prod failed';

const ERRORS: Record<string, () => unknown> = {
  plain: () => new Error(SECRET),
  text: () => SECRET,
  purpose: () => new CmdStreamError('command-failed', 'no such account', { cause: new Error(SECRET) }),
  refused: () => new CmdStreamError('refused', 'not allowed'),
  elsewhere: () => new CmdStreamError('command-failed', SECRET, { mayHaveExecuted: true }),
  network: () => new CmdStreamError('unavailable', `no client is ready: ${SECRET}`),
};

function serveFailing(options: ServerOptions<null> = {}) {
  const errorOf = (name: string) => ERRORS[name]?.();
  return serve(
    protocol,
    null,
    {
      Fail(name) {
        if (name === 'getter') {
          return {
            get broken() {
              throw new Error(SECRET);
            },
          };
        }
        throw errorOf(name);
      },
      // biome-ignore lint/correctness/useYield: it throws in place of its first Result
      async *Stream(name) {
        throw errorOf(name);
      },
    },
    options,
  );
}

/** Errors that bear the mark of the library's, and cannot be looked at as those are. */
const UNREADABLE: Record<string, (name: string) => unknown> = {
  'throws where it is asked for its': (name) =>
    Object.defineProperty(new CmdStreamError('refused', 'no'), name, {
      get() {
        throw new Error('asked');
      },
    }),
  'has a symbol for its': (name) =>
    Object.defineProperty(new CmdStreamError('refused', 'no'), name, { value: Symbol('no text') }),
};

describe.each(['code', 'message', 'mayHaveExecuted', 'failure'])('F18: an error of the library that', (name) => {
  for (const [how, make] of Object.entries(UNREADABLE)) {
    it.each(['at once', 'later', 'a stream', 'an invoker'])(
      `${how} ${name}: costs no more than its Command (%s)`,
      async (by) => {
        const failing = () => {
          throw make(name);
        };
        const handlers = {
          Fail: (text: string) => (text === 'ok' ? text : by === 'later' ? Promise.reject(make(name)) : failing()),
          // biome-ignore lint/correctness/useYield: it throws in place of its first Result
          async *Stream() {
            failing();
          },
        };
        const told: unknown[] = [];
        const options: ServerOptions<null> = {
          onHandlerError: (error) => void told.push(error),
          ...(by === 'an invoker'
            ? { invoker: async ({ payload }, _, next) => (payload === 'ok' ? next() : failing()) }
            : {}),
        };
        await using server = await serve(protocol, null, handlers, options);
        await using client = await RawClient.open(server.port);
        const { value } = await client.ask(1, by === 'a stream' ? STREAM : FAIL, 'no');
        expect(value).toMatchObject({ code: 'command-failed', message: expect.stringMatching(/^the handler failed/) });
        expect(told).toHaveLength(1);
        expect((await client.ask(2, FAIL, 'ok')).value).toBe('ok');
      },
    );
  }
});

describe('A8: what a handler throws', () => {
  it('is a warning of the process where nobody wants to know, once a second for each Command', async () => {
    const warnings: string[] = [];
    const onWarning = (warning: Error) => warnings.push(warning.message);
    process.on('warning', onWarning);
    await using server = await serveFailing();
    await using client = await RawClient.open(server.port);
    for (let seq = 1; seq <= 20; seq++) await client.ask(seq, FAIL, 'plain');
    await client.ask(21, STREAM, 'plain');
    await eventually(() => warnings.length >= 2);
    process.off('warning', onWarning);
    expect(warnings.length).toBeLessThan(10);
    expect(warnings[0]).toContain("the handler of the Command 'Fail' failed");
    expect(warnings[0]).toContain(SECRET);
    expect(warnings[0]).toContain('handler-errors.test.ts');
    expect(warnings.join()).toContain("the handler of the Command 'Stream' failed");
  });

  it('is no warning where onHandlerError is told', async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    process.on('warning', onWarning);
    const errors: unknown[] = [];
    await using server = await serveFailing({ onHandlerError: (error) => errors.push(error) });
    await using client = await RawClient.open(server.port);
    await client.ask(1, FAIL, 'plain');
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', onWarning);
    expect(warnings).toEqual([]);
    expect(errors).toMatchObject([{ message: SECRET }]);
  });

  it.each<[string, string]>([
    ['plain', SECRET],
    ['refused', 'not allowed'],
  ])('is told to the client with exposeErrors: true: %s', async (name, message) => {
    await using server = await serveFailing({ exposeErrors: true, onHandlerError: () => {} });
    await using client = await RawClient.open(server.port);
    expect((await client.ask(1, FAIL, name)).value).toEqual({ code: 'command-failed', message });
  });

  it.each<[string, string?]>([
    ['plain'],
    ['text'],
    ['getter'],
    ['elsewhere'],
    ['network'],
    ['purpose', 'no such account'],
    ['refused', 'not allowed'],
  ])(
    'is kept from the client, unless it is meant for it, but for an id that the server has too: %s',
    async (name, message) => {
      const errors: unknown[] = [];
      const ids: unknown[] = [];
      const outcomes: unknown[] = [];
      await using server = await serveFailing({
        onHandlerError: (error, { errorId }) => {
          errors.push(error);
          ids.push(errorId);
        },
        onCommandDone: (_info, outcome) => outcomes.push(outcome),
      });
      await using client = await RawClient.open(server.port);
      const told = () => ({
        code: 'command-failed',
        message: message ?? `the handler failed (error id ${ids.at(-1)})`,
      });
      expect((await client.ask(1, FAIL, name)).value).toEqual(told());
      if (name !== 'getter') expect((await client.ask(2, STREAM, name)).value).toEqual(told());
      if (message === undefined) expect(ids.every((id) => /^[0-9a-z]{8}$/.test(String(id)))).toBe(true);
      else expect(ids).toEqual([undefined, undefined]);
      expect(new Set(ids).size).toBe(message === undefined ? ids.length : 1);
      // The server's own side is told all.
      if (name === 'plain') {
        expect(errors).toMatchObject([{ message: SECRET }, { message: SECRET }]);
        expect(outcomes).toMatchObject([{ message: SECRET }, { message: SECRET }]);
      }
    },
  );

  it.each<[string, (inner: Sender<typeof protocol>) => Promise<unknown>]>([
    ['an address that is not one', () => createSender(protocol, { address: 'postgres://app:s3cret@db.internal/prod' })],
    ['a Command that another server refuses', (inner) => inner.send(protocol.Fail('schema'))],
    ['a Command that a hook of its own refuses', (inner) => inner.send(protocol.Fail('hook'))],
    ['a Command for which there is no room', (inner) => inner.send(protocol.Stream('full'))],
    ['a Command that is too long', (inner) => inner.send(protocol.Fail('x'.repeat(5_000)))],
    ['a stream that is refused', (inner) => inner.sendMulti(protocol.Fail('hook'), () => {})],
    [
      'a send past the sender',
      async (inner) => inner.group.send(protocol.Fail('x'.repeat(5_000)), { result() {}, failed() {} }),
    ],
  ])(
    'is kept from the client where it is an error of the library about another service: %s',
    async (_what, attempt) => {
      const transport = memoryTransport();
      const schema = {
        '~standard': { version: 1, vendor: 'own', validate: () => ({ issues: [{ message: SECRET }] }) },
      };
      const checked = defineProtocol({
        results: { Value: result<unknown>() },
        commands: { Fail: command(schema as never).returns('Value'), Stream: command<string>().returns('Value') },
      });
      const service: Handlers<typeof checked, null> = { Fail: () => 1, Stream: () => 1 };
      await using behind = await serve(checked, null, service, { transport, maxInFlightCommands: 1 });
      const hooks: HooksFactory = ({ payload }) => ({
        beforeSend() {
          if (payload === 'hook') throw new Error(SECRET);
        },
      });
      await using inner = await createSender(protocol, {
        transport,
        address: behind.address,
        hooks,
        maxInFlightCommands: 1,
        maxFrameBytes: 4_096,
      });
      const errors: unknown[] = [];
      const onHandlerError = (error: unknown) => errors.push(error);
      await using front = await serve(
        protocol,
        null,
        {
          async Fail() {
            const full = inner.send(protocol.Stream('first')).catch(() => {});
            if (_what.includes('no room')) return await attempt(inner);
            await full;
            return await attempt(inner);
          },
          async *Stream() {},
        },
        { onHandlerError },
      );
      await using client = await RawClient.open(front.port);
      const message = expect.stringMatching(/^the handler failed \(error id [0-9a-z]{8}\)$/);
      expect((await client.ask(1, FAIL, 'x')).value).toEqual({ code: 'command-failed', message });
      expect(errors).toMatchObject([{ name: 'CmdStreamError' }]);
    },
  );

  it('has its id in the warning where nobody wants to know', async () => {
    const warnings: string[] = [];
    const onWarning = (warning: Error) => warnings.push(warning.message);
    process.on('warning', onWarning);
    await using server = await serveFailing({ random: () => 0.5 });
    await using client = await RawClient.open(server.port);
    const { value } = await client.ask(1, FAIL, 'network');
    await eventually(() => warnings.length >= 1);
    process.off('warning', onWarning);
    const { message } = value as { message: string };
    const [id] = /error id [0-9a-z]{8}/.exec(message) ?? [message];
    expect(warnings[0]).toContain(id);
  });

  it('is kept from the client where a schema throws', async () => {
    const checked = defineProtocol({
      results: { Value: result<unknown>() },
      commands: {
        Get: command({
          '~standard': {
            version: 1,
            vendor: 'own',
            validate() {
              throw new Error(SECRET);
            },
          },
        } as never).returns('Value'),
      },
    });
    await using server = await serve(checked, null, { Get: () => 1 }, { onHandlerError: () => {} });
    await using client = await RawClient.open(server.port);
    const message = expect.stringMatching(/^the handler failed \(error id [0-9a-z]{8}\)$/);
    expect((await client.ask(1, 0, 1)).value).toEqual({ code: 'command-failed', message });
  });
});
