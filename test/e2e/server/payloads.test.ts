import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { lengthPrefixed } from '../../../src/codec.ts';
import {
  type Codec,
  command,
  createSender,
  defineProtocol,
  json,
  msgpack,
  result,
  type ServerOptions,
  serve,
} from '../../../src/index.ts';
import { program } from '../../support/program.ts';
import { run } from '../../support/run.ts';
import { expectNothingLeft } from '../support/leaks.ts';
import { withoutExtension } from '../support/without-extension.ts';

expectNothingLeft();

const protocol = defineProtocol({
  results: { Value: result<unknown>(), Count: result(z.number()) },
  commands: {
    Echo: command<unknown>().returns('Value'),
    Checked: command(z.object({ from: z.number() })).returns('Value'),
    Nothing: command().returns('Count'),
  },
});

/** Payloads as bytes, whatever is in them: what a client of another make, or an attacker, sends. */
const bytes = lengthPrefixed('bytes', () => ({
  write: (value, writer) => writer.writeBytes(value as Buffer),
  read: (buffer, start, end) => buffer.toString('latin1', start, end),
}));

/** Both ends; where their codecs differ, the server says nothing of its own by which a client would know. */
async function stage(server: Codec, client: Codec, options: ServerOptions = {}) {
  const seen: unknown[] = [];
  const handlers = {
    Echo(value: unknown) {
      seen.push(value);
      return value;
    },
    Checked: (value: unknown) => value,
    Nothing: () => undefined as never,
  };
  const serving = await serve(protocol, null, handlers, { codec: server, onHandlerError() {}, ...options });
  const transport = withoutExtension();
  const sender = await createSender(protocol, { address: serving.address, codec: client, transport });
  return {
    address: serving.address,
    sender,
    seen,
    async [Symbol.asyncDispose]() {
      await sender.close();
      await serving.close();
    },
  };
}

const rejection = async (send: Promise<unknown>) => {
  const error = (await send.then(
    () => new Error('it succeeded'),
    (error: unknown) => error,
  )) as Error & { code: string; mayHaveExecuted: boolean };
  return { code: error.code, message: error.message, mayHaveExecuted: error.mayHaveExecuted };
};

describe('F5: a process whose Promise is not the native one', () => {
  it.each(['subclass', 'own'])(
    'F5: has its Commands and Results checked all the same: %s',
    async (kind) => {
      const script = program(new URL('fixtures/replaced-promise.ts', import.meta.url));
      const { code, stdout, stderr } = await run(process.execPath, [script, kind], {
        timeoutMs: 60_000,
      });
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(JSON.parse(stdout)).toEqual({
        outcomes: ['command-invalid', { amount: 5 }, 'result-invalid', { amount: 6 }],
        executed: [{ amount: 5 }],
      });
    },
    90_000,
  );
});

describe('two sides of different codecs', () => {
  it.each<[server: Codec, client: Codec]>([
    [msgpack(), json()],
    [json({ int64: 'bigint' }), msgpack()],
  ])('do not come together: $name', async (server, client) => {
    const serving = await serve(
      protocol,
      null,
      { Echo: () => null, Checked: () => null, Nothing: () => 1 },
      { codec: server },
    );
    await using _ = serving;
    const { address } = serving;
    expect(await rejection(createSender(protocol, { address, codec: client }))).toEqual({
      code: 'server-info-mismatch',
      message: `${address} is another service: its codec is ${server.name}, here it is ${client.name} (option 'codec')`,
      mayHaveExecuted: false,
    });
  });

  it.each<[server: Codec, client: Codec]>([
    [msgpack(), json()],
    [json(), msgpack()],
    [json({ int64: 'bigint' }), msgpack()],
  ])('are told of it by the one that cannot read, where the server is an older one: $name', async (server, client) => {
    await using on = await stage(server, client);
    const { code, message } = await rejection(on.sender.send(protocol.Echo({ a: [1, 'two'] })));
    // The server says so; the client cannot read that either, and says the same of itself.
    expect(code).toBe('result-invalid');
    expect(message).toContain(`${client.name} could not read it: `);
    expect(message).toContain('; does the other side use another codec?');
    expect(on.seen).toEqual([]);
  });

  it('are told of it by the server, where the client can read its answer', async () => {
    const writesJson = lengthPrefixed('own', () => ({
      write: (value, writer) => writer.writeUtf8(JSON.stringify(value)),
      read: (buffer, start, end) => ({ code: 'command-invalid', message: buffer.toString('latin1', start + 1, end) }),
    }));
    await using on = await stage(msgpack(), writesJson);
    const { code, message, mayHaveExecuted } = await rejection(on.sender.send(protocol.Echo({ a: 1 })));
    expect([code, mayHaveExecuted]).toEqual(['command-invalid', false]);
    expect(message).toContain('not readable: msgpack could not read it: ');
    expect(message).toContain('; does the other side use another codec?');
  });
});

