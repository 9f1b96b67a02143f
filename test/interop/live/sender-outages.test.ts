import { setTimeout as wait } from 'node:timers/promises';
import {
  type CircuitBreakerState,
  type CmdStreamError,
  createSender,
  type Sender,
  type SenderOptions,
  type StatusEvent,
} from 'cmd-stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { failureOf, soon, timed } from '../../e2e/client/stage.ts';
import { expectNothingLeft } from '../../e2e/support/leaks.ts';
import { plainCodecs } from '../support/codecs.ts';
import { describeWithGo, GoServer } from '../support/go-peers.ts';
import { interop } from '../support/protocol.ts';

// A Go server that closes idle connections, goes away, hangs, comes back: what a sender makes of it.

expectNothingLeft();

const codec = plainCodecs.json;
/** What a busy machine takes for a Ping of the sender is far less. */
const RECEIVE_MS = 1_000;
const LOST = { code: 'connection-lost', mayHaveExecuted: true };

/** A sender that does not wait long, and the changes of state of its clients. */
async function connect({ address }: { address: string }, options: Partial<SenderOptions> = {}) {
  const states: string[] = [];
  const onStatus = (event: StatusEvent) => {
    if (event.type === 'client') states.push(event.state);
  };
  const reconnect = { initialMs: 5, maxMs: 40 };
  const sender = await createSender(interop, { address, codec, reconnect, keepalive: false, onStatus, ...options });
  return { sender, states };
}

const add = (sender: Sender<typeof interop>, A: number, waitForReady = true) =>
  sender.send(interop.Add({ A, B: 1 }), { waitForReady }).then(Number);
const delay = (sender: Sender<typeof interop>) => sender.send(interop.Delay({ Ms: 60_000 }));
const lostIn = (server: GoServer) => server.events.filter(({ event }) => event === 'lost');

describeWithGo('a Go server that closes idle connections', () => {
  const flags = ['--command-receive-ms', String(RECEIVE_MS)];

  it('keeps one that a keepalive uses', async () => {
    await using server = await GoServer.start('json', flags);
    const { sender, states } = await connect(server, { keepalive: { timeMs: 60, timeoutMs: 2000 } });
    await using _ = sender;
    await wait(3 * RECEIVE_MS);
    expect(lostIn(server)).toEqual([]);
    expect(states.filter((state) => state !== 'connecting')).toEqual(['ready']);
    expect(await add(sender, 1, false)).toBe(2);
    expect(await server.stop()).toEqual({ Add: 1 });
  });

  it('closes one without a keepalive, and is found again', async () => {
    await using server = await GoServer.start('json', flags);
    const { sender, states } = await connect(server);
    await using _ = sender;
    await soon(() => lostIn(server).length).toBe(1);
    await soon(() => states.filter((state) => state === 'ready').length).toBe(2);
    expect(await add(sender, 1)).toBe(2);
    expect(await server.stop()).toEqual({ Add: 1 });
  });
});

