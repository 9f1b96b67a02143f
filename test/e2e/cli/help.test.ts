import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../../support/compiled.ts';
import { commandLine } from './support.ts';

const cli = commandLine();

const CONNECT = [
  ...['--server-info', '--metadata', '--tls', '--ca'],
  ...['--cert', '--key', '--servername', '--insecure'],
];
const NATS = ['--nats', '--service', '--creds', '--nkey', '--token', '--user', '--password'];
const OPTIONS = {
  demo: ['--address', '--codec', '--nats'],
  serve: ['--port', '--host', '--codec', '--go-clients', '--cert', '--key', '--ca', ...NATS, '--workers', '--via'],
  inspect: ['--local', '--port', '--no-open', '--pace'],
  coverage: ['--svg', '--json'],
  ls: ['--json', '--timeout', ...CONNECT, ...NATS],
  describe: ['--json', '--timeout', ...CONNECT],
  status: ['--json', '--timeout', ...CONNECT],
  ping: ['--count', '--interval', '--json', '--timeout', ...CONNECT],
  call: [
    ...['--protocol', '--export', '--codec', '--count', '--repeat', '--watch', '--timeout', '--json'],
    ...[...CONNECT, ...NATS],
  ],
};

describe.concurrent('cmd-stream', () => {
  it.each(['--help', '-h', 'help'])('tells with %s what it can do', async (word) => {
    const { code, stdout, stderr } = await cli.run([word]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^cmd-stream: typed Commands to a server and Results back\n/);
    for (const name of Object.keys(OPTIONS)) expect(stdout).toContain(`  cmd-stream ${name} `);
  });

  it.each(Object.entries(OPTIONS))('tells the options of %s', async (name, options) => {
    for (const args of [
      [name, '--help'],
      [name, '-h'],
      ['help', name],
    ]) {
      const { code, stdout, stderr } = await cli.run(args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(new RegExp(`^Usage: cmd-stream ${name} `));
      expect([...stdout.matchAll(/^ {2}(--[\w-]+)/gm)].map(([, option]) => option)).toEqual(options);
      expect(stdout.split('\n').filter((line) => line.length > 120)).toEqual([]);
    }
  });

  it('tells its version', async () => {
    const { version }: { version: string } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(await cli.run(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it.each(['whistle', 'toString', '--nonsense'])('takes it for misuse to be asked to %s', async (name) => {
    const { code, stdout, stderr } = await cli.run([name]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toBe(`cmd-stream: there is no '${name}'; try 'cmd-stream --help'\n`);
  });

  it('says what was probably meant', async () => {
    const stderr = "cmd-stream: there is no 'pign' (did you mean 'ping'?); try 'cmd-stream --help'\n";
    expect(await cli.run(['pign'])).toEqual({ code: 2, stdout: '', stderr });
  });

  it('takes it for misuse to be asked about what there is not', async () => {
    const stderr = "cmd-stream: there is no 'pign' (did you mean 'ping'?); try 'cmd-stream --help'\n";
    expect(await cli.run(['help', 'pign'])).toEqual({ code: 2, stdout: '', stderr });
  });

  it.each(Object.keys(OPTIONS))('tells a mistaken option of %s in one line', async (name) => {
    const { code, stdout, stderr } = await cli.run([name, '--nonsense']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toBe(`cmd-stream ${name}: Unknown option '--nonsense'; try 'cmd-stream ${name} --help'\n`);
  });

  it('says which option was probably meant', async () => {
    const hint = "Unknown option '--conut' (did you mean '--count'?)";
    const stderr = `cmd-stream ping: ${hint}; try 'cmd-stream ping --help'\n`;
    expect(await cli.run(['ping', 'a:1', '--conut', '1'])).toEqual({ code: 2, stdout: '', stderr });
  });

  it('takes it for misuse to be asked for nothing, and tells what there is', async () => {
    const { code, stdout, stderr } = await cli.run([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('Usage:');
  });
});
