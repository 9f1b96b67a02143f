import { serve } from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import { Calculator, calc, handlers } from '../../../examples/calc.ts';
import { freePort } from '../../support/ports.ts';
import { serveOrders } from './service.ts';
import { commandLine, DECLARED } from './support.ts';

const cli = commandLine();
const ADD = ['Add', '{"a":2,"b":3}'];

describe.concurrent('cmd-stream call, again and again', () => {
  it.for([{ args: [] }, { args: DECLARED }])(
    'sends a Command as often as --repeat says: $args',
    async ({ args }, { expect }) => {
      await using server = await serve(calc, new Calculator(), handlers);
      const sent = await cli.run(['call', server.address, ...ADD, ...args, '--repeat', '3']);
      expect(sent).toEqual({ code: 0, stdout: '5\n5\n5\n', stderr: '' });
      await expect.poll(() => server.connections).toBe(0);
    },
  );

  it('sends what standard input has each time', async () => {
    await using server = await serve(calc, new Calculator(), handlers);
    const options = { input: '{"a":2,"b":3}' };
    const sent = await cli.run(['call', server.address, 'Add', '-', '--repeat', '2'], options);
    expect(sent).toEqual({ code: 0, stdout: '5\n5\n', stderr: '' });
  });

  it('ends at the first failure where nothing is watched', async () => {
    const { server, address } = await serveOrders();
    await using _ = server;
    const { code, stdout, stderr } = await cli.run(['call', address, 'Fail', '--repeat', '5', '--json']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(JSON.parse(stderr)).toMatchObject({ code: 'command-failed', failure: 'rate-limited', retryAfterMs: 500 });
  });

  it.each([{ args: [] }, { args: DECLARED }])('watches until it is interrupted: $args', async ({ args }) => {
    await using server = await serve(calc, new Calculator(), handlers);
    await using running = cli.start(['call', server.address, ...ADD, ...args, '--watch', '0.01']);
    await running.says(/^5\n5\n5\n/);
    expect(await running.stop('SIGINT')).toMatchObject({ code: 0, stderr: '' });
  });

  it('is interrupted in the middle of a long pause', async () => {
    await using server = await serve(calc, new Calculator(), handlers);
    await using running = cli.start(['call', server.address, ...ADD, '--watch', '80000']);
    await running.says(/^5\n/);
    expect(await running.stop('SIGINT')).toMatchObject({ code: 0, stderr: '' });
  });

  it('goes on watching through an outage, tells it, and fails in the end', async ({ expect }) => {
    const port = await freePort();
    const address = `127.0.0.1:${port}`;
    await using running = cli.start(['call', address, ...ADD, '--watch', '0.01', '--json']);
    await expect.poll(() => running.stderr).toMatch(/\n.*\n/);
    await using _ = await serve(calc, new Calculator(), handlers, { port });
    await running.says(/^5\n5\n/);
    const { code, stderr } = await running.stop('SIGINT');
    expect(code).toBe(1);
    for (const line of stderr.trimEnd().split('\n')) {
      expect(JSON.parse(line)).toMatchObject({ code: 'connect-failed', mayHaveExecuted: false });
    }
  });

  it('watches so often, and tells each failure in a line', async () => {
    const { server, address } = await serveOrders();
    await using _ = server;
    const { code, stdout, stderr } = await cli.run(['call', address, 'Fail', '--repeat', '3', '--watch', '0.01']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^(cmd-stream call: .*not so fast.*\n){3}$/);
  });

  it.each([
    { args: ['--repeat', '0'], says: /--repeat must be a whole number from 1 to \d+; got '0'/ },
    { args: ['--watch', '0'], says: /--watch must be a number of seconds from 0\.001 to 86400; got '0'/ },
    { args: ['--watch', 'x'], says: /--watch must be a number of seconds from 0\.001 to 86400; got 'x'/ },
  ])('takes it for misuse to be asked for $args', async ({ args, says }) => {
    const { code, stdout, stderr } = await cli.run(['call', 'a:1', ...ADD, ...args]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^cmd-stream call: ${says.source}; try 'cmd-stream call --help'\\n$`));
  });

  it('takes a Command that there is not for misuse, also while it watches', async () => {
    await using server = await serve(calc, new Calculator(), handlers);
    const { code, stderr } = await cli.run(['call', server.address, 'Ad', '{}', '--watch', '0.01']);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: `cmd-stream call: ${server.address} has no Command 'Ad'; it has Add, Countdown; try 'cmd-stream call --help'\n`,
    });
  });
});
