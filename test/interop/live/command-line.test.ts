import { join } from 'node:path';
import { expect, it } from 'vitest';
import { commandLine } from '../../e2e/cli/support.ts';
import { describeWithGo, GoServer } from '../support/go-peers.ts';
import { useTlsFiles } from '../support/tls-files.ts';

// What the command line finds out about a Go server, which tells nothing of itself but its ServerInfo.

const cli = commandLine();
const files = useTlsFiles();
const protocol = ['--protocol', join(import.meta.dirname, '../support/protocol.ts'), '--export', 'interop'];

describeWithGo('the command line, at a Go server', () => {
  it('says that it tells nothing, measures round trips, and calls by a protocol alone', async () => {
    await using server = await GoServer.start('json');
    const { address } = server;
    expect(await cli.run(['ls', address])).toEqual({
      code: 0,
      stdout: `${address}  ServerInfo 'default'\nIt is a Go server, or one with goClients: it does not tell its codec, Commands and Results.\n`,
      stderr: '',
    });
    const pinged = await cli.run(['ping', address, '--count', '3', '--interval', '1', '--json']);
    expect(pinged).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(pinged.stdout)).toMatchObject({ sent: 3, received: 3 });
    const add = ['call', address, 'Add', '{"A":2,"B":3}'];
    expect(await cli.run(add)).toMatchObject({ code: 1, stderr: expect.stringContaining('name its protocol by') });
    const called = await cli.run([...add, ...protocol, '--codec', 'json']);
    expect(called).toEqual({ code: 0, stdout: '5\n', stderr: '' });
    expect(await server.stop()).toEqual({ Add: 1 });
  });

  it('does so over mutual TLS', async () => {
    await using server = await GoServer.start('msgpack', files.mutualServerFlags);
    const [, ca, , cert, , key] = files.mutualClientFlags as readonly [string, string, string, string, string, string];
    const tls = ['--ca', ca, '--cert', cert, '--key', key];
    expect(await cli.run(['ls', server.address, ...tls])).toMatchObject({ code: 0, stderr: '' });
    expect(await cli.run(['ping', server.address, '--count', '1', ...tls])).toMatchObject({ code: 0, stderr: '' });
    expect(await cli.run(['ls', server.address, '--ca', ca])).toMatchObject({ code: 1 });
  });
});
