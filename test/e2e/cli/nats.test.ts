import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../support/ports.ts';
import { run } from '../../support/run.ts';
import { noBroker, startBroker, titled } from '../nats/support/brokers.ts';
import { commandLine, DECLARED } from './support.ts';

const cli = commandLine();
const ADD = ['Add', '{"a":2,"b":3}', ...DECLARED];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cmd-stream-cli-nats-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A file with a secret in it. */
async function secret(name: string, text: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, `${text}\n`);
  return file;
}

/** `cmd-stream serve --nats`, once Commands come to it. */
async function serveAt(url: string, ...args: string[]) {
  const server = cli.start(['serve', '--nats', url, ...args], { timeoutMs: 300_000 });
  await server.says(/^serving Add, Countdown and AddLater on nats:\S+ as '\w+' \(\w+\); stop with Ctrl-C\n/);
  return server;
}

describe.skipIf(noBroker)(titled('cmd-stream over NATS'), () => {
  it('serves, calls, tells which servers there are, and finishes on SIGTERM', async () => {
    await using broker = await startBroker();
    await using server = await serveAt(broker.url, '--service', 'sums', '--codec', 'json');
    const nats = ['--nats', broker.url, '--service', 'sums'];
    const json = ['--codec', 'json'];
    expect(await cli.run(['call', ...ADD, ...nats, ...json])).toEqual({ code: 0, stdout: '5\n', stderr: '' });
    const countdown = ['call', 'Countdown', '{"from":2}', ...DECLARED, ...nats, ...json];
    const stdout = '{"n":2,"last":false}\n{"n":1,"last":true}\n';
    expect(await cli.run(countdown)).toEqual({ code: 0, stdout, stderr: '' });
    const listed = await cli.run(['ls', ...nats]);
    expect(listed).toMatchObject({ code: 0, stderr: '' });
    expect(listed.stdout).toMatch(/^sums {2}0\.0\.0, server \w+, since \S+\n {2}cs\.sums\.Add +1 taken, 0 failed, /);
    const document = JSON.parse((await cli.run(['ls', ...nats, '--json'])).stdout);
    const endpoint = expect.objectContaining({ subject: 'cs.sums.Countdown', num_requests: 1, num_errors: 0 });
    expect(document.servers).toMatchObject([{ name: 'sums', endpoints: expect.arrayContaining([endpoint]) }]);
    expect(await server.stop('SIGTERM')).toMatchObject({ code: 0, stderr: '' });
    expect(server.stdout).toMatch(/stopped; sums made: 1\n$/);
    const gone = await cli.run(['ls', ...nats]);
    expect(gone).toEqual(failure('ls', `no server of 'sums' at ${broker.url}`));
    const call = await cli.run(['call', ...ADD, ...nats]);
    expect(call).toEqual(failure('call', `.*cs\\.sums\\.Add.*`));
  });

  it('shows its token or password, and is turned away without', async () => {
    await using broker = await startBroker('authorization { users: [{ user: ann, password: right }] }');
    const right = ['--user', 'ann', '--password', await secret('right', 'right')];
    const wrong = ['--user', 'ann', '--password', await secret('wrong', 'wrong')];
    await using _server = await serveAt(broker.url, ...right);
    const nats = ['--nats', broker.url];
    expect(await cli.run(['call', ...ADD, ...nats, ...right])).toEqual({ code: 0, stdout: '5\n', stderr: '' });
    expect(await cli.run(['ls', ...nats, ...right])).toMatchObject({ code: 0, stderr: '' });
    for (const args of [wrong, []]) {
      expect(await cli.run(['ls', ...nats, ...args])).toEqual(failure('ls', '.*Authorization.*'));
      expect(await cli.run(['serve', ...nats, ...args])).toEqual(failure('serve', '.*Authorization.*'));
      expect(await cli.run(['call', ...ADD, ...nats, ...args])).toEqual(failure('call', '.*Authorization.*'));
    }
    await using other = await startBroker('authorization { token: "s3cret" }');
    const token = ['--token', await secret('token', 's3cret')];
    await using _other = await serveAt(other.url, ...token);
    const call = ['call', ...ADD, '--nats', other.url, ...token];
    expect(await cli.run(call)).toEqual({ code: 0, stdout: '5\n', stderr: '' });
  });

  it('says that there is no broker', async () => {
    const url = `nats://127.0.0.1:${await freePort()}`;
    for (const [name, ...args] of [['serve'], ['ls'], ['call', ...ADD]] as const) {
      expect(await cli.run([name, ...args, '--nats', url])).toEqual(failure(name, '.*no broker at .*'));
    }
  });
});

describe('cmd-stream over NATS', () => {
  it('says what is missing where there is no broker to demonstrate it with', async () => {
    const demo = await cli.run(['demo', '--nats'], { env: { NATS_SERVER: 'no-such-broker' } });
    expect(demo).toEqual(failure('demo', `there is no broker 'no-such-broker': .*; install nats-server .*`));
  });

  it('says what is missing where nats.js is not installed', async () => {
    await cp(dirname(cli.bin), join(folder, 'dist'), { recursive: true });
    const bare = await run(process.execPath, [join(folder, 'dist/cli.js'), 'ls', '--nats', 'nats://127.0.0.1:4222']);
    const how = 'install it \\(npm install @nats-io/transport-node\\)';
    expect(bare).toEqual(failure('ls', `cannot load @nats-io/transport-node: .*; ${how}`));
  });

  it('takes what is wrong with its options for misuse', async () => {
    const nats = ['--nats', 'nats://127.0.0.1:4222'];
    const misuses: [string, ...string[]][] = [
      ['--service goes with --nats URL', 'ls', '127.0.0.1:9000', '--service', 'calc'],
      ['--ca goes with --nats URL', 'serve', '--ca', 'ca.pem'],
      ['ls takes no address beside --nats', 'ls', '127.0.0.1:9000', ...nats],
      ['--server-info goes without --nats', 'ls', ...nats, '--server-info', 'x'],
      ['--port goes without --nats', 'serve', ...nats, '--port', '9000'],
      ['--codec goes without --nats', 'demo', '--nats', '--codec', 'json'],
      ['--nats goes with --protocol FILE: .*', 'call', 'Add', '{}', ...nats],
      ['--creds and --nkey do not go together: name one', 'ls', ...nats, '--creds', 'a', '--nkey', 'b'],
      ['--user and --password go together', 'ls', ...nats, '--user', 'ann'],
      ['--cert and --key go together', 'ls', ...nats, '--cert', 'a'],
      ['--token must be a file that can be read: .*ENOENT.*', 'ls', ...nats, '--token', 'nowhere'],
      [`option 'service' must be a name of letters, .*; got "a\\.b"`, 'ls', ...nats, '--service', 'a.b'],
      [`option 'servers' must be 'nats://host:port', .*`, 'ls', '--nats', 'http://127.0.0.1:4222'],
    ];
    for (const [says, name = '', ...args] of misuses) {
      const line = new RegExp(`^cmd-stream ${name}: ${says}; try 'cmd-stream ${name} --help'\\n$`);
      expect(await cli.run([name, ...args])).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(line) });
    }
  });
});

/** One line of what went wrong. */
function failure(name: string, says: string) {
  const stderr = expect.stringMatching(new RegExp(`^cmd-stream ${name}: ${says}\\n$`));
  return { code: 1, stdout: '', stderr };
}
