import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { command, createSender, defineProtocol, result } from '../../../src/index.ts';
import type { ServerOptions } from '../../../src/server/options.ts';
import { serve } from '../../../src/server/serve.ts';
import { expectNothingLeft } from '../support/leaks.ts';
import { eventually, gate, RawClient } from './raw-client.ts';

expectNothingLeft();

const ECHO = 0;
const FAIL = 1;
const WAIT = 2;
const CHECKED = 3;

const protocol = defineProtocol({
  results: { Value: result<unknown>() },
  commands: {
    Echo: command<unknown>().returns('Value'),
    Fail: command<string>().returns('Value'),
    Wait: command<unknown>().returns('Value'),
    Checked: command(z.number()).returns('Value'),
  },
});

/** A server that ends the connection where a Command fails; what it reports, and whether `Wait` was told to stop. */
async function failingServer(options: ServerOptions = {}) {
  const lost: unknown[] = [];
  const failed: unknown[] = [];
  const waiting = gate();
  const stopped = gate();
  const server = await serve(
    protocol,
    null,
    {
      Echo: (value) => value,
      Fail(message) {
        throw new Error(message);
      },
      Wait(_value, { signal }) {
        waiting.open();
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            stopped.open();
            reject(signal.reason);
          });
        });
      },
      Checked: (value) => value,
    },
    {
      goClients: true,
      onConnectionLost: ({ error }) => lost.push(error),
      onHandlerError: (error) => failed.push(error),
      ...options,
    },
  );
  return { server, lost, failed, waiting, stopped };
}

describe('a server with goClients: true', () => {
  it('ends the connection behind what it has answered, and tells why', async () => {
    const { server, lost, failed } = await failingServer();
    await using _server = server;
    await using client = await RawClient.open(server.port);
    client.send(1, ECHO, 'first');
    client.send(2, FAIL, 'no luck');
    client.send(3, ECHO, 'not executed');
    await client.closed;
    expect(client.received).toEqual([{ seq: 1, type: 0, value: 'first' }]);
    expect(failed).toMatchObject([{ message: 'no luck' }]);
    expect(lost).toMatchObject([{ code: 'command-failed', message: 'no luck' }]);
  });

  it('does so for a payload that is refused', async () => {
    const { server, lost } = await failingServer();
    await using _server = server;
    await using client = await RawClient.open(server.port);
    client.send(1, CHECKED, 'no number');
    await client.closed;
    expect(client.received).toEqual([]);
    expect(lost).toMatchObject([{ code: 'command-invalid' }]);
  });

  it('tells the other handlers of the connection to stop, and leaves other connections alone', async () => {
    const { server, waiting, stopped } = await failingServer();
    await using _server = server;
    await using neighbour = await RawClient.open(server.port);
    await using client = await RawClient.open(server.port);
    client.send(1, WAIT, null);
    await waiting.promise;
    client.send(2, FAIL, 'no luck');
    await stopped.promise;
    await client.closed;
    expect(await neighbour.ask(1, ECHO, 'still here')).toMatchObject({ value: 'still here' });
  });

  it('closes a connection whose client does not say goodbye in return', async () => {
    const { server } = await failingServer();
    await using _server = server;
    await using client = await RawClient.open(server.port, { allowHalfOpen: true });
    client.send(1, FAIL, 'no luck');
    await eventually(() => server.connections === 0);
  });

  it('fails the Command of a sender with connection-lost, and serves it again', async () => {
    const { server } = await failingServer();
    await using _server = server;
    await using sender = await createSender(protocol, {
      address: `127.0.0.1:${server.port}`,
      reconnect: { initialMs: 5 },
      waitForReady: true,
    });
    await expect(sender.send(protocol.Fail('no luck'))).rejects.toMatchObject({
      code: 'connection-lost',
      mayHaveExecuted: true,
    });
    expect(await sender.send(protocol.Echo('again'))).toBe('again');
  });
});
