import { command, defineProtocol, result, type Sender, type StatusEvent } from '../../src/index.ts';
import { simulate } from '../../src/testing.ts';

const protocol = defineProtocol({
  results: { Pong: result<number>() },
  commands: { Ping: command<number>().returns('Pong') },
});

/** So many services use it. */
const SENDERS = 30;
/** After so long everything is where it belongs. */
const SETTLE_MS = 60_000;
/** In so long only a few move. */
const WINDOW_MS = 1_000;

/** How a fleet fared. */
export interface FleetRun {
  /** What is wrong: nothing, where the library keeps its word. */
  readonly violations: readonly string[];
}

/**
 * Thirty senders of one to four clients; servers restart, three to six are named, and after a minute all is looked at.
 * @param goClients - whether the servers are for Go clients as well: without the wire extension.
 */
export async function runFleet(seed: number, goClients = false): Promise<FleetRun> {
  const violations: string[] = [];
  await simulate(seed, async ({ clock, network, serve, createSender, random }) => {
    const dice = random.stream('fleet');
    const hosts = ['a', 'b', 'c', 'd', 'e', 'f'];
    for (const host of hosts) await serve(protocol, () => undefined, { Ping: (n) => n }, { host, goClients });
    const name = (count: number) => network.resolve('service', hosts.slice(0, count));
    name(3);
    const senders: Sender<typeof protocol>[] = [];
    /** The fewest ready clients of each sender since it was looked at last. */
    const fewest: number[] = [];
    for (let at = 0; at < SENDERS; at++) {
      const clients = 1 + Math.floor(dice.next() * 4);
      const address = network.resolver('service', 9000);
      const onStatus = (event: StatusEvent) => {
        if (event.type === 'group') fewest[at] = Math.min(fewest[at] ?? 0, event.ready);
      };
      senders.push(await createSender(protocol, { address, addressRefreshMs: 5_000, clients, onStatus }));
    }
    const addressesNow = () => senders.flatMap(({ status }) => status.clients.map(({ address }) => address));
    const judge = async (what: string, count: number, isQuiet: boolean, isUrgent = false) => {
      const startMs = clock.monotonicMs();
      const ready = senders.map(({ status }) => status.ready);
      fewest.splice(0, SENDERS, ...ready);
      let before = addressesNow();
      let most = 0;
      // Where nothing fails no sender has fewer ready clients than before, and not all move at the same time.
      while (clock.monotonicMs() < startMs + SETTLE_MS) {
        await clock.sleep(WINDOW_MS);
        const now = addressesNow();
        if (isQuiet) most = Math.max(most, now.filter((address, at) => address !== before[at]).length);
        before = now;
      }
      const less = fewest.findIndex((lowest, at) => lowest < (ready[at] as number));
      if (less >= 0 && isQuiet) violations.push(`${what}: sender ${less} had fewer ready clients than before`);
      const all = addressesNow();
      if (most > all.length / 6 && !isUrgent)
        violations.push(`${what}: ${most} of ${all.length} clients moved within a second`);
      const loads = hosts.slice(0, count).map((host) => all.filter((address) => address === `${host}:9000`).length);
      const mean = all.length / count;
      if (loads.some((load) => load > 2 * mean || load < mean / 2)) violations.push(`${what}: ${loads.join('/')}`);
      for (const [at, { status }] of senders.entries()) {
        if (status.state !== 'ready') violations.push(`${what}: sender ${at} is ${status.state}`);
        const own = hosts.map((host) => status.clients.filter(({ address }) => address === `${host}:9000`).length);
        const used = own.slice(0, count);
        if (Math.max(...used) - Math.min(...used) > 1) violations.push(`${what}: sender ${at} has ${own.join('/')}`);
      }
    };
    await judge('the start', 3, true);
    for (const host of hosts.slice(0, 3)) {
      network.inject({ kind: 'crash', server: host, forMs: 2_000 });
      await clock.sleep(5_000);
    }
    await judge('a rolling restart', 3, false);
    const more = 4 + Math.floor(dice.next() * 3);
    // One of them refuses connections at first: dials home fail, and nobody loses a connection for it.
    network.inject({ kind: 'refuse', server: 'd', forMs: 20_000 });
    name(more);
    await judge('more addresses', more, true);
    name(3);
    await judge('fewer addresses', 3, true, true);
  });
  return { violations };
}
