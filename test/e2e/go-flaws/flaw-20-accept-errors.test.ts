import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import { command, defineProtocol, result } from '../../../src/index.ts';
import { serve } from '../../../src/server/serve.ts';
import { tcpTransport } from '../../../src/wire/transport/tcp.ts';
import type { ListenerEvents } from '../../../src/wire/transport/transport.ts';
import { program } from '../../support/program.ts';
import { RawClient } from '../server/raw-client.ts';

// Go: an accept error, such as running out of file descriptors, ends the server.

let child: ChildProcess | undefined;

afterEach(async () => {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
});

describe.skipIf(process.platform === 'win32')('flaw 20: a server that runs out of file descriptors', () => {
  it('goes on serving, and accepts again once there are some', async () => {
    const script = program(new URL('./flaw-20-full-server.ts', import.meta.url));
    const started = spawn('sh', ['-c', 'ulimit -n 256 && exec "$0" "$@"', process.execPath, script], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child = started;
    const lines = createInterface(started.stdout)[Symbol.asyncIterator]();
    const next = async () => (await lines.next()).value;
    const tell = async (line: string) => {
      started.stdin.write(`${line}\n`);
      while ((await next()) !== line);
    };

    const port = Number(await next());
    await using old = await RawClient.open(port);
    expect((await old.ask(1, 0, 1)).value).toBe(1);

    await tell('fill');
    const refused = new RawClient(connect({ port, host: '127.0.0.1' }));
    await refused.closed;
    expect(refused.serverInfo).toBeUndefined();
    expect((await old.ask(2, 0, 2)).value).toBe(2);

    await tell('free');
    await using fresh = await RawClient.open(port);
    expect((await fresh.ask(1, 0, 3)).value).toBe(3);
    expect((await old.ask(3, 0, 3)).value).toBe(3);
  });
});

describe('flaw 20: an accept error', () => {
  it('is told to the operator, and ends nothing', async () => {
    const echo = defineProtocol({
      results: { Value: result<number>() },
      commands: { Echo: command<number>().returns('Value') },
    });
    const tcp = tcpTransport();
    let events: ListenerEvents | undefined;
    const errors: unknown[] = [];
    await using server = await serve(
      echo,
      null,
      { Echo: (value) => value },
      {
        onAcceptError: (error) => errors.push(error),
        transport: {
          ...tcp,
          listen(options, given) {
            events = given;
            return tcp.listen(options, given);
          },
        },
      },
    );
    const cause = Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' });
    events?.acceptError(cause);
    expect(errors).toMatchObject([{ code: 'connect-failed', cause, message: expect.stringContaining(server.address) }]);
    await using client = await RawClient.open(server.port);
    expect((await client.ask(1, 0, 1)).value).toBe(1);
  });
});
