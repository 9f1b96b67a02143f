import { describe, expect, it } from 'vitest';
import { command, defineProtocol, result, tcpTransport } from '../../../src/index.ts';
import type { ServerOptions } from '../../../src/server/options.ts';
import { serve } from '../../../src/server/serve.ts';
import { expectNothingLeft } from '../support/leaks.ts';
import { eventually, RawClient } from './raw-client.ts';

expectNothingLeft();

const ECHO = 0;

const protocol = defineProtocol({
  results: { Value: result<unknown>() },
  commands: { Echo: command<unknown>().returns('Value') },
});

function serveEcho(options: ServerOptions = {}) {
  return serve(protocol, null, { Echo: (value) => value }, options);
}

describe('callbacks', () => {
  it('tell of connections that come and go', async () => {
    const seen: string[] = [];
    const server = await serveEcho({
      onConnection: ({ remoteAddress }) => seen.push(`${remoteAddress} came`),
      onConnectionLost: ({ remoteAddress, error }) => seen.push(`${remoteAddress} went: ${error?.code}`),
    });
    const ports: (number | undefined)[] = [];
    {
      await using orderly = await RawClient.open(server.port);
      ports.push(orderly.socket.localPort);
      orderly.socket.end();
      await orderly.closed;
      await eventually(() => server.connections === 0);
    }
    {
      await using broken = await RawClient.open(server.port);
      ports.push(broken.socket.localPort);
      broken.socket.resetAndDestroy();
      await eventually(() => server.connections === 0);
    }
    await using closedByServer = await RawClient.open(server.port);
    ports.push(closedByServer.socket.localPort);
    await server.shutdown();
    expect(seen).toEqual([
      `127.0.0.1:${ports[0]} came`,
      `127.0.0.1:${ports[0]} went: undefined`,
      `127.0.0.1:${ports[1]} came`,
      `127.0.0.1:${ports[1]} went: connection-lost`,
      `127.0.0.1:${ports[2]} came`,
    ]);
  });

  it('that throw or reject change nothing, and the process is warned', async () => {
    const warnings: string[] = [];
    const onWarning = (warning: Error) => warnings.push(warning.message);
    process.on('warning', onWarning);
    let events = 0;
    const server = await serveEcho({
      onConnection: () => {
        throw new Error('first');
      },
      onConnectionLost: async () => {
        throw new Error('second');
      },
      inspect: () => {
        if (events++ === 0) throw new Error('third');
      },
    });
    {
      await using client = await RawClient.open(server.port);
      expect((await client.ask(1, ECHO, 1)).value).toBe(1);
    }
    await eventually(() => ['first', 'second', 'third'].every((text) => warnings.join().includes(text)));
    process.off('warning', onWarning);
    await server.close();
  });

  it('show an inspector the server and every session', async () => {
    const seen = new Set<string>();
    const server = await serveEcho({
      inspect: (event) => {
        if (event.type === '@xstate.actor') seen.add('id' in event.actorRef ? String(event.actorRef.id) : '');
      },
    });
    await using client = await RawClient.open(server.port);
    expect([...seen]).toContain('server');
    expect([...seen]).toContain(`session 127.0.0.1:${client.socket.localPort}`);
    await server.close();
  });

  it('show an inspector where the server listens, and nothing else of what a transport keeps in its listener', async () => {
    const inner = tcpTransport();
    const listen: typeof inner.listen = async (...wanted) => {
      const listener = await inner.listen(...wanted);
      return { address: listener.address, key: 'the private key', close: () => listener.close() };
    };
    const seen: unknown[] = [];
    const transport = { ...inner, connect: inner.connect.bind(inner), listen };
    const server = await serveEcho({ transport, inspect: (event) => seen.push('snapshot' in event && event.snapshot) });
    await server.close();
    const text = JSON.stringify(seen);
    expect(text).toContain(server.address);
    expect(text).not.toContain('the private key');
  });
});
