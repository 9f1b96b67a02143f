import { command, defineProtocol, type Handlers, result } from 'cmd-stream';
import type { Fault } from '../../../src/testing/network/faults.ts';
import type { SimulateOptions } from '../../../src/testing/simulate.ts';
import type { Simulation } from '../../../src/testing/simulation.ts';

/** Counts what it is told. */
export class Counter {
  total = 0;
}

export const counting = defineProtocol({
  results: {
    Total: result<number>(),
    Tick: result<{ n: number; last: boolean }>({ lastOne: (tick) => tick.last }),
  },
  commands: {
    Count: command<{ by: number }>().returns('Total'),
    Wait: command<{ ms: number }>().returns('Total'),
    Ticks: command<{ count: number }>().returns('Tick'),
    Burst: command<{ count: number }>().returns('Tick'),
  },
});

/** The handlers of {@link counting}, which wait on a simulation's clock. */
export function handlersOn({ clock }: Simulation): Handlers<typeof counting, Counter> {
  return {
    Count: async ({ by }, { receiver }) => {
      receiver.total += by;
      return receiver.total;
    },
    Wait: async ({ ms }, { receiver }) => {
      await clock.sleep(ms);
      if (ms % 7 === 0) throw new Error('unlucky');
      return receiver.total;
    },
    async *Ticks({ count }) {
      for (let n = 1; n <= count; n++) {
        await clock.sleep(3);
        yield { n, last: n === count };
      }
    },
    async *Burst({ count }) {
      for (let n = 1; n <= count; n++) yield { n, last: n === count };
    },
  };
}

async function collect(results: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const value of results) all.push(value);
  return all;
}

const ALL_FAULTS: readonly Fault[] = [
  { kind: 'link', link: { sliceRate: 0.5, coalesceRate: 0.2 }, atMs: 500, forMs: 20_000 },
  { kind: 'crash', server: 'a', atMs: 2_000, forMs: 1_500 },
  { kind: 'cut', from: 'client', afterBytes: 100, atMs: 4_500 },
  { kind: 'partition', from: 'client', to: 'b', atMs: 5_000, forMs: 2_000 },
  { kind: 'slow-reader', host: 'a', bytesPerSecond: 300, atMs: 6_000, forMs: 3_000 },
  { kind: 'half-open', from: 'client', to: 'a', atMs: 9_000 },
  { kind: 'corrupt', from: 'b', rate: 0.05, atMs: 10_000, forMs: 1_000 },
  { kind: 'power-off', server: 'b', atMs: 11_500, forMs: 2_000 },
  { kind: 'dns', name: 'service', answer: ['b'], atMs: 12_000, forMs: 4_000 },
  { kind: 'hang', server: 'a', atMs: 14_000, forMs: 2_000 },
  { kind: 'refuse', server: 'b', atMs: 14_500, forMs: 1_000 },
  { kind: 'reset', atMs: 17_000 },
  { kind: 'dns', name: 'service', answer: 'hang', atMs: 17_000, forMs: 1_000 },
  { kind: 'partition', from: 'a', oneWay: true, atMs: 18_000, forMs: 1_000 },
];

export const OPTIONS: SimulateOptions = { link: { latencyMs: 2, jitterMs: 3 } };

/** Two servers, two senders that do everything that senders can, and every fault there is, within 20 s. */
export async function everything(simulation: Simulation): Promise<{ ok: number; failed: number }> {
  const { clock, network, random, serve, createSender, createCircuitBreaker } = simulation;
  const handlers = handlersOn(simulation);
  for (const host of ['a', 'b']) {
    await serve(counting, () => new Counter(), handlers, { host, idleTimeoutMs: 5_000, maxInFlightCommands: 50 });
  }
  network.resolve('service', ['a', 'b']);
  const keepalive = { timeMs: 500, timeoutMs: 300 };
  const common = { timeoutMs: 1_000, keepalive, handshakeTimeoutMs: 1_500, maxBufferedResults: 64 };
  const first = await createSender(counting, {
    ...common,
    address: network.resolver('service', 9000),
    addressRefreshMs: 2_000,
    clients: 3,
    circuitBreaker: createCircuitBreaker({
      windowSize: 20,
      failureRate: 0.5,
      openDurationMs: 300,
      successThreshold: 2,
    }),
  });
  const second = await createSender(counting, {
    ...common,
    address: ['b:9000', 'a:9000'],
    clients: 2,
    waitForReady: true,
    dispatch: 'least-pending',
  });
  network.inject(...ALL_FAULTS);

  const workload = random.stream('workload');
  const outcomes = { ok: 0, failed: 0 };
  const all: Promise<void>[] = [];
  const note = (work: Promise<unknown>) => {
    const ok = () => {
      outcomes.ok++;
    };
    const failed = () => {
      outcomes.failed++;
    };
    all.push(work.then(ok, failed));
  };
  while (clock.monotonicMs() < 20_000) {
    const sender = workload.pick([first, second]);
    const signal = workload.chance(0.1) ? clock.timeoutSignal(workload.int(1, 50)) : undefined;
    const options = signal === undefined ? {} : { signal };
    const deadline = clock.now() + workload.int(1, 500);
    const ticks = counting.Ticks({ count: workload.int(1, 20) });
    switch (workload.int(0, 5)) {
      case 0:
        note(sender.send(counting.Count({ by: workload.int(1, 9) }), options));
        break;
      case 1:
        note(sender.sendWithDeadline(counting.Wait({ ms: workload.int(1, 300) }), deadline, options));
        break;
      case 2:
        note(sender.sendMulti(ticks, () => clock.sleep(workload.int(1, 5)), options));
        break;
      case 3:
        note(collect(sender.sendMultiWithDeadline(ticks, deadline, options)));
        break;
      case 4:
        note(collect(sender.sendMulti(counting.Burst({ count: 60 }), { resultsCount: 50 })));
        break;
      default:
        for (let n = 0; n < 10; n++) note(sender.send(counting.Count({ by: 1 }), options));
    }
    await clock.sleep(workload.int(1, 40));
  }
  await Promise.all(all);
  await first.drain();
  return outcomes;
}
