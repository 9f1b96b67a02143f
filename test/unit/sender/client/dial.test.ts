import { describe, expect, it } from 'vitest';
import { deferToEndOfTurn, systemClock } from '../../../../src/base/clock.ts';
import { msgpack } from '../../../../src/protocol/codec/msgpack/msgpack.ts';
import { dialer } from '../../../../src/sender/client/dial.ts';
import { resolveExpectedInfo } from '../../../../src/sender/client/expected-info.ts';
import { NO_METADATA } from '../../../../src/wire/extension/metadata.ts';
import { memoryTransport } from '../../../../src/wire/transport/memory.ts';
import type { ByteStream, Transport } from '../../../../src/wire/transport/transport.ts';
import { fixedBound } from '../../../../src/wire/write-flow.ts';

const codec = msgpack();

function dialling(transport: Transport) {
  return dialer({
    transport,
    serverInfo: resolveExpectedInfo('default'),
    hello: { timeoutMs: 1_000, metadata: NO_METADATA, version: '0', describe: false },
    checkWelcome: () => {},
    outgoing: codec.bind({ kind: 'command', types: [], maxPayloadBytes: 1_000 }),
    incoming: codec.bind({ kind: 'result', types: [], maxPayloadBytes: 1_000 }),
    maxFrameBytes: 1_000,
    bufferBound: fixedBound(1_000),
    clock: systemClock,
    defer: deferToEndOfTurn,
  });
}

/** A server in memory that says `greeting` and stays. */
async function serverSaying(greeting: string) {
  const transport = memoryTransport();
  const closed: Promise<void>[] = [];
  const events = {
    acceptError: () => {},
    connection: (stream: ByteStream) => {
      closed.push(
        new Promise((resolve) => stream.open({ data: () => {}, drained: () => {}, closed: () => resolve() })),
      );
      if (greeting !== '') stream.write(Buffer.from(greeting));
    },
  };
  const listener = await transport.listen(
    { host: '127.0.0.1', port: 0, handshakeTimeoutMs: 1_000, maxConnections: 10 },
    events,
  );
  return { transport, address: listener.address, closed };
}

const signal = () => new AbortController().signal;

describe('dialling', () => {
  it('gives a channel to a server that introduces itself as expected, extensions or not', async () => {
    for (const greeting of ['\x07default', '\x0edefault;cancel']) {
      const { transport, address } = await serverSaying(greeting);
      const channel = await dialling(transport)(address, signal());
      expect(channel.remoteAddress).toBe(address);
      channel.destroy();
    }
  });

  it('is over, and the connection with it, when the server is another one', async () => {
    const { transport, address, closed } = await serverSaying('\x05other');
    const dialled = dialling(transport)(address, signal());
    await expect(dialled).rejects.toMatchObject({ code: 'server-info-mismatch' });
    await expect(dialled).rejects.toThrow(`introduced itself as 'other'; expected 'default' (option 'serverInfo')`);
    await closed[0];
  });

  it('is over when what comes is no ServerInfo', async () => {
    const { transport, address, closed } = await serverSaying('\x00');
    await expect(dialling(transport)(address, signal())).rejects.toMatchObject({ code: 'protocol-error' });
    await closed[0];
  });

  it('can be called off while the server is silent', async () => {
    const { transport, address, closed } = await serverSaying('');
    const controller = new AbortController();
    const connect: Transport['connect'] = async (to, attempt) => {
      const stream = await transport.connect(to, attempt);
      setTimeout(() => controller.abort(), 5);
      return stream;
    };
    const dialled = dialling({ ...transport, connect })(address, controller.signal);
    await expect(dialled).rejects.toMatchObject({ code: 'connection-lost' });
    await closed[0];
  });

  it('can be called off at the very moment at which the stream is there', async () => {
    const { transport, address, closed } = await serverSaying('');
    const controller = new AbortController();
    const connect: Transport['connect'] = async (to, attempt) => {
      const stream = await transport.connect(to, attempt);
      controller.abort(new Error('called off'));
      return stream;
    };
    await expect(dialling({ ...transport, connect })(address, controller.signal)).rejects.toThrow('called off');
    await closed[0];
  });
});
