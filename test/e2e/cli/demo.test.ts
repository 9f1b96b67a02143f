import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { Calculator, calc as frontPage, handlers } from '../../../examples/calc.ts';
import { serve } from '../../../src/index.ts';
import { freePort } from '../../support/ports.ts';
import { run } from '../../support/run.ts';
import { commandLine } from './support.ts';

const cli = commandLine();

/** Where util-linux is installed, `script` runs a command on a terminal of its own. */
const hasScript = spawnSync('script', ['--version']).stdout?.includes('util-linux') ?? false;

const ESCAPE = String.fromCharCode(27);

describe.concurrent('cmd-stream demo', () => {
  it('shows a group of clients that lives through an outage', async () => {
    const { code, stdout, stderr } = await cli.run(['demo']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).not.toContain(ESCAPE);
    expect(stdout).not.toContain('✗');
    inOrder(stdout, [
      /^A sender with 4 clients for 127\.0\.0\.1:\d+ \(msgpack\)\n/,
      /client \d: connected/,
      /group: ready, 4 of 4 clients connected/,
      /✓ Add \{ a: 2, b: 3 \} → 5/,
      /✓ AddLater .*deadline in 1 s → 42/,
      /✓ AddLater .*deadline in 100 ms → timeout/,
      /✓ Countdown .* → 5 4 3 2 1/,
      /✓ 10,000 at once: .* → 10,000/,
      /The server stops/,
      /group: unavailable, 0 of 4 clients connected/,
      /client \d: connection lost, dials again in \d+ ms/,
      /circuit breaker: open/,
      /✓ a send now fails in [\d.]+ ms with → circuit-open/,
      /client \d: dial \d failed, dials again in \d+ ms/,
      /✓ the group → unavailable/,
      /The server returns/,
      /circuit breaker: half-open/,
      /circuit breaker: closed/,
      /✓ the group → ready/,
      /✓ Add \{ a: 2, b: 3 \} → 5/,
      /group: draining\n/,
      /group: closed\n/,
      /\n11 as expected, 0 not, in [\d.]+ s\n$/,
    ]);
    const lines = stdout.split('\n');
    // About 35; how often the clients dial is left to chance, and to what else the machine does.
    expect(lines.filter((line) => !line.includes('dials again in')).length).toBeLessThan(50);
    expect(lines.filter((line) => line.length > 100)).toEqual([]);
    expect(repeated(lines)).toEqual([]);
  });

  it('sends to a server that runs already, and leaves its outage out', async () => {
    const { server, address } = await cli.serve('--codec', 'json');
    await using _ = server;
    const { code, stdout, stderr } = await cli.run(['demo', '--address', address, '--codec', 'json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`A sender with 4 clients for ${address} (json)`);
    expect(stdout).not.toContain('The server stops');
    expect(stdout).toMatch(/\n5 as expected, 0 not, in [\d.]+ s\n$/);
    // 10,000 at once, one to try, one by itself, one in time; perhaps the one that nobody waited for.
    expect((await server.stop('SIGTERM')).stdout).toMatch(/sums made: 1000[34]\n$/);
  });

  it('fails where no server runs', async () => {
    const { code, stdout, stderr } = await cli.run(['demo', '--address', `127.0.0.1:${await freePort()}`]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^cmd-stream demo: .*ECONNREFUSED.*\n$/);
    for (const id of [0, 1, 2, 3]) {
      expect(stdout.match(new RegExp(`client ${id}: cannot connect, dials again in \\d+ ms`, 'g'))).toHaveLength(1);
    }
    expect(stdout).not.toContain('connection lost');
  });

  it('says so where the server speaks another protocol, or another codec', async () => {
    await using other = await serve(frontPage, new Calculator(), handlers);
    const wrongProtocol = await cli.run(['demo', '--address', other.address]);
    const { server, address } = await cli.serve('--codec', 'json');
    await using _ = server;
    const wrongCodec = await cli.run(['demo', '--address', address]);
    for (const [ended, where] of [
      [wrongProtocol, other.address],
      [wrongCodec, address],
    ] as const) {
      expect(ended.code).toBe(1);
      expect(ended.stderr).toMatch(/^[^\n]*; 'cmd-stream serve --codec msgpack' starts a server that does\n$/);
      expect(ended.stderr).toContain(`cmd-stream demo: ${where} does not speak the demo's protocol in msgpack: `);
      expect(ended.stdout).not.toContain('✓');
    }
    expect(wrongCodec.stderr).toContain(`its codec is json, here it is msgpack`);
  });

  it.each([
    { args: ['--address', 'nonsense'], says: /option 'address' must be 'host:port'.*/ },
    { args: ['--codec', 'xml'], says: /--codec must be msgpack or json; got 'xml'/ },
    { args: ['--port', '9000'], says: /Unknown option '--port'/ },
  ])('takes it for misuse to be asked for $args', async ({ args, says }) => {
    const stderr = expect.stringMatching(
      new RegExp(`^cmd-stream demo: ${says.source}; try 'cmd-stream demo --help'\\n$`),
    );
    expect(await cli.run(['demo', ...args])).toMatchObject({ code: 2, stderr });
  });

  it.runIf(hasScript)('is coloured on a terminal, unless NO_COLOR says otherwise', async () => {
    const { server, address } = await cli.serve();
    await using _ = server;
    const onTerminal = (env: Record<string, string>) =>
      run('script', ['-qec', `'${process.execPath}' '${cli.bin}' demo --address ${address}`, '/dev/null'], { env });
    const coloured = await onTerminal({ TERM: 'xterm-256color' });
    expect(coloured.code).toBe(0);
    expect(coloured.stdout).toContain(`${ESCAPE}[32m✓${ESCAPE}[39m Add { a: 2, b: 3 } → 5`);
    const plain = await onTerminal({ TERM: 'xterm-256color', NO_COLOR: '1' });
    expect(plain.code).toBe(0);
    expect(plain.stdout).toContain('✓ Add { a: 2, b: 3 } → 5');
    expect(plain.stdout).not.toContain(ESCAPE);
  });
});

/** Finds each pattern behind the one before it. */
function inOrder(text: string, patterns: readonly RegExp[]): void {
  let rest = text;
  for (const pattern of patterns) {
    const found = pattern.exec(rest);
    if (found === null) throw new Error(`${pattern} is not in what follows:\n${rest}\n\nin all of:\n${text}`);
    // A line break at its end may be the beginning of the next.
    rest = rest.slice(found.index + found[0].trimEnd().length);
  }
}

/** The lines that say what the line before them says, but for the time. */
function repeated(lines: readonly string[]): string[] {
  const said = lines.map((line) => line.replace(/^ {2}[\d.]+ s/, '').trim());
  return lines.filter((_, index) => said[index] !== '' && said[index] === said[index - 1]);
}
