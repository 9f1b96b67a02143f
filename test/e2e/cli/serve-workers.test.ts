import { createSender } from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import { program } from '../../support/program.ts';
import { places } from '../workers/fixtures/protocol.ts';
import { commandLine } from './support.ts';

const cli = commandLine();
const server = () => program(new URL('../workers/fixtures/server.ts', import.meta.url));

describe.concurrent('cmd-stream serve FILE', () => {
  it('serves by workers, rolls on SIGUSR2, and drains on SIGTERM', async () => {
    await using running = cli.start(['serve', server(), '--workers', '2']);
    const [, address = ''] = await running.says(/2 workers serve .* on (\S+);/);
    await using sender = await createSender(places, { address });
    const before = await sender.send(places.Pid({ afterMs: 0 }));
    running.signal('SIGUSR2');
    await running.says(/all workers are replaced/);
    const slow = sender.send(places.Pid({ afterMs: 500 }), { timeoutMs: 30_000 });
    expect(await sender.send(places.Pid({ afterMs: 0 }))).not.toBe(before);
    const ended = running.stop('SIGTERM');
    expect(await slow).not.toBe(before);
    expect(await ended).toMatchObject({ code: 0, stderr: '' });
    expect(running.stdout).toMatch(/finishing what is under way\nstopped\n$/);
  });

  it('runs TypeScript, as the command line loads it', async () => {
    const file = new URL('../workers/fixtures/server.ts', import.meta.url).pathname;
    await using running = cli.start(['serve', file, '--workers=1']);
    expect(await running.says(/1 workers serve/)).toBeTruthy();
  });

  it.each([
    { args: ['--workers', '2'], says: '--workers needs the FILE that they run, one that calls serve\\(\\)' },
    { args: ['server.js', '--workers', 'two'], says: "--workers must be a whole number from 1 to 1024; got 'two'" },
    { args: ['server.js', 'other.js'], says: "serve takes one FILE; got 'other.js' as well" },
    { args: ['server.js', '--via', 'post'], says: "--via must be round-robin or reuse-port; got 'post'" },
    { args: ['missing.js'], says: 'serveWorkers\\(\\) finds no file .*missing.js' },
  ])('takes it for misuse to be asked for $args', async ({ args, says }) => {
    const stderr = expect.stringMatching(new RegExp(`^cmd-stream serve: ${says}; try 'cmd-stream serve --help'\\n$`));
    expect(await cli.run(['serve', ...args])).toEqual({ code: 2, stdout: '', stderr });
  });
});
