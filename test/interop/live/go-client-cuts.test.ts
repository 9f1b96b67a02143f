import { describe, it } from 'vitest';
import { expectNothingLeft } from '../../e2e/support/leaks.ts';
import { CuttingProxy } from '../support/cutting-proxy.ts';
import { CODECS, type CodecName, describeWithGo, GoClient } from '../support/go-peers.ts';
import { OurServer } from '../support/our-server.ts';

// Between a Go client and a server of this library stands a proxy that cuts what passes. In pieces it must arrive as it
// would at once; cut off, no half of it may be taken for a whole.

expectNothingLeft();

/** The frame of `Add{A: 20, B: 22}`, which is sent until it comes through. */
const bytesOfACommand: Readonly<Record<CodecName, number>> = { json: 18, msgpack: 10, protobuf: 7, mus: 4 };

describeWithGo('a Go client and a server whose bytes are cut', () => {
  describe.concurrent.each(CODECS)('%s', (codec) => {
    it('understand each other byte by byte', async ({ expect }) => {
      await using server = await OurServer.start(codec);
      await using proxy = await CuttingProxy.start(server.address, {
        toServer: { kind: 'bytes' },
        toClient: { kind: 'bytes' },
      });
      // With MessagePack a Go client cannot read the Kinds that come from here.
      const scenario = codec === 'msgpack' ? 'add,find' : 'add,find,kinds';
      await using client = GoClient.start(proxy.address, codec, scenario);
      expect(await client.ended, client.lines.join('\n')).toBe(0);
      expect(server.executed).toEqual({ Add: 8, Find: 4, ...(codec === 'msgpack' ? {} : { Kinds: 2 }) });
      await expect.poll(() => server.connections).toBe(0);
      expect(server.lost).toEqual(scenario.split(',').map(() => undefined));
    });

    it.for([
      ['ends', 'end', 'lost: it ended in the middle of a frame'],
      // Where bytes still wait to be read, Node tells of an end in place of the reset.
      ['is reset', 'reset', 'lost: it ended in the middle of a frame|ECONNRESET'],
    ] as const)('go on when the connection %s inside a Command, at any byte', async ([, kind, reason], { expect }) => {
      await using server = await OurServer.start(codec);
      const bytes = bytesOfACommand[codec];
      // The first connection passes; the next ones are cut behind their first byte, their second, and so on.
      await using proxy = await CuttingProxy.start(server.address, (connection) =>
        connection === 0 || connection > bytes ? {} : { toServer: { kind, at: connection } },
      );
      await using client = GoClient.start(proxy.address, codec, 'reconnect');
      await client.line((line) => line.includes('"event":"ready"'));
      proxy.drop();
      expect(await client.ended, client.lines.join('\n')).toBe(0);

      const recovered = client.events.find(({ event }) => event === 'recovered');
      expect(recovered).toMatchObject({ dials: bytes + 2, refused: 0 });
      // The first one, the one behind whose last byte the connection was cut, and the one that came through; on a slow
      // machine also those whose Result came too late for the client. None of those that were cut.
      const tries = Number(recovered?.failed) + 2;
      expect(server.executed.Add).toBeGreaterThanOrEqual(3);
      expect(server.executed.Add).toBeLessThanOrEqual(tries - (bytes - 1));
      await expect.poll(() => server.connections).toBe(0);
      const inside = server.lost.slice(1, bytes);
      expect(inside).toHaveLength(bytes - 1);
      for (const error of inside) {
        expect(error).toMatchObject({ code: 'connection-lost', message: expect.stringMatching(reason) });
      }
      expect(server.lost).toHaveLength(bytes + 2);
      if (kind === 'end') expect(server.lost[bytes]).toBe(undefined);
      // The first connection, and the last one.
      expect([server.lost[0], server.lost[bytes + 1]]).toEqual([undefined, undefined]);
    });
  });
});
