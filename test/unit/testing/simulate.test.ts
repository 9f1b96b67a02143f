import { setTimeout as realSleep, setImmediate as realTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type SimulateOptions, SimulationFailed, simulate } from '../../../src/testing/simulate.ts';
import type { Simulation } from '../../../src/testing/simulation.ts';
import { rejection } from '../wire/transport/support.ts';
import { Counter, counting, handlersOn } from './scenario.ts';

const { Count, Wait } = counting;

/** A server on `a` and a sender that reconnects quickly. */
async function service(simulation: Simulation) {
  const server = await simulation.serve(counting, () => new Counter(), handlersOn(simulation), { host: 'a' });
  const sender = await simulation.createSender(counting, {
    address: server.address,
    keepalive: { timeMs: 1000, timeoutMs: 500 },
  });
  return { server, sender };
}

const kindsOf = (log: readonly { readonly kind: string }[]) => new Set(log.map(({ kind }) => kind));

describe('simulate', () => {
  it('runs hours in no time, and says how long they were', async () => {
    const result = await simulate(1, async ({ clock }) => {
      await clock.sleep(3_600_000);
      return clock.monotonicMs();
    });
    expect(result).toMatchObject({ seed: 1, value: 3_600_000, durationMs: 3_600_000, left: { timers: 0 } });
  });

  it('lets handlers wait, deadlines pass and promises settle in virtual time', async () => {
    const { durationMs, log } = await simulate('waits', async (simulation) => {
      const { sender } = await service(simulation);
      const [late, answer] = await Promise.all([
        rejection(sender.send(Wait({ ms: 2000 }), { timeoutMs: 500 })),
        sender.send(Wait({ ms: 3000 })),
      ]);
      expect(late).toMatchObject({ code: 'timeout', mayHaveExecuted: true });
      expect(answer).toBe(0);
    });
    expect(durationMs).toBeGreaterThan(3000);
    expect(durationMs).toBeLessThan(3020);
    const timedOut = log.find(({ kind }) => kind === 'timedOut');
    expect(timedOut?.details).toMatchObject({ command: 'Wait', code: 'timeout', mayHaveExecuted: true });
    expect(kindsOf(log)).toEqual(
      new Set([
        ...[
          'net.listen',
          'server.up',
          'net.dial',
          'net.accepted',
          'connection',
          'net.connected',
          'net.bytes',
          'status',
        ],
        ...['send', 'execute', 'timedOut', 'result', 'net.closed', 'net.unlisten'],
      ]),
    );
  });

  it('starts a crashed server again, without what was in its memory, and the sender finds it', async () => {
    const { log, left } = await simulate(5, async (simulation) => {
      const { server, sender } = await service(simulation);
      const { clock, network } = simulation;
      expect(await sender.send(Count({ by: 5 }))).toBe(5);
      network.inject({ kind: 'crash', server: 'a', forMs: 2000 });
      const failure = await rejection(sender.send(Wait({ ms: 1 })));
      expect(failure).toMatchObject({ code: 'connection-lost' });
      expect([server.server, server.connections]).toEqual([undefined, 0]);
      await clock.sleep(10_000);
      expect(server.starts).toBe(2);
      expect(await sender.send(Count({ by: 1 }))).toBe(1);
      await server.shutdown();
      network.inject({ kind: 'crash', server: 'a', forMs: 10 });
      await clock.sleep(100);
      expect(server.starts, 'shut down for good').toBe(2);
    });
    expect(left).toEqual({ timers: 0, connections: 0 });
    const ups = log.filter(({ kind }) => /^server\./.test(kind)).map(({ kind, details }) => [kind, details.starts]);
    expect(ups).toEqual([
      ['server.up', 1],
      ['server.down', 1],
      ['server.up', 2],
    ]);
  });

  it('starts a server on a machine that is down once that is back', async () => {
    const { left } = await simulate(5, async (simulation) => {
      const { clock, network } = simulation;
      network.inject({ kind: 'crash', server: 'a', forMs: 2000 });
      const server = await simulation.serve(counting, () => new Counter(), handlersOn(simulation), { host: 'a' });
      expect([server.server, server.starts]).toEqual([undefined, 0]);
      await clock.sleep(2000);
      const sender = await simulation.createSender(counting, { address: server.address });
      expect([server.starts, await sender.send(Count({ by: 1 }))]).toEqual([1, 1]);
    });
    expect(left).toEqual({ timers: 0, connections: 0 });
  });

  it('leaves no server that is closed at the very moment at which its machine is back', async () => {
    const { left } = await simulate(5, async (simulation) => {
      const { server } = await service(simulation);
      const { clock, network } = simulation;
      network.inject({ kind: 'crash', server: 'a' });
      await clock.sleep(100);
      network.heal();
      await server.close();
      await clock.sleep(100);
      expect(server.server).toBeUndefined();
    });
    expect(left).toEqual({ timers: 0, connections: 0 });
  });

  it('leaves the ends of the log to the scenario as well', async () => {
    const { log, hash } = await simulate(5, ({ log }) =>
      log('mine', { at: new Date(0), big: 1n, error: new Error('no') }),
    );
    expect(log).toEqual([
      {
        atMs: 0,
        kind: 'mine',
        who: 'scenario',
        details: { at: '1970-01-01T00:00:00.000Z', big: '1', error: { name: 'Error', message: 'no' } },
      },
    ]);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('says less where that is asked for, and the very same things happen', async () => {
    const scenario = async (simulation: Simulation) => {
      const { sender } = await service(simulation);
      await sender.send(Count({ by: 5 }));
      await simulation.clock.sleep(5_000);
    };
    const full = await simulate(5, scenario);
    const brief = await simulate(5, scenario, { logBytes: false, logSends: false });
    expect(kindsOf(brief.log)).toEqual(
      new Set(['net.listen', 'server.up', 'net.dial', 'net.accepted', 'net.connected', 'net.closed', 'net.unlisten']),
    );
    expect([brief.durationMs, brief.steps]).toEqual([full.durationMs, full.steps]);
    const kinds = kindsOf(brief.log);
    expect(full.log.filter(({ kind }) => kinds.has(kind))).toEqual(brief.log);
  });

  it('calls the hooks, invokers and listeners of the user as well', async () => {
    const called: string[] = [];
    await simulate(5, async (simulation) => {
      const server = await simulation.serve(counting, () => new Counter(), handlersOn(simulation), {
        invoker: (command, _context, next) => {
          called.push(`invoker ${command.name}`);
          return next();
        },
        onConnection: ({ remoteAddress }) => called.push(`connection of ${remoteAddress}`),
        onConnectionLost: () => called.push('connection lost'),
        onHandlerError: (error) => called.push(String(error)),
      });
      const sender = await simulation.createSender(
        counting,
        {
          address: server.address,
          hooks: () => ({ onResult: () => called.push('result') }),
          onStatus: (event) => event.type === 'group' && called.push(event.state),
          onUnexpectedResult: ({ type }) => called.push(`unexpected ${type}`),
        },
        { host: 'desk' },
      );
      await sender.send(Count({ by: 1 }));
      await rejection(sender.send(Wait({ ms: 7 })));
      await rejection(sender.send(Wait({ ms: 20 }), { timeoutMs: 20.5 }));
      await simulation.clock.sleep(100);
      await sender.close();
      await simulation.clock.sleep(100);
    });
    expect(called).toEqual([
      ...['connection of desk:49152', 'ready', 'invoker Count', 'result', 'invoker Wait', 'Error: unlucky'],
      ...['invoker Wait', 'unexpected Total', 'closing', 'closed', 'connection lost'],
    ]);
  });
});

describe('a simulation that fails', () => {
  it('says its seed, when, and why, and keeps the log', async () => {
    const cause = new Error('as expected');
    const failure = await rejection(
      simulate(77, async (simulation) => {
        await service(simulation);
        await simulation.clock.sleep(1234);
        throw cause;
      }),
    );
    expect(failure).toBeInstanceOf(SimulationFailed);
    expect(failure.message).toMatch(/^the simulation with the seed 77 failed at 12\d\d[.\d]* ms: as expected$/);
    expect(failure.cause).toBe(cause);
    expect((failure as SimulationFailed).log.length).toBeGreaterThan(5);
  });

  it('is one that waits for what never comes', async () => {
    const failure = await rejection(simulate(1, () => new Promise(() => {})));
    expect(failure.message).toContain('it waits for something that never comes: no timer is set');
  });

  it('is one that takes too long', async () => {
    const failure = await rejection(
      simulate(
        1,
        async ({ clock }) => {
          for (;;) await clock.sleep(10);
        },
        { maxMs: 1000 },
      ),
    );
    expect(failure).toMatchObject({ atMs: 1000 });
    expect(failure.message).toContain(`it was not over after 1000 ms (option 'maxMs')`);
  });

  it('is one whose timer throws', async () => {
    const failure = await rejection(
      simulate(1, async ({ clock }) => {
        clock.setTimeout(() => {
          throw new Error('in a timer');
        }, 5);
        await clock.sleep(10);
      }),
    );
    expect(failure.message).toBe('the simulation with the seed 1 failed at 5 ms: in a timer');
  });

  it('is none that waits a little for something real', async () => {
    const { value } = await simulate(1, async () => {
      for (let turn = 0; turn < 10; turn++) await realTurn();
      return 'real';
    });
    expect(value).toBe('real');
  });

  it.each<[unknown, SimulateOptions, RegExp]>([
    [0.5, {}, /option 'seed' must be a whole number or a text; got 0.5/],
    [1, { maxMs: 0 }, /option 'maxMs' must be a duration in milliseconds; got 0/],
    [1, { link: { jitterMs: -1 } }, /option 'link.jitterMs' must be a duration/],
    [1, { windowBytes: 0 }, /option 'windowBytes' must be/],
    [1, { logBytes: 'yes' as never }, /option 'logBytes' must be true or false/],
    [1, { startAtMs: Number.NaN }, /option 'wallOffsetMs' must be a time/],
    [1, { latency: 1 } as never, /simulate\(\) has no option 'latency'/],
  ])('is refused at once where seed or options are not acceptable: %j %j', async (seed, options, message) => {
    expect(await rejection(simulate(seed as never, () => {}, options))).toMatchObject({
      code: 'invalid-argument',
      message: expect.stringMatching(message),
    });
  });
});

describe('a server of the kit', () => {
  it('wants what makes its receiver, in the place where the real serve() has the receiver', async () => {
    const run = simulate(1, async (simulation) => {
      await simulation.serve(counting, new Counter() as unknown as () => Counter, handlersOn(simulation), {
        host: 'a',
      });
    });
    const { cause } = (await rejection(run)) as { cause?: unknown };
    expect(cause).toMatchObject({
      code: 'invalid-argument',
      message:
        'makeReceiver must be a function that makes the receiver, unlike that of the real serve(); got an object',
    });
  });
});

describe('the speed', () => {
  it('is that of promises: hundreds of steps for each turn of the event loop, which costs four times as much', async () => {
    let turns = 0;
    let isOver = false;
    const count = () => {
      turns++;
      if (!isOver) setImmediate(count);
    };
    const { steps } = await simulate(1, async ({ clock }) => {
      setImmediate(count);
      for (let step = 0; step < 20_000; step++) await clock.sleep(1);
    }).finally(() => {
      isOver = true;
    });
    expect(steps).toBe(20_000);
    expect(turns).toBeGreaterThan(10);
    expect(steps / turns).toBeGreaterThan(400);
  });

  it('of a busy group is that of its work: Commands that are sent together share their steps', async () => {
    let sent = 0;
    const { steps } = await simulate(1, async (simulation) => {
      const { sender } = await service(simulation);
      for (let burst = 0; burst < 50; burst++) {
        const together = Array.from({ length: 20 }, () => sender.send(Count({ by: 1 })));
        sent += (await Promise.all(together)).length;
      }
    });
    expect(sent).toBe(1000);
    expect(steps / sent).toBeLessThan(0.5);
  });
});

describe('a handler that does not answer', () => {
  const answering = (
    handler: () => unknown,
    options: SimulateOptions = {},
    scenario?: (send: Promise<unknown>) => unknown,
  ) =>
    rejection(
      simulate(
        1,
        async (simulation) => {
          const { serve, createSender } = simulation;
          const handlers = { ...handlersOn(simulation), Count: handler as () => Promise<number> };
          const { address } = await serve(counting, () => new Counter(), handlers, { host: 'a' });
          const sender = await createSender(counting, { address, keepalive: false });
          const send = sender.send(Count({ by: 1 }), {
            timeoutMs: scenario === undefined ? 5_000 : Number.POSITIVE_INFINITY,
          });
          send.catch(() => undefined);
          await (scenario?.(send) ?? send);
        },
        options,
      ),
    );
  const advice = 'virtual time does not; use clock.sleep, or memoryTransport (testService) in place of a simulation';

  it('since it waits for the real world is named, with what is under way and what to do', async () => {
    const { message, cause } = await answering(() => realSleep(100, 1));
    expect(cause).toMatchObject({ code: 'timeout' });
    expect(message).toMatch(
      /the handler of Count on 'a', called at [\d.]+ ms, has not answered\. If it waits for the real world/,
    );
    expect(message).toMatch(/\(something real is under way: (\w+, )*Timeout(, \w+)*\)/);
    expect(message.endsWith(advice)).toBe(true);
  });

  it('rightly is named as well, and the real world as a possibility', async () => {
    const { message } = await answering(() => new Promise(() => undefined));
    expect(message).toMatch(/has not answered\. If it waits for the real world \(/);
  });

  it('is named where the simulation does not come to its end', async () => {
    const { message } = await answering(
      () => new Promise(() => undefined),
      { maxMs: 10_000 },
      (send) => send,
    );
    expect(message).toMatch(/it was not over after 10000 ms .*; the handler of Count on 'a', .* has not answered/);
  });

  it('is not named where something else failed, or where it has answered', async () => {
    const other = await answering(
      () => new Promise(() => undefined),
      {},
      () => {
        throw new Error('something else');
      },
    );
    expect(other.message).toMatch(/: something else$/);
    const lost = await rejection(
      simulate(1, async (simulation) => {
        const { sender } = await service(simulation);
        await sender.send(Count({ by: 1 }));
        simulation.network.inject({ kind: 'partition', from: 'client', to: 'a', forMs: 60_000 });
        await sender.send(Count({ by: 1 }), { timeoutMs: 100 });
      }),
    );
    expect(lost.message).toMatch(/: Count .*$/);
    expect(lost.message).not.toContain('has not answered');
  });
});
