import { describe, expect, it } from 'vitest';
import { freePort } from '../../support/ports.ts';
import { commandLine } from './support.ts';

const cli = commandLine();

describe.concurrent('cmd-stream inspect', { timeout: 40_000 }, () => {
  it('shows the demo on a page of its own, through an outage and again, until it is interrupted', async () => {
    await using inspector = cli.start(['inspect', '--local', '--port', '0', '--pace', '20']);
    const [, url] = await inspector.says(/^inspector: (http:\/\/localhost:\d+\/) /);
    expect(await (await fetch(url as string)).text()).toContain('<title>cmd-stream inspector</title>');
    await inspector.says(
      /Commands and their Results[\s\S]*deadline in 20 ms: timeout[\s\S]*The server stops[\s\S]*breaker: open[\s\S]*The server returns[\s\S]*breaker: closed[\s\S]*Commands and their Results[\s\S]*The server stops/,
    );
    expect(await inspector.stop('SIGINT')).toMatchObject({ code: 0, stderr: '' });
  });

  it("hands the demo to Stately's page where --local does not say otherwise", async () => {
    const port = await freePort();
    await using inspector = cli.start(['inspect', '--no-open', '--port', String(port), '--pace', '20']);
    await inspector.says(/^Stately Inspector: http:\/\/localhost:\d+\/, which shows https:\/\/stately.ai\/inspect /);
    expect(await (await fetch(`http://localhost:${port}/`)).text()).toContain('src="https://stately.ai/inspect"');
    await inspector.says(/Commands and their Results/);
    expect(await inspector.stop('SIGTERM')).toMatchObject({ code: 0, stderr: '' });
  });

  it.each([['--local'], ['--no-open']])('says so where its port is taken: %s', async (...args) => {
    const port = String(await freePort());
    await using first = cli.start(['inspect', '--local', '--port', port]);
    await first.says(/^inspector:/);
    const { code, stderr } = await cli.run(['inspect', ...args, '--port', port]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^cmd-stream inspect: .*cannot listen on .*EADDRINUSE.*\n$/);
  });

  it.each([
    { args: ['--pace', '0'], says: /--pace must be a whole number from 1 to 60000; got '0'/ },
    { args: ['--local', '--port', 'x'], says: /--port must be a whole number from 0 to 65535; got 'x'/ },
    { args: ['--port', '0'], says: /--port must be a whole number from 1 to 65535; got '0'/ },
    { args: ['--local', '--no-open'], says: /--no-open goes without --local, which opens nothing/ },
    { args: ['7000'], says: /Unexpected argument '7000'/ },
  ])('takes it for misuse to be asked for $args', async ({ args, says }) => {
    const stderr = expect.stringMatching(
      new RegExp(`^cmd-stream inspect: ${says.source}[^]*; try 'cmd-stream inspect --help'\\n$`),
    );
    expect(await cli.run(['inspect', ...args])).toMatchObject({ code: 2, stderr });
  });
});
