import { describe, expect, it } from 'vitest';
import { ScriptedPeer } from '../support/scripted-peer.ts';
import { serveOrders } from './service.ts';
import { commandLine } from './support.ts';

const cli = commandLine();
const ESCAPED = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;

describe.concurrent('cmd-stream describe', () => {
  it('shows the payload and the Results of a Command', async () => {
    const { server, address } = await serveOrders();
    await using _ = server;
    const { code, stdout, stderr } = await cli.run(['describe', address, 'Watch']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [head, schema] = stdout.split('\nJSON Schema of the payload\n');
    expect(head).toBe(`Watch  at ${address}\n  payload  { events: integer }\n  Results  Event (several)\n`);
    expect(JSON.parse(schema as string)).toMatchObject({ type: 'object', required: ['events'] });
  });

  it('tells it as one JSON document', async () => {
    const { server, address } = await serveOrders();
    await using _ = server;
    const { code, stdout } = await cli.run(['describe', address, 'Place', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      address,
      name: 'Place',
      returns: ['Placed', 'Rejected'],
      several: false,
      schema: { properties: { sku: { type: 'string' } } },
    });
  });

  it('says where there is no schema', async () => {
    const { server, address } = await serveOrders();
    await using _ = server;
    const { stdout } = await cli.run(['describe', address, 'Wait']);
    expect(stdout).toBe(
      `Wait  at ${address}\n  payload  unknown\n  Results  Done\nThe server gives no JSON Schema for its payload.\n`,
    );
  });

  it('is not moved by what a hostile server says, and stays short', async () => {
    const hostile = '\x1b[2J\r\n\x9b31m\u202e\u2028';
    let deep: unknown = { type: hostile };
    for (let level = 0; level < 3_000; level++) deep = { not: deep };
    await using peer = await ScriptedPeer.listen({
      serverInfo: 'default;x1',
      welcome: {
        ...{ codec: 'msgpack', commands: ['Do', 'Deep'], results: [hostile], returns: [[0], [0]], several: [] },
        schemas: { Do: { [hostile]: [hostile], title: hostile }, Deep: deep },
      },
    });
    for (const args of [['Do'], ['Deep'], ['Do', '--json'], ['Deep', '--json']]) {
      const { code, stdout } = await cli.run(['describe', peer.address, ...args]);
      expect(code).toBe(0);
      expect(stdout).toContain('u001b[2J');
      for (const line of stdout.split('\n')) expect(line).not.toMatch(ESCAPED);
      expect(stdout.length).toBeLessThan(100_000);
    }
  });

  it('takes it for misuse to ask for what there is not', async () => {
    const { server, address } = await serveOrders();
    await using _ = server;
    const { code, stderr } = await cli.run(['describe', address, 'Wacht']);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^cmd-stream describe: .* has no Command 'Wacht'; it has Watch, .*; try 'cmd-stream describe --help'\n$/,
    );
    expect(await cli.run(['describe', address])).toEqual({
      code: 2,
      stdout: '',
      stderr:
        "cmd-stream describe: describe takes an address and the name of a Command; try 'cmd-stream describe --help'\n",
    });
  });
});
