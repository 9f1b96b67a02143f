import { afterAll, describe, expect, it } from 'vitest';
import { freePort } from '../../support/ports.ts';
import { ScriptedPeer } from '../support/scripted-peer.ts';
import { serveOrders } from './service.ts';
import { commandLine } from './support.ts';

const cli = commandLine();
const open: AsyncDisposable[] = [];
afterAll(async () => {
  for (const each of open) await each[Symbol.asyncDispose]();
});

async function orders(...given: Parameters<typeof serveOrders>) {
  const service = await serveOrders(...given);
  open.push(service.server);
  return service.address;
}

const ls = (...args: string[]) => cli.run(['ls', ...args]);
const fine = (stdout: string) => ({ code: 0, stdout, stderr: '' });

describe.concurrent('cmd-stream ls', () => {
  it('shows what a server has, in columns', async () => {
    const address = await orders({ serverInfo: 'orders', maxFrameBytes: 64 * 1024 });
    const { code, stdout, stderr } = await ls(address);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.replace(/[a-z0-9]{16}/, 'INSTANCE')).toBe(
      `${address}  cmd-stream 0.1.0, json, ServerInfo 'orders'
instance INSTANCE, payloads of up to 64 KiB

Commands
  Place    { sku: string, count: integer, gift?: boolean, tags: string[] }  -> Placed | Rejected
  Watch    { events: integer }  -> Event (several)
  Context  unknown              -> Told
  Wait     unknown              -> Done
  Fail     unknown              -> Done

Results
  Placed
  Rejected
  Event     (several)
  Told
  Done
`,
    );
  });

  it('tells all of it as one JSON document, with the schemas', async () => {
    const address = await orders();
    const { code, stdout, stderr } = await ls(address, '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const told = JSON.parse(stdout);
    expect(told).toMatchObject({
      address,
      serverInfo: 'default',
      describes: true,
      version: '0.1.0',
      codec: 'json',
      maxFrameBytes: 4 * 1024 * 1024,
      instance: expect.stringMatching(/^[a-z0-9]{16}$/),
    });
    expect(told.commands).toHaveLength(5);
    expect(told.commands[1]).toMatchObject({ name: 'Watch', returns: ['Event'], several: true });
    expect(told.commands[1].schema).toMatchObject({ type: 'object', required: ['events'] });
    expect(told.commands[3]).toEqual({ name: 'Wait', returns: ['Done'], several: false });
    expect(told.results.slice(1, 3)).toEqual([
      { name: 'Rejected', several: false },
      { name: 'Event', several: true },
    ]);
  });

  it('shows the names alone where the server is not to describe them', async () => {
    const address = await orders({ describe: false });
    const { code, stdout } = await ls(address);
    expect(code).toBe(0);
    expect(stdout).toContain('\n  Place    unknown\n  Watch    unknown\n');
    expect(stdout).toContain('\n  Event\n');
    const { commands, results } = JSON.parse((await ls(address, '--json')).stdout);
    expect(commands[0]).toEqual({ name: 'Place' });
    expect(results[0]).toEqual({ name: 'Placed' });
  });

  it('says honestly that a server without the wire extension tells nothing', async () => {
    const address = await orders({ goClients: true, serverInfo: 'old' });
    expect(await ls(address)).toEqual(
      fine(
        `${address}  ServerInfo 'old'\nIt is a Go server, or one with goClients: it does not tell its codec, Commands and Results.\n`,
      ),
    );
    const document = { address, serverInfo: 'old', describes: false };
    expect(await ls(address, '--json')).toEqual(fine(`${JSON.stringify(document)}\n`));
  });

  it('asks a server that knows whom it lets in', async () => {
    const address = await orders({ authorize: ({ metadata }) => metadata?.token === 'a=b' });
    expect(await ls(address, '--metadata', 'token=a=b')).toMatchObject({ code: 0, stderr: '' });
    const refused = await ls(address, '--metadata', 'token=a');
    expect(refused).toEqual({
      code: 1,
      stdout: '',
      stderr: `cmd-stream ls: ${address} does not let this client in: its option 'authorize' has refused it\n`,
    });
  });

  it('says what went wrong: in a line, or as JSON', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const { code, stdout, stderr } = await ls(address);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^cmd-stream ls: cannot connect to .*ECONNREFUSED.*\n$/);
    const json = await ls(address, '--json');
    expect({ code: json.code, stdout: json.stdout }).toEqual({ code: 1, stdout: '' });
    expect(JSON.parse(json.stderr)).toEqual({
      code: 'connect-failed',
      mayHaveExecuted: false,
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('waits no longer than it is told to', async () => {
    await using silent = await ScriptedPeer.listen({ serverInfo: null });
    await using unanswering = await ScriptedPeer.listen({ serverInfo: 'default;x1' });
    expect((await ls(silent.address, '--timeout', '300')).stderr).toMatch(
      /^cmd-stream ls: connected to .*, but no ServerInfo came within 300 ms \(option --timeout\): .*\n$/,
    );
    expect((await ls(unanswering.address, '--timeout', '300')).stderr).toMatch(
      /^cmd-stream ls: connected to .* within 300 ms \(option --timeout\): .*\n$/,
    );
  });

  it('takes it for another service where the ServerInfo is not the wanted one', async () => {
    const address = await orders({ serverInfo: 'orders' });
    expect(await ls(address, '--server-info', 'orders')).toMatchObject({ code: 0 });
    const other = await ls(address, '--server-info', 'billing', '--json');
    expect(other.code).toBe(1);
    expect(JSON.parse(other.stderr)).toMatchObject({ code: 'server-info-mismatch' });
  });

  it.each([
    { args: [], says: 'ls takes one address' },
    { args: ['a:1', 'b:2'], says: 'ls takes one address' },
    { args: ['a:1', '--count', '5'], says: "Unknown option '--count'" },
    { args: ['a:1', '--timeout', '-5'], says: /Option '--timeout' .*/ },
    { args: ['a:1', '--key', 'README.md'], says: /option 'tls.key' must be PEM .*/ },
  ])('takes it for misuse to be asked for $args', async ({ args, says }) => {
    const { code, stdout, stderr } = await ls(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    const line = typeof says === 'string' ? says.replace(/[.*+?^${}()|[\]\\]/g, '\\$&') : says.source;
    expect(stderr).toMatch(new RegExp(`^cmd-stream ls: ${line}; try 'cmd-stream ls --help'\\n$`));
  });
});