describe('a payload that is missing', () => {
  it('is said to be: that of a Command, and that of a Result', async () => {
    await using on = await stage(msgpack(), msgpack());
    const checked = protocol.Checked as (payload?: unknown) => ReturnType<typeof protocol.Checked>;
    expect(await rejection(on.sender.send(checked()))).toMatchObject({
      code: 'command-invalid',
      message: expect.stringContaining('the payload is missing, or null: '),
    });
    expect(await rejection(on.sender.send(protocol.Nothing()))).toMatchObject({
      code: 'result-invalid',
      message: expect.stringContaining('the payload is missing, or null: '),
    });
  });
});

describe('F13: a field named __proto__', () => {
  it('F13: reaches no handler, and fails its own Command alone', async () => {
    await using on = await stage(json(), bytes);
    const answers = await Promise.all(
      ['{"a":1}', '{"__proto__":{"isAdmin":true}}', '{"\\u005f_proto__":{}}', '{"b":2}'].map((text) =>
        on.sender.send(protocol.Echo(Buffer.from(text))).catch((error: { code: string }) => error.code),
      ),
    );
    // The error Result of json is no JSON to this client, but a text.
    expect(answers.slice(0, 1)).toEqual(['{"a":1}']);
    expect(answers.slice(3)).toEqual(['{"b":2}']);
    expect(on.seen).toEqual([{ a: 1 }, { b: 2 }]);
  });

  it('F13: reaches no caller', async () => {
    const odd = lengthPrefixed('odd', () => ({
      write: (_value, writer) => writer.writeUtf8('{"__proto__":{"isAdmin":true}}'),
      read: () => 'anything',
    }));
    await using on = await stage(odd, json());
    expect(await rejection(on.sender.send(protocol.Echo(1)))).toEqual({
      code: 'result-invalid',
      message: expect.stringContaining("a field is called '__proto__', which no payload may have"),
      mayHaveExecuted: true,
    });
  });

  it('F13: is not sent', async () => {
    await using on = await stage(json(), json());
    expect(await rejection(on.sender.send(protocol.Echo(JSON.parse('{"__proto__":{"isAdmin":true}}'))))).toMatchObject({
      code: 'encode-failed',
      mayHaveExecuted: false,
    });
    expect(on.seen).toEqual([]);
  });
});

describe('R2, V9: 4 MiB of empty maps', () => {
  it('R2, V9: fail their own Command, unread; neighbours are answered', async () => {
    const maps = Buffer.alloc(4 * 1024 * 1024 - 16, 0x80);
    const header = Buffer.from('dd00000000', 'hex');
    header.writeUInt32BE(maps.length, 1);
    const attack = Buffer.concat([header, maps]);
    const attacker = lengthPrefixed('attacker', () => ({
      write: (value, writer) => writer.writeBytes(value as Buffer),
      read: decodeError,
    }));
    await using on = await stage(msgpack(), attacker);
    await using honest = await createSender(protocol, { address: on.address });
    const [refused, echoed] = await Promise.all([
      rejection(on.sender.send(protocol.Echo(attack))),
      honest.send(protocol.Echo('hello')),
    ]);
    expect(refused).toMatchObject({ code: 'command-invalid', mayHaveExecuted: false });
    expect(refused.message).toMatch(/its values would take about 2\d\d MiB of memory, over the limit of 64 MiB/);
    expect(echoed).toBe('hello');
    expect(on.seen).toEqual(['hello']);
  });
});

/** The error Result of a msgpack server: a map of two texts. */
function decodeError(buffer: Buffer, start: number, end: number): object {
  const text = buffer.toString('latin1', start, end);
  return { code: 'command-invalid', message: text.slice(text.indexOf('not readable')) };
}
