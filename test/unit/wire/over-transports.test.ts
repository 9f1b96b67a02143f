import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { encodeServerInfo } from '../../../src/wire/server-info.ts';
import type { StreamChannel } from '../../../src/wire/stream-channel.ts';
import { memoryTransport } from '../../../src/wire/transport/memory.ts';
import { tcpTransport } from '../../../src/wire/transport/tcp.ts';
import { tlsTransport } from '../../../src/wire/transport/tls.ts';
import type { ByteStream, Transport } from '../../../src/wire/transport/transport.ts';
import { type Certificates, makeCertificates } from '../../e2e/support/certificates.ts';
import { expectNothingLeft } from '../../e2e/support/leaks.ts';
import { endOfTurn, FrameLog, MAX_BUFFERED_BYTES, makeChannel } from './support.ts';
import { runningNetwork } from './transport/simulated.ts';
import { until } from './transport/support.ts';

expectNothingLeft();

let certificates: Certificates;
beforeAll(async () => {
  certificates = await makeCertificates();
});

const transports: [string, () => Transport][] = [
  ['tcp', () => tcpTransport()],
  ['tls', () => tlsTransport({ client: { ca: certificates.ca }, server: certificates.server })],
  ['memory', () => memoryTransport()],
  ['memory, seven bytes at a time', () => memoryTransport({ maxInFlightBytes: 7 })],
  [
    'simulated, in small pieces',
    () => runningNetwork({ link: { sliceRate: 0.5, maxPieceBytes: 1460 }, logBytes: false }),
  ],
];

interface Side {
  readonly channel: StreamChannel;
  readonly log: FrameLog;
}

/** Both sides of a connection after the handshake. */
async function handshaken(transport: Transport): Promise<{ client: Side; server: Side }> {
  const accepted: ByteStream[] = [];
  const listener = await transport.listen(
    { host: '127.0.0.1', port: 0, handshakeTimeoutMs: 5000, maxConnections: 10 },
    { connection: (stream) => accepted.push(stream), acceptError() {} },
  );
  const stream = await transport.connect(listener.address, new AbortController().signal);
  onTestFinished(async () => {
    for (const each of [stream, ...accepted]) each.destroy();
    await listener.close();
  });
  await until(() => accepted.length === 1, 'a connection');
  const server = { channel: makeChannel(accepted[0] as ByteStream), log: new FrameLog() };
  server.channel.sendServerInfo(encodeServerInfo('default'));
  server.channel.open(server.log);
  const client = { channel: makeChannel(stream), log: new FrameLog() };
  expect(await client.channel.receiveServerInfo()).toBe('default');
  client.channel.open(client.log);
  return { client, server };
}

describe.each(transports)('over %s', (name, makeTransport) => {
  let transport: Transport;
  beforeAll(() => {
    transport = makeTransport();
  });

  test('frames and pings arrive in order, and their echoes come back', async () => {
    const { client, server } = await handshaken(transport);
    server.log.onFrame = ({ seq, type = 0, value }) => {
      if (seq === 0) server.channel.sendPing();
      else server.channel.send(seq, type, value);
    };
    for (let seq = 1; seq <= 300; seq++) {
      client.channel.send(seq, seq % 3, { text: 'x'.repeat(seq), seq });
      if (seq % 50 === 0) {
        client.channel.sendPing();
        await endOfTurn();
      }
    }
    await until(() => client.log.frames.length === 306, 'all echoes');
    expect(client.log.frames).toEqual(server.log.frames);
    const seqs = client.log.frames.map(({ seq }) => seq).filter((seq) => seq > 0);
    expect(seqs).toEqual(Array.from({ length: 300 }, (_, index) => index + 1));
  });

  test('a sender that heeds full keeps little, loses nothing and goes on when it is drained', async () => {
    const { client, server } = await handshaken(transport);
    const value = 'x'.repeat(10_000);
    const total = name.includes('seven') ? 40 : 2000;
    let seq = 0;
    let most = 0;
    const sendMore = () => {
      while (seq < total && !client.channel.flow.isFull) client.channel.send(++seq, 0, value);
      most = Math.max(most, client.channel.flow.bufferedBytes);
    };
    client.log.drained = sendMore;
    server.channel.pause();
    sendMore();
    await endOfTurn();
    server.channel.resume();
    await until(() => server.log.frames.length === total, 'all frames');
    expect(server.log.frames.map((frame) => frame.seq)).toEqual(Array.from({ length: total }, (_, index) => index + 1));
    expect(server.log.frames.every((frame) => frame.value === value)).toBe(true);
    // The bound may be passed by the last frame that went in.
    expect(most).toBeLessThan(MAX_BUFFERED_BYTES + 11_000);
  });

  test('a paused receiver makes the sender full, not the process', async () => {
    const { client, server } = await handshaken(transport);
    server.channel.pause();
    const value = 'x'.repeat(50_000);
    let sent = 0;
    for (let turn = 0; turn < 3000 && !client.channel.flow.isFull; turn++) {
      client.channel.send(++sent, 0, value);
      await endOfTurn();
      if (client.channel.flow.isFull) await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(client.channel.flow.isFull).toBe(true);
    expect(server.log.frames.length).toBe(0);
    client.channel.destroy();
    await until(() => client.log.losses.length === 1, 'the end');
    expect(client.log.losses).toEqual([undefined]);
  });

  test('end sends what was sent, and both sides learn of an orderly end', async () => {
    const { client, server } = await handshaken(transport);
    for (let seq = 1; seq <= 100; seq++) client.channel.send(seq, 0, 'x'.repeat(1000));
    client.channel.end();
    await until(() => server.log.losses.length === 1 && client.log.losses.length === 1, 'the end on both sides');
    expect(server.log.frames.length).toBe(100);
    expect([server.log.losses, client.log.losses]).toEqual([[undefined], [undefined]]);
  });

  test('malformed bytes end this connection with a clear error', async () => {
    const { client, server } = await handshaken(transport);
    client.channel.sendServerInfo(Buffer.alloc(11, 0xff));
    await until(() => server.log.losses.length === 1 && client.log.losses.length === 1, 'the end on both sides');
    expect(server.log.losses).toEqual([expect.objectContaining({ code: 'protocol-error' })]);
  });
});
