import { describe, expect, it } from 'vitest';
import { failureOf, stage } from '../client/stage.ts';
import { calc, ERROR, TICK } from '../support/calc.ts';
import type { PeerCommand } from '../support/scripted-peer.ts';

// Go: SendMulti returns nil on timeout, on connection loss and when the handler fails.
// Here: a stream delivers a gap-free prefix in order; success means that the last Result was seen.

const { peer, sender } = stage();
const command = calc.Countdown({ from: 3 });

const endings: [what: string, code: string, end: (command: PeerCommand) => void][] = [
  ['the deadline passes', 'timeout', () => {}],
  ['the connection is cut', 'connection-lost', ({ connection }) => connection.reset()],
  ['the server closes the connection in order', 'connection-lost', ({ connection }) => connection.socket.end()],
  [
    'the handler fails',
    'command-failed',
    ({ seq, connection }) => connection.result(seq, ERROR, { code: 'command-failed', message: 'out of paper' }),
  ],
];

describe.each(endings)('flaw 4: a stream fails when %s before the last Result', (_, code, end) => {
  const timeoutMs = code === 'timeout' ? 60 : 5_000;
  async function start() {
    const server = await peer({
      onCommand: (received) => {
        received.connection.result(received.seq, TICK, { n: 3, last: false });
        received.connection.result(received.seq, TICK, { n: 2, last: false });
        setImmediate(() => end(received));
      },
    });
    return sender({ address: server.address, multiTimeoutMs: timeoutMs });
  }

  it('by iterator', async () => {
    const client = await start();
    const seen: number[] = [];
    const error = await failureOf(
      (async () => {
        for await (const { n } of client.sendMulti(command)) seen.push(n);
      })(),
    );
    expect(error).toMatchObject({ code, mayHaveExecuted: true });
    expect(seen).toEqual([3, 2].slice(0, seen.length));
  });

  it('by handler', async () => {
    const client = await start();
    const error = await failureOf(client.sendMulti(command, () => {}));
    expect(error).toMatchObject({ code, mayHaveExecuted: true });
  });

  it('by deadline of its own', async () => {
    const client = await start();
    const error = await failureOf(client.sendMultiWithDeadline(command, Date.now() + timeoutMs, () => {}));
    expect(error).toMatchObject({ code, mayHaveExecuted: true });
  });
});
