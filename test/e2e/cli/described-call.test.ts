import { mkdtempSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { ROOT } from '../../support/compiled.ts';
import { type PeerCommand, ScriptedPeer } from '../support/scripted-peer.ts';
import { serveOrders } from './service.ts';
import { commandLine } from './support.ts';

const cli = commandLine();
const folder = mkdtempSync(join(tmpdir(), 'cmd-stream-described-'));
const open: AsyncDisposable[] = [];
afterAll(async () => {
  for (const each of open) await each[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function orders(...given: Parameters<typeof serveOrders>) {
  const service = await serveOrders(...given);
  open.push(service.server);
  return service;
}

const call = (...args: string[]) => cli.run(['call', ...args]);
const fine = (...lines: string[]) => ({ code: 0, stdout: lines.map((line) => `${line}\n`).join(''), stderr: '' });
const failure = (line: string | RegExp) => ({
  code: 1,
  stdout: '',
  stderr: typeof line === 'string' ? `cmd-stream call: ${line}\n` : expect.stringMatching(line),
});

describe.concurrent('cmd-stream call without a protocol', () => {
  it('goes by the codec and the names that the server tells', async () => {
    const { address } = await orders();
    const payload = '{"sku":"a","count":2,"tags":[]}';
    expect(await call(address, 'Place', payload)).toEqual(fine('{"type":"Placed","value":{"id":"a-2"}}'));
    expect(await call(address, 'Place', payload.replace('2', '20'))).toEqual(
      fine('{"type":"Rejected","value":{"why":"too many"}}'),
    );
    expect(await call(address, 'Place', '{}', '--json')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^\{"code":"command-invalid","mayHaveExecuted":false,"message":".*sku.*"\}\n$/),
    });
  });

  it.each([true, false])('prints a stream to its end, which the server tells, with describe: %s', async (describes) => {
    const { address } = await orders({ describe: describes });
    const rows = [1, 2, 3].map((n) => ({ n, last: n === 3 }));
    // Of a Command whose Results are not told it is not known whether others could have answered it.
    const lines = rows.map((value) => JSON.stringify(describes ? value : { type: 'Event', value }));
    expect(await call(address, 'Watch', '{"events":3}')).toEqual(fine(...lines));
  });

  it('ends a stream after so many Results as are wanted, also at the server', async ({ expect }) => {
    const { address, log } = await orders();
    const args = [address, 'Watch', '{"events":1000000000}', '--count', '2'];
    expect(await call(...args)).toEqual(fine('{"n":1,"last":false}', '{"n":2,"last":false}'));
    await expect.poll(() => log, { timeout: 20_000 }).toEqual(['Watch through']);
  });

  it.for(['SIGINT', 'SIGTERM'] as const)(
    'ends a stream in peace on %s, also at the server',
    async (signal, { expect }) => {
      const { address, log } = await orders();
      await using running = cli.start(['call', address, 'Watch', '{"events":1000000000}']);
      await running.says(/"n":5,/);
      expect(await running.stop(signal)).toMatchObject({ code: 0, stderr: '' });
      await expect.poll(() => log, { timeout: 20_000 }).toEqual(['Watch through']);
    },
  );

  it('gives up a Command that is interrupted, and says that it may have been executed', async ({ expect }) => {
    const { address, log } = await orders();
    await using running = cli.start(['call', address, 'Wait', '--json']);
    await expect.poll(() => log, { timeout: 20_000 }).toEqual(['Wait']);
    const { code, stdout, stderr } = await running.stop('SIGINT');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(JSON.parse(stderr)).toEqual({
      code: 'cancelled',
      mayHaveExecuted: true,
      message: `Wait at ${address} was interrupted`,
    });
    await expect.poll(() => log, { timeout: 20_000 }).toEqual(['Wait', 'Wait: cancelled']);
  });

  it('gives its Command the time that it has, and no more', async ({ expect }) => {
    const { address, log } = await orders();
    expect(await call(address, 'Wait', '--timeout', '500')).toEqual(
      failure(`Wait at ${address} was not answered by its deadline (option --timeout)`),
    );
    await expect.poll(() => log.join(), { timeout: 20_000 }).toMatch(/^Wait,Wait: (timeout|cancelled)$/);
  });

  it('tells the server metadata and deadline, and its payload from wherever it is', async () => {
    const { address } = await orders();
    const told = (payload: unknown, metadata: object, deadline: string) =>
      fine(JSON.stringify({ payload, metadata, deadline }));
    const metadata = ['--metadata', 'tenant=acme', '--metadata', 'note=a=b c'];
    expect(await call(address, 'Context', '[1]', ...metadata)).toEqual(
      told([1], { tenant: 'acme', note: 'a=b c' }, 'later'),
    );
    const file = join(folder, 'payload.json');
    await writeFile(file, '\n{ "of": "a file" }\n');
    expect(await call(address, 'Context', `@${file}`, '--timeout', '5000')).toEqual(told({ of: 'a file' }, {}, 'soon'));
    const input = '{"of":"standard input"}';
    const args = ['call', address, 'Context', '-', '--timeout', '600000'];
    expect(await cli.run(args, { input })).toEqual(told({ of: 'standard input' }, {}, 'later'));
    expect(await cli.run(args, { input: '{' })).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^cmd-stream call: the payload of standard input must be JSON; .*\n$/),
    });
  });

  it('tells what a handler has failed by, in a line or as JSON', async () => {
    const { address } = await orders();
    expect(await call(address, 'Fail')).toEqual(failure(`Fail at ${address}: not so fast`));
    const { code, stderr } = await call(address, 'Fail', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(stderr)).toEqual({
      code: 'command-failed',
      mayHaveExecuted: true,
      message: `Fail at ${address}: not so fast`,
      failure: 'rate-limited',
      details: { limit: 5 },
      retryAfterMs: 500,
    });
  });

  it('has the server wait while nobody reads what it prints', async ({ expect }) => {
    const { address, log, given } = await orders({ maxBufferedBytes: 64 * 1024 }, 20_000);
    await using slow = cli.start(['call', address, 'Watch', '{"events":1000000000}']);
    await slow.says(/"n":5,/);
    slow.pauseOutput();
    const isStill = async () => {
      const before = given();
      await delay(300);
      return given() === before;
    };
    await expect.poll(isStill, { timeout: 30_000 }).toBe(true);
    const before = given();
    slow.resumeOutput();
    await expect.poll(given, { timeout: 30_000 }).toBeGreaterThan(before + 100);
    expect(await slow.closeOutput()).toMatchObject({ code: 0, stderr: '' });
    await expect.poll(() => log, { timeout: 20_000 }).toEqual(['Watch through']);
  });

  it('says that it needs a protocol where the server tells nothing, or not enough', async () => {
    const { address } = await orders({ goClients: true });
    expect(await call(address, 'Wait')).toEqual(
      failure(
        `${address} does not tell what it has (a Go server, or one with goClients): name its protocol by --protocol FILE`,
      ),
    );
    const welcome = { commands: ['Do'], results: ['Done'], returns: [[0]], several: [] };
    const cases: [object, string][] = [
      [
        { codec: 'protobuf' },
        'speaks protobuf, which takes more than the names of Commands: --protocol FILE --codec EXPORT',
      ],
      [{ codec: 'json', commands: [], results: [] }, 'has too many Commands to tell their names: name its protocol by'],
      [{}, 'does not tell its codec: name it by --codec'],
    ];
    for (const [fields, says] of cases) {
      await using peer = await ScriptedPeer.listen({ serverInfo: 'default;x1', welcome: { ...welcome, ...fields } });
      const { code, stderr } = await call(peer.address, 'Do');
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(says) });
      expect(peer.commands).toEqual([]);
    }
  });

  it('loads the codec that it is told from the module of the protocol', async () => {
    const file = join(folder, 'coded.mjs');
    const source = (path: string) => new URL(`../../../src/${path}.ts`, import.meta.url).href;
    await writeFile(
      file,
      `import { json } from '${source('protocol/codec/json/json')}';
       import { command, result } from '${source('protocol/definitions')}';
       import { defineProtocol } from '${source('protocol/protocol')}';
       const results = ['Placed', 'Rejected', 'Event', 'Told', 'Done'].map((name) => [name, result()]);
       const commands = ['Place', 'Watch', 'Context'].map((name) => [name, command().returns('Told')]);
       export const orders = defineProtocol({ results: Object.fromEntries(results), commands: Object.fromEntries(commands) });
       export const format = json();`,
    );
    const { address } = await orders({ goClients: true });
    const args = ['--import', join(ROOT, 'node_modules/tsx/dist/loader.mjs')];
    const env = { NODE_OPTIONS: args.join(' ') };
    const run = (codec: string) =>
      cli.run(['call', address, 'Context', '5', '--protocol', file, '--codec', codec], { env });
    expect(await run('format')).toEqual(fine('{"payload":5,"metadata":{},"deadline":"none"}'));
    expect(await run('orders')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /^cmd-stream call: --codec must be msgpack, json, or the name of a codec that .* exports; got 'orders'; /,
      ),
    });
  });
});

