import { describe, expect, it } from 'vitest';
import { failureOf, stage } from '../client/stage.ts';
import { calc, TEXT } from '../support/calc.ts';
import { type PeerConnection, resultFrame } from '../support/scripted-peer.ts';

// Go: when the connection is cut in the middle of a frame, the reconnecting client closes for good.
// Here: wherever it is cut, what is pending fails with `connection-lost` and the client connects again.

const { peer, sender } = stage();
const quick = { initialMs: 1, maxMs: 1 };

const cuts: [how: string, cut: (connection: PeerConnection) => void][] = [
  ['in order', ({ socket }) => socket.end()],
  ['hard', (connection) => setImmediate(() => connection.reset())],
];

describe.each(cuts)('flaw 8: a connection that is closed %s', (_, cut) => {
  it('after any number of bytes of a Result is opened again', async () => {
    const whole = resultFrame(1, TEXT, 'hello').length;
    let sent = 0;
    const server = await peer({
      onCommand: ({ seq, connection }) => {
        const frame = resultFrame(seq, TEXT, 'hello');
        connection.raw(frame.subarray(0, sent));
        if (sent < frame.length) cut(connection);
      },
    });
    const client = await sender({ address: server.address, waitForReady: true, reconnect: quick });
    for (; sent < whole; sent++) {
      const error = await failureOf(client.send(calc.Echo('hello')));
      expect(error, `after ${sent} bytes`).toMatchObject({ code: 'connection-lost', mayHaveExecuted: true });
    }
    expect(await client.send(calc.Echo('hello'))).toBe('hello');
    expect(server.accepted).toBe(whole + 1);
  });

  it('after any number of bytes of the ServerInfo is opened again', async () => {
    const info = Buffer.from('\x07default');
    const server = await peer({
      serverInfo: null,
      onConnection: (connection) => {
        const bytes = info.subarray(0, server.accepted - 1);
        connection.raw(bytes);
        if (bytes.length < info.length) cut(connection);
      },
      onCommand: ({ seq, connection }) => connection.result(seq, TEXT, 'hello'),
    });
    const client = await sender({ address: server.address, waitForReady: true, reconnect: quick, lazy: true });
    expect(await client.send(calc.Echo('hello'))).toBe('hello');
    expect(server.accepted).toBe(info.length + 1);
  });
});
