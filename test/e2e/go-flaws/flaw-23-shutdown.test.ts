import { describe, expect, it } from 'vitest';
import { command, defineProtocol, result } from '../../../src/index.ts';
import { serve } from '../../../src/server/serve.ts';
import { gate, RawClient } from '../server/raw-client.ts';

// Go: Shutdown waits for an idle client for ever, Close after it does nothing, and what waits for the end of all kills
// what is in flight.

const protocol = defineProtocol({
  results: { Value: result<string>() },
  commands: { Wait: command<string>().returns('Value') },
});

async function serveWaiting() {
  const started = gate();
  const go = gate();
  const server = await serve(
    protocol,
    null,
    {
      async Wait(text) {
        started.open();
        await go.promise;
        return text;
      },
    },
    { shutdownTimeoutMs: 60_000 },
  );
  return { server, started, go };
}

describe('flaw 23', () => {
  it('shutdown() does not wait for an idle client', async () => {
    const { server } = await serveWaiting();
    await using idle = await RawClient.open(server.port);
    const before = performance.now();
    await server.shutdown();
    expect(performance.now() - before).toBeLessThan(5_000);
    await idle.closed;
  });

  it('shutdown() closes idle clients at once while others are still served', async () => {
    const { server, started, go } = await serveWaiting();
    await using idle = await RawClient.open(server.port);
    await using busy = await RawClient.open(server.port);
    busy.send(1, 0, 'finished');
    await started.promise;
    const over = server.shutdown();
    await idle.closed;
    expect(busy.socket.closed).toBe(false);
    go.open();
    await over;
    await busy.closed;
    expect(busy.valuesOf(1)).toEqual(['finished']);
  });

  it('close() during shutdown() ends it', async () => {
    const { server, started } = await serveWaiting();
    await using busy = await RawClient.open(server.port);
    busy.send(1, 0, 'never');
    await started.promise;
    const over = server.shutdown();
    await server.close();
    await over;
    await busy.closed;
    expect(busy.received).toEqual([]);
  });

  it('waiting for the end kills nothing that is in flight', async () => {
    const { server, started, go } = await serveWaiting();
    await using busy = await RawClient.open(server.port);
    busy.send(1, 0, 'finished');
    await started.promise;
    void server.shutdown();
    const done = server.done;
    go.open();
    await done;
    await busy.closed;
    expect(busy.valuesOf(1)).toEqual(['finished']);
  });
});
