import { expect, it } from 'vitest';
import { command, defineProtocol, result } from '../../../src/index.ts';
import { serve } from '../../../src/server/serve.ts';
import { RawClient } from '../server/raw-client.ts';

// Go: each connection takes one of 8 workers for as long as it lives, so that 8 idle sockets deny service to all others.

const echo = defineProtocol({
  results: { Value: result<number>() },
  commands: { Echo: command<number>().returns('Value') },
});

it('flaw 19: idle sockets, silent or stuck within a frame, deny service to nobody', async () => {
  await using server = await serve(echo, null, { Echo: (value) => value });
  const idle = await Promise.all(Array.from({ length: 200 }, () => RawClient.open(server.port)));
  for (const { socket } of idle.slice(100)) socket.write(RawClient.command(1, 0, 12_345).subarray(0, 3));
  await using client = await RawClient.open(server.port);
  for (let seq = 1; seq <= 10; seq++) expect((await client.ask(seq, 0, seq)).value).toBe(seq);
  expect(server.connections).toBe(201);
  await Promise.all(idle.map((socket) => socket[Symbol.asyncDispose]()));
});
