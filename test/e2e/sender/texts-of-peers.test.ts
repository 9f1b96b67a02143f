import { createServer } from 'node:net';
import { inspect } from 'node:util';
import { type CmdStreamError, command, createSender, defineProtocol, json, result, serve } from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { listenOn } from '../../support/ports.ts';
import { failureOf, onePlusOne, stage } from '../client/stage.ts';
import { RawClient } from '../server/raw-client.ts';
import { calc, ERROR, SUM } from '../support/calc.ts';

const { peer, sender, onEnd } = stage();

/** What takes a terminal, a log or a reader for a fool. */
const HOSTILE = '\x1b]0;owned\x07\r\n2026-01-01 INFO paid\x9b2J\x7f\u202etxt.exe\u2066\u2028\ud83d';
const UNPRINTABLE = /[\p{Cc}\u2028-\u202e\u2066-\u2069]|\p{Surrogate}/u;

/** Every text of an error, and of what caused it: what a logger writes. */
function textsOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [String(error)];
  const stack = (error.stack ?? '').split(/\n(?=\s+at )/);
  return [error.message, ...stack, ...(error.cause === undefined ? [] : textsOf(error.cause))];
}

function expectHarmless(error: CmdStreamError): void {
  for (const text of textsOf(error)) {
    expect(text).not.toMatch(UNPRINTABLE);
    expect(text.length).toBeLessThan(2_000);
  }
}

const protocol = defineProtocol({
  results: { Value: result(z.strictObject({ n: z.number() })), Any: result<unknown>() },
  commands: {
    Get: command<unknown>().returns('Value'),
    Fail: command<{ message: string }>().returns('Any'),
    Strict: command(z.strictObject({ n: z.number() })).returns('Any'),
  },
});

describe('what a peer says, in errors', () => {
  it('R3-F4, V11: an error Result of 3 MB of control characters is told in one short line', async () => {
    const { address } = await peer({
      onCommand: ({ connection, seq }) => {
        connection.result(seq, ERROR, { code: 'command-failed', message: HOSTILE.slice(0, -1).repeat(60_000) });
      },
    });
    const error = await failureOf((await sender({ address })).send(onePlusOne));
    expect(error).toMatchObject({ code: 'command-failed', mayHaveExecuted: true });
    expect(error.message).toContain('\\u001b]0;owned\\u0007\\r\\n2026-01-01 INFO paid\\u009b2J\\u007f\\u202etxt.exe');
    expectHarmless(error);
  });

  it('R3-F1, V11: the ServerInfo of another server is told the same way', async () => {
    const { address } = await peer({ serverInfo: '\x1b[2J\r\nok' });
    const error = await failureOf(sender({ address, reconnect: false }));
    expect(error.message).toContain("introduced itself as '\\u001b[2J\\r\\nok'; expected 'default'");
    expectHarmless(error);
  });

  it('V11: a payload that cannot be read is not quoted as it is, in the cause neither', async () => {
    const server = createServer((socket) => {
      socket.write('\x07default');
      const payload = Buffer.from(`\x1b]0;owned\x07\x7f\u202e`);
      socket.once('data', () => socket.write(Buffer.concat([Buffer.of(1, SUM, payload.length), payload])));
    });
    const port = await listenOn(server);
    onEnd(() => new Promise((resolve) => server.close(resolve)));
    const address = `127.0.0.1:${port}`;
    const error = await failureOf((await sender({ address, codec: json() })).send(onePlusOne));
    expect(error).toMatchObject({ code: 'result-invalid', cause: expect.any(Error) });
    expectHarmless(error);
  });

  it('V11: what a schema says of a Result quotes its keys escaped and cut', async () => {
    const { address } = await peer({
      onCommand: ({ connection, seq }) => connection.result(seq, 0, { n: 1, ['\x1b\u202e'.repeat(10_000)]: 1 }),
    });
    const asking = await createSender(protocol, { address });
    onEnd(() => asking.close());
    const error = await failureOf(asking.send(protocol.Get(null)));
    expect(error.code).toBe('result-invalid');
    expect(error.message).toContain('\\u001b\\u202e');
    expectHarmless(error);
  });

  it('V11: a sender that cannot connect tells of its clients in short', async () => {
    const { address } = await peer({ serverInfo: `${'\x1b'.repeat(120)}` });
    const error = await failureOf(createSender(calc, { address, reconnect: false }));
    expectHarmless(error);
    expect(inspect(error)).not.toContain('\x1b');
  });
});

describe('what a handler says', () => {
  const told: unknown[] = [];
  const failing = () =>
    serve(
      protocol,
      null,
      {
        Get: () => ({ n: 1 }),
        Strict: () => null,
        Fail({ message }) {
          throw new Error(message);
        },
      },
      { exposeErrors: true, onHandlerError: (error) => told.push(error) },
    );

  it('V11: goes over the wire with its line breaks, and is escaped by the client', async () => {
    await using server = await failing();
    await using raw = await RawClient.open(server.port);
    const { value } = await raw.ask(1, 1, { message: 'line 1\r\nline 2 \x1b' });
    expect(value).toEqual({ code: 'command-failed', message: 'line 1\r\nline 2 \x1b' });
    await using asking = await createSender(protocol, { address: server.address });
    const error = await failureOf(asking.send(protocol.Fail({ message: 'line 1\r\nline 2 \x1b' })));
    expect(error.message).toBe(`Fail at ${server.address}: line 1\\r\\nline 2 \\u001b`);
    expect(told.at(-1)).toMatchObject({ message: 'line 1\r\nline 2 \x1b' });
  });

  it.each([
    ['half a surrogate pair', '"\\ud83d!"'],
    ['a pair where it is cut', JSON.stringify(`${'a'.repeat(1_023)}👍`)],
  ])('V11: with %s fails its own Command only', async (_what, text) => {
    const lost: unknown[] = [];
    const message = JSON.parse(text) as string;
    const handlers = {
      Get: () => ({ n: 1 }),
      Strict: () => null,
      Fail: () => {
        throw new Error(message);
      },
    };
    await using server = await serve(protocol, null, handlers, {
      onHandlerError: () => {},
      onConnectionLost: ({ error }) => lost.push(error),
    });
    await using asking = await createSender(protocol, { address: server.address });
    const error = await failureOf(asking.send(protocol.Fail({ message: '' })));
    expect(error.code).toBe('command-failed');
    expect(await asking.send(protocol.Get(null))).toEqual({ n: 1 });
    expect(lost).toEqual([]);
  });

  it('V11: a schema quotes what a client sends escaped', async () => {
    await using server = await failing();
    await using raw = await RawClient.open(server.port);
    const { value } = await raw.ask(1, 2, { n: 1, '\x1b\u202e': 1 });
    expect(value).toMatchObject({ code: 'command-invalid', message: expect.stringContaining('\\u001b\\u202e') });
  });
});
