import { createSender } from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import { calc } from '../../../src/cli/calc.ts';
import { commandLine } from './support.ts';

const cli = commandLine();

describe.concurrent('cmd-stream serve', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('finishes what is under way on %s, and exits with 0', async (signal) => {
    const { server, address } = await cli.serve();
    await using _ = server;
    await using sender = await createSender(calc, { address });
    const slow = sender.send(calc.AddLater({ a: 2, b: 3, afterMs: 500 }));
    // Once a later one is back, it is under way.
    await sender.send(calc.Add({ a: 1, b: 1 }));
    const ended = server.stop(signal);
    expect(await slow).toBe(5);
    expect(await ended).toMatchObject({ code: 0, stderr: '' });
    expect(server.stdout).toMatch(/finishing what is under way\nstopped; sums made: 2\n$/);
  });

  it('listens where it is told to, in the codec that it is told', async () => {
    const { server, address } = await cli.serve('--host', '127.0.0.2', '--codec', 'json');
    await using _ = server;
    expect(address).toMatch(/^127\.0\.0\.2:/);
    expect(server.stdout).toContain('(json)');
    const args = ['call', address, 'Add', '{"a":2,"b":3}', '--codec', 'json'];
    expect(await cli.run(args)).toEqual({ code: 0, stdout: '5\n', stderr: '' });
  });

  it('fails where it cannot listen', async () => {
    const { server, address } = await cli.serve();
    await using _ = server;
    const port = address.split(':')[1] as string;
    const second = await cli.run(['serve', '--port', port]);
    expect(second).toMatchObject({ code: 1, stdout: '' });
    expect(second.stderr).toMatch(/^cmd-stream serve: .*EADDRINUSE.*\n$/);
  });

  it.each([
    { args: ['--port', '65536'], says: /--port must be a whole number from 0 to 65535; got '65536'/ },
    { args: ['--port', 'http'], says: /--port must be a whole number from 0 to 65535; got 'http'/ },
    { args: ['--address', '127.0.0.1:9000'], says: /Unknown option '--address'.*/ },
    { args: ['9000'], says: /Unexpected argument '9000'.*/ },
  ])('takes it for misuse to be asked to serve $args', async ({ args, says }) => {
    const stderr = expect.stringMatching(
      new RegExp(`^cmd-stream serve: ${says.source}; try 'cmd-stream serve --help'\\n$`),
    );
    expect(await cli.run(['serve', ...args])).toEqual({ code: 2, stdout: '', stderr });
  });
});
