import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { eventLoopTurn, failureOf, soon, stage, timed } from '../client/stage.ts';

// Go: a handshake that the server stays silent in has no timeout by default; the client hangs and cannot be closed.
// Here: dial, TLS and ServerInfo stand under one handshake timeout, which has a default; close() works during it.

const { silentServer, sender } = stage();

describe.each([
  ['TCP', {}],
  ['TLS', { tls: true }],
] as const)('flaw 13: a silent handshake over %s', (_, options) => {
  it('ends after handshakeTimeoutMs', async () => {
    const server = await silentServer();
    const connecting = sender({ address: server.address, handshakeTimeoutMs: 60, ...options });
    const tookMs = await timed(async () => {
      const error = await failureOf(connecting);
      expect(error).toMatchObject({ code: 'unavailable', cause: { code: 'handshake-timeout' } });
      expect(error.message).toContain('handshakeTimeoutMs');
    });
    expect(tookMs).toBeLessThan(600);
    await soon(() => server.connections.size).toBe(0);
  });

  it('ends after 10 s where nothing is said', async () => {
    const server = await silentServer();
    const clock = new VirtualClock();
    const outcome = failureOf(sender({ address: server.address, clock, ...options }));
    await soon(() => server.accepted).toBe(1);
    await clock.advanceWithTurns(9_999);
    expect(server.connections.size).toBe(1);
    // And a turn, for what a busy process would not have read.
    await clock.advanceWithTurns(2);
    expect(await outcome).toMatchObject({ cause: { code: 'handshake-timeout' } });
  });

  it('is tried again, and again under the timeout', async () => {
    const server = await silentServer();
    const client = await sender({ address: server.address, handshakeTimeoutMs: 30, lazy: true, ...options });
    await soon(() => server.accepted).toBe(3);
    expect(client.status.clients[0]?.error).toMatchObject({ code: 'handshake-timeout' });
    expect(server.connections.size).toBeLessThanOrEqual(1);
  });

  it('does not keep a client from being closed', async () => {
    const server = await silentServer();
    const client = await sender({ address: server.address, handshakeTimeoutMs: 60_000, lazy: true, ...options });
    await soon(() => server.accepted).toBe(1);
    expect(await timed(() => client.close())).toBeLessThan(500);
    await soon(() => server.connections.size).toBe(0);
    await eventLoopTurn();
    expect(client.status.state).toBe('closed');
  });
});
