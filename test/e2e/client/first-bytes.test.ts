import { describe, expect, it } from 'vitest';
import { SUM } from '../support/calc.ts';
import { type PeerConnection, resultFrame } from '../support/scripted-peer.ts';
import { answerAdd, onePlusOne, stage } from './stage.ts';

const { peer, sender } = stage();
const info = Buffer.from('\x07default');

/** A server that sends `bytes` together with its ServerInfo, the first time. */
const withFirst = (bytes: Uint8Array) =>
  peer({
    serverInfo: null,
    onConnection: (connection: PeerConnection) => {
      const isFirst = connection.socket.remotePort === first || first === undefined;
      first ??= connection.socket.remotePort;
      connection.raw(isFirst ? Buffer.concat([info, bytes]) : info);
    },
    onCommand: answerAdd,
  });
let first: number | undefined;

describe('what comes together with the ServerInfo', () => {
  it.each<[string, Uint8Array]>([
    ['no frame', Buffer.alloc(20, 0xff)],
    ['a Result of a type that does not exist', resultFrame(1, 99, 0)],
    ['a frame that is too long', Buffer.from([1, SUM, 0xff, 0xff, 0xff, 0xff, 0x0f])],
  ])('may be the end of the connection: %s', async (_, bytes) => {
    first = undefined;
    const server = await withFirst(bytes);
    const lost: unknown[] = [];
    const client = await sender({
      address: server.address,
      lazy: true,
      onStatus: (event) => event.type === 'client' && event.error !== undefined && lost.push(event.error),
    });
    expect(await client.send(onePlusOne, { waitForReady: true })).toBe(2);
    expect(server.accepted).toBe(2);
    expect(lost.length).toBeGreaterThan(0);
    expect(server.commands.map(({ seq }) => seq)).toEqual([1]);
  });

  it('may be Pongs and Results that nobody waits for', async () => {
    first = undefined;
    const server = await withFirst(Buffer.concat([Uint8Array.of(0, 0), resultFrame(7, SUM, 1), Uint8Array.of(0)]));
    const unexpected: number[] = [];
    const client = await sender({ address: server.address, onUnexpectedResult: ({ seq }) => unexpected.push(seq) });
    expect(await client.send(onePlusOne)).toBe(2);
    expect(unexpected).toEqual([7]);
    expect(server.accepted).toBe(1);
  });
});