describeWithGo('a Go server that goes away', () => {
  describe.each(['SIGTERM', 'SIGKILL'] as const)('by %s', (signal) => {
    it('fails what is in flight, and is found again on the same port', async () => {
      await using server = await GoServer.start('json');
      const { sender } = await connect(server, { clients: 2 });
      await using _ = sender;
      await soon(() => sender.status.ready).toBe(2);
      expect(await add(sender, 1)).toBe(2);
      const inFlight = Array.from({ length: 20 }, () => failureOf(delay(sender)));
      expect(await add(sender, 2)).toBe(3);
      await server.end(signal);
      for (const failure of await Promise.all(inFlight)) expect(failure).toMatchObject(LOST);

      await soon(() => sender.status.state).toBe('unavailable');
      expect(await failureOf(add(sender, 1, false))).toMatchObject({ code: 'unavailable', mayHaveExecuted: false });
      const hurried = failureOf(sender.send(interop.Add({ A: 1, B: 1 }), { waitForReady: true, timeoutMs: 50 }));
      expect(await hurried).toMatchObject({ code: 'timeout', mayHaveExecuted: false });
      const patient = Array.from({ length: 20 }, (_, n) => add(sender, n));

      await using again = await GoServer.start('json', [], server.port);
      expect(await Promise.all(patient)).toEqual(patient.map((_, n) => n + 1));
      await soon(() => sender.status.ready).toBe(2);
      // What waited is executed once; what was in flight or given up is not sent again.
      expect(await again.stop()).toEqual({ Add: 20 });
    });
  });

  it('is found again 5 times amid Commands, each of which it has executed where the sender says so', async () => {
    let server = await GoServer.start('json');
    onTestFinished(() => server.kill());
    const { sender } = await connect(server, { clients: 4 });
    await using _ = sender;
    const outcomes = { answered: 0, uncertain: 0, notExecuted: 0 };
    let goesOn = true;
    const work = async (A: number) => {
      while (goesOn) {
        try {
          expect(await add(sender, A)).toBe(A + 1);
          outcomes.answered++;
        } catch (error) {
          expect(error).toMatchObject({ code: 'connection-lost' });
          outcomes[(error as CmdStreamError).mayHaveExecuted ? 'uncertain' : 'notExecuted']++;
        }
      }
    };
    const workers = Array.from({ length: 32 }, (_, n) => work(n));
    let executed = 0;
    for (let times = 0; times < 5; times++) {
      const before = outcomes.answered;
      await soon(() => outcomes.answered).toBeGreaterThan(before + 500);
      const { port } = server;
      executed += (await server.stop()).Add as number;
      server = await GoServer.start('json', [], port);
    }
    const before = outcomes.answered;
    await soon(() => outcomes.answered).toBeGreaterThan(before + 500);
    goesOn = false;
    await Promise.all(workers);
    executed += (await server.stop()).Add as number;
    expect(executed).toBeGreaterThanOrEqual(outcomes.answered);
    expect(executed).toBeLessThanOrEqual(outcomes.answered + outcomes.uncertain);
  });

  it('fails what it has not been sent as what it has certainly not executed', async () => {
    await using server = await GoServer.start('json');
    const { sender } = await connect(server, { maxBufferedBytes: 256 * 1024 * 1024, reconnect: false });
    await using _ = sender;
    server.pause();
    // More than the operating system takes from a sender for a server that does not read.
    const Text = 'x'.repeat(1024 * 1024);
    const thirty = () => Array.from({ length: 30 }, () => failureOf(sender.send(interop.Echo({ Data: null, Text }))));
    const handedOver = thirty();
    await wait(50);
    const kept = thirty();
    await wait(50);
    await server.kill();
    const unsent = { code: 'connection-lost', mayHaveExecuted: false };
    // What one turn sends is handed over piece by piece, for as long as the operating system takes it.
    const failures = await Promise.all(handedOver);
    const known = failures.findIndex(({ mayHaveExecuted }) => !mayHaveExecuted);
    expect(known).not.toBe(0);
    for (const [index, failure] of failures.entries()) {
      expect(failure).toMatchObject(known < 0 || index < known ? LOST : unsent);
    }
    for (const failure of await Promise.all(kept)) expect(failure).toMatchObject(unsent);
  });

  it('opens the circuit breaker, and closes it when it is back', async () => {
    const states: CircuitBreakerState[] = [];
    await using server = await GoServer.start('json');
    const { sender } = await connect(server, {
      circuitBreaker: {
        windowSize: 4,
        failureRate: 0.5,
        openDurationMs: 300,
        successThreshold: 2,
        onStateChange: (state) => void states.push(state),
      },
    });
    await using _ = sender;
    expect(await add(sender, 1)).toBe(2);
    const inFlight = failureOf(delay(sender));
    expect(await add(sender, 2)).toBe(3);
    await server.kill();
    expect(await inFlight).toMatchObject(LOST);
    expect(await failureOf(add(sender, 1, false))).toMatchObject({ code: 'unavailable' });
    expect(sender.circuitBreaker?.state).toBe('open');
    const refused = { code: 'circuit-open', mayHaveExecuted: false };
    expect(await failureOf(add(sender, 1))).toMatchObject(refused);
    // A trial while it is still away.
    await soon(() => sender.circuitBreaker?.state).toBe('half-open');
    expect(await failureOf(add(sender, 1, false))).toMatchObject({ code: 'unavailable' });
    expect(await failureOf(add(sender, 1))).toMatchObject(refused);

    await using again = await GoServer.start('json', [], server.port);
    await soon(() => sender.circuitBreaker?.state).toBe('half-open');
    expect(await Promise.all([add(sender, 1), add(sender, 2)])).toEqual([2, 3]);
    expect(await add(sender, 3)).toBe(4);
    expect(states).toEqual(['open', 'half-open', 'open', 'half-open', 'closed']);
    expect(await again.stop()).toEqual({ Add: 3 });
  });
});

describeWithGo('a Go server that hangs', () => {
  const timeMs = 1_000;
  const timeoutMs = 1_000;

  it('is found out within keepalive time and ping timeout, and found again when it goes on', async () => {
    await using server = await GoServer.start('json');
    const { sender, states } = await connect(server, { keepalive: { timeMs, timeoutMs }, handshakeTimeoutMs: 1_000 });
    await using _ = sender;
    const inFlight = failureOf(delay(sender));
    expect(await add(sender, 1)).toBe(2);
    server.pause();
    const sinceMs = performance.now();
    const foundMs = await timed(() => inFlight);
    // By the clock on the wall: what is said of too little time, the time of this process does not know.
    expect(performance.now() - sinceMs).toBeGreaterThanOrEqual(timeMs + timeoutMs - 20);
    expect(await inFlight).toMatchObject(LOST);
    expect((await inFlight).message).toMatch(/did not answer a Ping within 1000 ms/);
    // A busy machine is late, but not by another keepalive time.
    expect(foundMs).toBeLessThan(timeMs + timeoutMs + 900);
    // It takes connections, and says nothing.
    await soon(() => sender.status.error).toMatchObject({ code: 'handshake-timeout' });
    expect(states.at(-1)).not.toBe('ready');
    const waiting = add(sender, 5);
    server.resume();
    expect(await waiting).toBe(6);
    expect(await server.stop()).toEqual({ Delay: 1, Add: 2 });
  });

  it('is not found out, but waited for, where it goes on in time', async () => {
    await using server = await GoServer.start('json');
    const { sender, states } = await connect(server, { keepalive: { timeMs: 50, timeoutMs: 2000 } });
    await using _ = sender;
    expect(await add(sender, 1)).toBe(2);
    server.pause();
    const waiting = Array.from({ length: 100 }, (_, n) => add(sender, n));
    await wait(300);
    server.resume();
    expect(await Promise.all(waiting)).toEqual(waiting.map((_, n) => n + 1));
    expect(states.filter((state) => state === 'ready')).toHaveLength(1);
    expect(await server.stop()).toEqual({ Add: 101 });
  });
});
