import { describe, expect, it } from 'vitest';
import { writeVarint } from '../../../src/base/bytes/varint.ts';
import { command, defineProtocol, result } from '../../../src/index.ts';
import type { LostConnectionInfo } from '../../../src/server/callback-infos.ts';
import { serve } from '../../../src/server/serve.ts';
import { gate, RawClient } from '../server/raw-client.ts';

// Go: a frame of 11 bytes that announces a huge payload makes the server allocate it, and crash.

const echo = defineProtocol({
  results: { Value: result<unknown>() },
  commands: { Echo: command<unknown>().returns('Value') },
});

/** Sequence number 1, type 0, and a length. */
function announcement(length: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes[0] = 1;
  return bytes.subarray(0, writeVarint(bytes, 2, length));
}

function memory(): number {
  const { arrayBuffers, external, heapUsed } = process.memoryUsage();
  return arrayBuffers + external + heapUsed;
}

describe('flaw 22: a length that announces a huge payload', () => {
  it.each([4 * 1024 * 1024 + 1, 2 ** 29])(
    'of %i bytes fails its own Command before a byte of it is kept',
    async (length) => {
      await using server = await serve(echo, null, { Echo: (value) => value });
      await using client = await RawClient.open(server.port);
      const before = memory();
      client.socket.write(announcement(length));
      const { value } = await client.first(1);
      expect(value).toMatchObject({
        code: 'command-invalid',
        message: expect.stringContaining(`${length} bytes is over the server's limit of 4194304 bytes`),
      });
      expect(memory() - before).toBeLessThan(100 * 1024 * 1024);
      expect(server.connections).toBe(1);
    },
  );

  it.each([2 ** 32, Number.MAX_SAFE_INTEGER])('of %i bytes is refused before a byte of it is kept', async (length) => {
    const lost = gate<LostConnectionInfo>();
    await using server = await serve(echo, null, { Echo: (value) => value }, { onConnectionLost: lost.open });
    await using neighbour = await RawClient.open(server.port);
    await using attacker = await RawClient.open(server.port);
    attacker.socket.write(announcement(length));
    await attacker.closed;
    const { error } = await lost.promise;
    expect(error).toMatchObject({
      code: 'protocol-error',
      message: expect.stringContaining("option 'maxFrameBytes'"),
    });
    expect((await neighbour.ask(1, 0, 'here')).value).toBe('here');
  });

  it('within the limit costs nothing until the bytes come', async () => {
    await using server = await serve(echo, null, { Echo: (value) => value });
    const before = memory();
    const attackers = await Promise.all(Array.from({ length: 50 }, () => RawClient.open(server.port)));
    for (const { socket } of attackers) socket.write(announcement(4 * 1024 * 1024));
    await using neighbour = await RawClient.open(server.port);
    expect((await neighbour.ask(1, 0, 'here')).value).toBe('here');
    expect(server.connections).toBe(51);
    // The 200 MiB that were announced would show.
    expect(memory() - before).toBeLessThan(100 * 1024 * 1024);
    await Promise.all(attackers.map((attacker) => attacker[Symbol.asyncDispose]()));
  });

  it.each([
    ['a varint of more than 64 bits', Buffer.alloc(11, 0xff)],
    ['a sequence number beyond 2^53 - 1', Buffer.from('ffffffffffffffff7f', 'hex')],
  ])('and %s closes its own connection only', async (_, bytes) => {
    const lost = gate<LostConnectionInfo>();
    await using server = await serve(echo, null, { Echo: (value) => value }, { onConnectionLost: lost.open });
    await using neighbour = await RawClient.open(server.port);
    await using attacker = await RawClient.open(server.port);
    attacker.socket.write(bytes);
    await attacker.closed;
    expect((await lost.promise).error).toMatchObject({ code: 'protocol-error' });
    expect((await neighbour.ask(1, 0, 'here')).value).toBe('here');
  });
});
