import { mkdtempSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from 'cmd-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Calculator, calc, handlers } from '../../../examples/calc.ts';
import { freePort } from '../../support/ports.ts';
import type { Running } from '../../support/run.ts';
import { makeCertificates } from '../support/certificates.ts';
import { ScriptedPeer } from '../support/scripted-peer.ts';
import { commandLine, DECLARED } from './support.ts';

const cli = commandLine();
const folder = mkdtempSync(join(tmpdir(), 'cmd-stream-call-'));
let server: Running | undefined;
let address: string;

beforeAll(async () => {
  ({ server, address } = await cli.serve());
});

afterAll(async () => {
  await server?.stop('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

/** What a terminal takes for an instruction, or shows as something else. */
const UNPRINTABLE = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/u;

const call = (...args: string[]) => cli.run(['call', ...args]);

/** Script of a peer that describes one Command, which one Result answers. */
const described = {
  serverInfo: 'default;x1',
  welcome: { codec: 'msgpack', commands: ['Add'], results: ['Sum'], returns: [[0]], several: [] },
};

/** A failure while at work: exit code 1, and one line that says what went wrong. */
const failure = (line: RegExp) => ({
  code: 1,
  stdout: '',
  stderr: expect.stringMatching(new RegExp(`^${line.source}\\n$`)),
});

/** A misuse: exit code 2, one line that says what is wrong, and where the help is. */
const misuse = (line: RegExp) => ({
  code: 2,
  stdout: '',
  stderr: expect.stringMatching(new RegExp(`^${line.source}; try 'cmd-stream call --help'\\n$`)),
});

describe.concurrent('cmd-stream call', () => {
  it('prints the Result of a Command', async () => {
    expect(await call(address, 'Add', '{"a":2,"b":3}')).toEqual({ code: 0, stdout: '5\n', stderr: '' });
  });

  it('prints the Results of a stream, each as a line of JSON', async () => {
    const stdout = '{"n":3,"last":false}\n{"n":2,"last":false}\n{"n":1,"last":true}\n';
    expect(await call(address, 'Countdown', '{"from":3}')).toEqual({ code: 0, stdout, stderr: '' });
  });

  it('stops in peace when the reader of its output has seen enough', async () => {
    const pipe = cli.start(['call', address, 'Countdown', '{"from":1000000}']);
    await pipe.says(/999999/);
    expect(await pipe.closeOutput()).toMatchObject({ code: 0, stderr: '' });
  });

  it('tells that the server refused the payload', async () => {
    const refused = await call(address, 'Countdown', '{"from":-1}');
    expect(refused).toEqual(failure(/cmd-stream call: Countdown at .*: from: must be a whole number from 1 to \d+/));
    expect(await call(address, 'Add', '{"a":2,"b":"3"}')).toEqual(failure(/.*b: must be a number/));
    expect(await call(address, 'Add')).toEqual(failure(/.*the payload must be an object/));
  });

  it('tells that the deadline passed', async () => {
    const late = await call(address, 'AddLater', '{"a":2,"b":3,"afterMs":20000}', '--timeout', '1000');
    expect(late).toEqual(failure(/cmd-stream call: AddLater at .* was not answered by its deadline.*/));
  });

  it('tells that nobody listens at the address', async () => {
    const nobody = await call(`127.0.0.1:${await freePort()}`, 'Add', '{"a":2,"b":3}');
    expect(nobody).toEqual(failure(/cmd-stream call: .*ECONNREFUSED.*/));
  });

  it('tells that the server is another one than expected', async () => {
    const other = await call(address, 'Add', '{"a":2,"b":3}', '--server-info', 'other');
    expect(other).toEqual(failure(/cmd-stream call: .*'default'.*'other'.*/));
  });

  it('R3-F1, R3-F3, R3-F4: shows what a hostile server says of itself, and as an error, escaped and cut', async () => {
    const hostile = '\x1b]0;owned\x07\x1b[2J\r\n\x9b31m\x7f\u202e\u2066';
    const escaped = '\\u001b]0;owned\\u0007\\u001b[2J\\r\\n\\u009b31m\\u007f\\u202e\\u2066';
    const info = Buffer.from(hostile);
    await using stranger = await ScriptedPeer.listen({
      serverInfo: null,
      onConnection: ({ socket }) => {
        socket.write(Buffer.concat([Buffer.of(info.length), info]));
      },
    });
    const other = await call(stranger.address, 'Add', '{"a":2,"b":3}', '--server-info', 'default');
    expect(other).toMatchObject({ code: 1, stderr: expect.stringContaining(escaped) });
    expect(other.stderr.trimEnd()).not.toMatch(UNPRINTABLE);
    await using liar = await ScriptedPeer.listen({
      ...described,
      onCommand: ({ connection, seq }) =>
        connection.result(seq, 16_383, { code: 'command-failed', message: hostile + 'x'.repeat(4_000_000) }),
    });
    const failed = await call(liar.address, 'Add', '{"a":2,"b":3}');
    expect(failed).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(escaped) });
    expect(failed.stderr.trimEnd()).not.toMatch(UNPRINTABLE);
    expect(failed.stderr.length).toBeLessThan(2_000);
  });

  it('R3-F2: prints a Result as JSON without C1 controls, DEL and bidirectional overrides', async () => {
    const text = 'a\x1b\n\x7f\x9b2J\u202eb\u2066\u2028 ä 👍';
    await using peer = await ScriptedPeer.listen({
      ...described,
      onCommand: ({ connection, seq }) => connection.result(seq, 0, [text]),
    });
    const { code, stdout } = await call(peer.address, 'Add', '{"a":2,"b":3}');
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: '["a\\u001b\\n\\u007f\\u009b2J\\u202eb\\u2066\\u2028 ä 👍"]\n',
    });
    expect(JSON.parse(stdout)).toEqual([text]);
  });

  it('tells in one line that the server does not speak TLS, or not this codec', async () => {
    const tls = await call(address, 'Add', '{"a":2,"b":3}', '--tls');
    expect(tls).toEqual(failure(/cmd-stream call: .*/));
    const codec = await call(address, 'Add', '{"a":2,"b":3}', '--codec', 'json', '--timeout', '1000');
    expect(codec).toEqual(failure(/cmd-stream call: .* is another service: its codec is msgpack, --codec is json/));
  });

  it('takes what is wrong with its arguments for misuse', async () => {
    const misuses: [RegExp, ...string[]][] = [
      [/cmd-stream call: the address must be 'host:port'.*got "nonsense"/, 'nonsense', 'Add'],
      [/cmd-stream call: call takes an address, the name of a Command.*/, address],
      [/cmd-stream call: \S+ has no Command 'Multiply'; it has Add, Countdown, AddLater/, address, 'Multiply'],
      [/cmd-stream call: \S+ has no Command 'adlater'; it has AddLater, Add, Countdown/, address, 'adlater'],
      [/cmd-stream call: --export goes with --protocol FILE/, address, 'Add', '--export', 'x'],
      [/cmd-stream call: --metadata must be KEY=VALUE; got '=x'/, address, 'Add', '--metadata', '=x'],
      [/cmd-stream call: option '--metadata' must be of keys .*got "A"/, address, 'Add', '--metadata', 'A=x'],
      [/cmd-stream call: --count must be a whole number from 1 to \d+; got '0'/, address, 'Add', '--count', '0'],
      [/cmd-stream call: the payload must be in a file that can be read: .*ENOENT.*/, address, 'Add', '@nowhere'],
      [/cmd-stream call: the payload in README.md must be JSON; .*/, address, 'Add', '@README.md'],
      [/cmd-stream call: the payload must be JSON; got \{"a":2/, address, 'Add', '{"a":2'],
      [/cmd-stream call: Unknown option '--port'.*/, address, 'Add', '{"a":2,"b":3}', '--port', '1'],
      [/cmd-stream call: --codec must be msgpack or json; got 'xml'/, address, 'Add', '--codec', 'xml'],
      [/cmd-stream call: --timeout must be a whole number from 1 to \d+; got '0'/, address, 'Add', '--timeout', '0'],
      [/cmd-stream call: cannot load nowhere.js: .*/, address, 'Add', '--protocol', 'nowhere.js'],
    ];
    for (const [line, ...args] of misuses) expect(await call(...args)).toEqual(misuse(line));
  });

  it('speaks a protocol that it loads from TypeScript', async () => {
    const args = ['--protocol', 'examples/calc.ts'];
    expect(await call(address, 'Add', '{"a":2,"b":3}', ...args)).toEqual({ code: 0, stdout: '5\n', stderr: '' });
    expect(await call(address, 'AddLater', '{"a":2,"b":3}', ...args)).toEqual(
      misuse(/cmd-stream call: the protocol has no Command 'AddLater'; it has Add, Countdown/),
    );
    // The error Result is known to both, too.
    expect(await call(address, 'Countdown', '{"from":-1}', ...args)).toEqual(failure(/.*: from: must be a whole .*/));
  });

  it('ends a stream of a declared protocol after so many Results, and in peace on SIGINT', async () => {
    const args = [address, 'Countdown', '{"from":1000000000}', ...DECLARED];
    const stdout = '{"n":1000000000,"last":false}\n{"n":999999999,"last":false}\n';
    expect(await call(...args, '--count', '2', '--metadata', 'a=b')).toEqual({ code: 0, stdout, stderr: '' });
    await using running = cli.start(['call', ...args]);
    await running.says(/"n":999999990,/);
    expect(await running.stop('SIGINT')).toMatchObject({ code: 0, stderr: '' });
  });

  it('tells as JSON what goes wrong with a declared protocol, too', async () => {
    const args = [...DECLARED, '--json'];
    const refused = await call(address, 'Countdown', '{"from":-1}', ...args);
    expect({ code: refused.code, ...JSON.parse(refused.stderr) }).toMatchObject({
      code: 'command-invalid',
      mayHaveExecuted: false,
      message: expect.stringContaining('from: must be a whole'),
    });
    const unknown = await call(address, 'Multiply', '{}', ...args);
    expect(unknown.code).toBe(2);
    expect(JSON.parse(unknown.stderr)).toMatchObject({ code: 'invalid-argument', mayHaveExecuted: false });
  });

  it('asks which one where a module exports several protocols', async () => {
    const file = join(folder, 'protocols.mjs');
    // Of another copy of the library than the command line's own; not all of it, which takes a busy machine seconds.
    const source = (name: string) => new URL(`../../../src/protocol/${name}.ts`, import.meta.url).href;
    await writeFile(
      join(folder, 'protocols.ts'),
      `import { command, result } from '${source('definitions')}';
       import { defineProtocol } from '${source('protocol')}';
       const one = { results: { Sum: result<number>() }, commands: { Add: command().returns('Sum') } };
       export const first = defineProtocol(one), second = defineProtocol(one), third = 3;`,
    );
    await writeFile(file, 'export const none = {};');
    const args = [address, 'Add', '{"a":2,"b":3}', '--protocol'];
    expect(await call(...args, file)).toEqual(misuse(/cmd-stream call: .* exports no protocol made by .*/));
    const several = join(folder, 'protocols.ts');
    expect(await call(...args, several)).toEqual(misuse(/.* exports first, second: say which with --export NAME/));
    expect(await call(...args, several, '--export', 'third')).toEqual(misuse(/.*no protocol 'third'; .*first, second/));
    expect(await call(...args, several, '--export', 'second')).toMatchObject({ code: 0, stdout: '5\n' });
  });

  it('connects by mutual TLS', async () => {
    const { ca, server: identity, client } = await makeCertificates();
    await using secure = await serve(calc, new Calculator(), handlers, { tls: { ...identity, ca, requestCert: true } });
    const files = { ca, cert: client.cert, key: client.key };
    for (const [name, pem] of Object.entries(files)) await writeFile(join(folder, `${name}.pem`), pem);
    const option = (name: string) => [`--${name}`, join(folder, `${name}.pem`)];
    const args = [secure.address, 'Add', '{"a":2,"b":3}', ...option('ca')];
    const known = await call(...args, ...option('cert'), ...option('key'));
    expect(known).toEqual({ code: 0, stdout: '5\n', stderr: '' });
    expect(await call(...args)).toEqual(failure(/cmd-stream call: .*/));
    expect(await call(secure.address, 'Add', '--tls')).toEqual(failure(/cmd-stream call: .*certificate.*/));
    expect(await call(secure.address, 'Add', '--ca', join(folder, 'none'))).toEqual(
      misuse(/cmd-stream call: --ca must be a file that can be read: ENOENT.*/),
    );
  });
});