describe.concurrent('cmd-stream call at a server that', () => {
  /** A peer that has the Commands One (answered by one Result), Many and Any. */
  async function peer(onCommand: (command: PeerCommand) => void, fields: object = {}) {
    const found = await ScriptedPeer.listen({
      serverInfo: 'default;x1',
      welcome: {
        codec: 'msgpack',
        commands: ['One', 'Many', 'Any'],
        results: ['Only', 'Row'],
        returns: [[0], [1]],
        several: [1],
        ...fields,
      },
      onCommand,
    });
    open.push(found);
    return found;
  }

  it('does not tell the end: one Result is one Result, a stream is ended by its reader', async ({ expect }) => {
    const { address, controls } = await peer(({ seq, type, connection }) => {
      connection.result(seq, type === 0 ? 0 : 1, 1);
      if (type > 0) connection.result(seq, 1, 2);
    });
    expect(await call(address, 'One')).toEqual(fine('1'));
    expect(await call(address, 'Many', '--count', '2')).toEqual(fine('1', '2'));
    expect(await call(address, 'Any', '--count', '1')).toEqual(fine('{"type":"Row","value":1}'));
    await expect.poll(() => controls.filter(({ type }) => type === 16_379).length).toBe(2);
    expect(await call(address, 'Many', '--timeout', '1500')).toEqual({
      ...fine('1', '2'),
      stderr: `cmd-stream call: stopped after 1500 ms (--timeout): ${address} does not say which Result is the last\n`,
    });
  });

  it('shuts down before it has taken the Command', async () => {
    const { address } = await peer(({ connection }) => connection.control(1, 'goodbye', Buffer.of(1)));
    const { code, stderr } = await call(address, 'One', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(stderr)).toMatchObject({ code: 'closed', mayHaveExecuted: false });
  });

  it('goes away in the middle', async () => {
    const { address } = await peer(({ connection, seq }) => {
      connection.result(seq, 1, 1);
      connection.socket.end();
    });
    const { code, stdout, stderr } = await call(address, 'Many', '--json');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '1\n' });
    expect(JSON.parse(stderr)).toMatchObject({ code: 'connection-lost', mayHaveExecuted: true });
  });

  it('answers by what is no Result', async () => {
    const answers: [(command: PeerCommand) => void, string, object?][] = [
      [({ connection, seq }) => connection.result(seq, 7, 1), 'protocol-error'],
      [({ connection, seq }) => connection.control(seq, 'ended'), 'protocol-error', { ends: true }],
      [({ connection, seq }) => connection.raw(Buffer.of(seq, 0, 1, 0xc1)), 'result-invalid'],
      [({ connection, seq }) => connection.control(seq, 'ended', Buffer.alloc(9_000)), 'protocol-error'],
    ];
    for (const [onCommand, errorCode, fields] of answers) {
      const { address } = await peer(onCommand, fields);
      const { code, stdout, stderr } = await call(address, 'One', '--json');
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(JSON.parse(stderr)).toMatchObject({ code: errorCode, mayHaveExecuted: true });
    }
  });

  it('sends more than was asked for', async () => {
    const { address } = await peer(
      ({ connection, seq }) => {
        connection.result(seq + 1, 0, 'of another');
        connection.result(seq, 0, 'it');
        connection.control(seq, 'ended');
        connection.result(seq, 0, 'too late');
      },
      { ends: true },
    );
    expect(await call(address, 'One')).toEqual(fine('"it"'));
  });
});
