import { type CircuitBreakerState, createCircuitBreaker } from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import { failureOf, onePlusOne, sleep, stage } from '../client/stage.ts';
import { calc, ERROR, SUM } from '../support/calc.ts';
import type { PeerCommand } from '../support/scripted-peer.ts';
import { answers, MODES } from './support.ts';

const { peer, sender, onEnd } = stage();

describe.each(MODES)('the circuit breaker of a sender, requests running %s', (_, mode) => {
  /** A service that can be broken and mended. */
  async function service() {
    const state = { broken: false };
    const server = await peer({
      onCommand: ({ seq, connection }: PeerCommand) => {
        if (state.broken) connection.result(seq, ERROR, { code: 'command-failed', message: 'broken' });
        else connection.result(seq, SUM, 2);
      },
    });
    return { state, server };
  }

  it('opens when too much fails, fails fast, lets trials through after a time, and closes', async () => {
    const { state, server } = await service();
    const states: CircuitBreakerState[] = [];
    const client = await sender({
      address: server.address,
      circuitBreaker: {
        windowSize: 4,
        failureRate: 0.5,
        openDurationMs: 100,
        successThreshold: 2,
        onStateChange: (to) => states.push(to),
      },
      ...mode,
    });
    expect(client.circuitBreaker?.state).toBe('closed');
    expect(await client.send(onePlusOne)).toBe(2);
    state.broken = true;
    for (let n = 0; n < 2; n++) await failureOf(client.send(onePlusOne));
    expect(client.circuitBreaker?.state).toBe('open');
    const sent = server.commands.length;
    const error = await failureOf(client.send(onePlusOne));
    expect(error).toMatchObject({ code: 'circuit-open', mayHaveExecuted: false });
    expect(error.message).toMatch(/^Command 'Add' was not sent: the circuit breaker is open/);
    expect(await failureOf(client.sendMulti(onePlusOne, () => undefined))).toMatchObject({ code: 'circuit-open' });
    expect(server.commands).toHaveLength(sent);

    // The first trial fails: open again.
    await expect.poll(() => client.circuitBreaker?.state).toBe('half-open');
    await failureOf(client.send(onePlusOne));
    expect(client.circuitBreaker?.state).toBe('open');

    state.broken = false;
    await expect.poll(() => client.circuitBreaker?.state).toBe('half-open');
    expect(await client.send(onePlusOne)).toBe(2);
    expect(client.circuitBreaker?.state).toBe('half-open');
    expect(await client.send(onePlusOne)).toBe(2);
    expect(client.circuitBreaker?.state).toBe('closed');
    await sleep(0);
    expect(states).toEqual(['open', 'half-open', 'open', 'half-open', 'closed']);
  });

  it('counts what could not be sent for want of a client, and what timed out; not what the caller cancelled', async () => {
    const server = await peer({});
    const circuitBreaker = { windowSize: 2, failureRate: 1, openDurationMs: 60_000 };
    const client = await sender({ address: server.address, circuitBreaker, ...mode });
    for (let n = 0; n < 5; n++) {
      const controller = new AbortController();
      const cancelled = failureOf(client.send(onePlusOne, { signal: controller.signal }));
      controller.abort();
      await cancelled;
    }
    expect(client.circuitBreaker?.state).toBe('closed');
    await failureOf(client.send(onePlusOne, { timeoutMs: 10 }));
    await server.stop();
    await expect.poll(() => client.status.state).toBe('unavailable');
    await failureOf(client.send(onePlusOne));
    expect(client.circuitBreaker?.state).toBe('open');
  });

  it('is asked before the hooks, which then hear nothing', async () => {
    const { state, server } = await service();
    state.broken = true;
    const heard: string[] = [];
    const client = await sender({
      address: server.address,
      circuitBreaker: { windowSize: 1, failureRate: 1, openDurationMs: 60_000 },
      hooks: () => ({
        beforeSend: () => void heard.push('before'),
        onError: (_, { code }) => void heard.push(code),
      }),
      ...mode,
    });
    await failureOf(client.send(onePlusOne));
    expect(await failureOf(client.send(onePlusOne))).toMatchObject({ code: 'circuit-open' });
    expect(heard).toEqual(['before', 'command-failed']);
  });

  it('gives a trial back that a hook refused, or that was never sent', async () => {
    const { state, server } = await service();
    state.broken = true;
    let refuses = false;
    const client = await sender({
      address: server.address,
      circuitBreaker: { windowSize: 1, failureRate: 1, openDurationMs: 30, successThreshold: 1 },
      hooks: () => ({ beforeSend: () => (refuses ? Promise.reject(new Error('no')) : undefined) }),
      ...mode,
    });
    await failureOf(client.send(onePlusOne));
    state.broken = false;
    await expect.poll(() => client.circuitBreaker?.state).toBe('half-open');
    refuses = true;
    for (let n = 0; n < 3; n++) expect(await failureOf(client.send(onePlusOne))).toMatchObject({ code: 'refused' });
    refuses = false;
    expect(await client.send(onePlusOne)).toBe(2);
    expect(client.circuitBreaker?.state).toBe('closed');
  });

  it('of its own ends with the sender, whose sends then fail with closed', async () => {
    const { server } = await service();
    const client = await sender({ address: server.address, circuitBreaker: {}, ...mode });
    await client.close();
    expect(client.circuitBreaker?.state).toBe('open');
    const error = await failureOf(client.send(onePlusOne));
    expect(error).toMatchObject({ code: 'closed', mayHaveExecuted: false });
    expect(await failureOf(client.sendMulti(onePlusOne, () => undefined))).toMatchObject({ code: 'closed' });
  });

  it('that is shared by several senders outlives them', async () => {
    const { state, server } = await service();
    const breaker = createCircuitBreaker({ windowSize: 2, failureRate: 1, openDurationMs: 60_000 });
    onEnd(() => breaker.stop());
    const first = await sender({ address: server.address, circuitBreaker: breaker, ...mode });
    const second = await sender({ address: server.address, circuitBreaker: breaker, ...mode });
    expect(first.circuitBreaker).toBe(breaker);
    state.broken = true;
    await failureOf(first.send(onePlusOne));
    await first.close();
    expect(breaker.state).toBe('closed');
    expect(await failureOf(first.send(onePlusOne))).toMatchObject({ code: 'closed' });
    await failureOf(second.send(onePlusOne));
    expect(breaker.state).toBe('open');
    await second.close();
    breaker.reset();
    expect(breaker.state).toBe('closed');
  });
});

it('there is none unless it is asked for', async () => {
  const { address } = await peer(answers);
  const client = await sender({ address });
  expect(client.circuitBreaker).toBeUndefined();
  expect(await client.send(calc.Add({ a: 2, b: 2 }))).toBe(4);
});
