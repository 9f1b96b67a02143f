import { setTimeout as delay } from 'node:timers/promises';
import { createSender } from '../index.ts';
import { calc } from './calc.ts';
import { failures, Load, type Outcomes } from './nats-load.ts';
import { findServers } from './nats-ls.ts';
import { type NatsWay, readNatsWay } from './nats-options.ts';
import { startBroker, startWorker } from './nats-processes.ts';
import { Scoreboard } from './scoreboard.ts';
import type { Terminal } from './terminal.ts';

const PART_MS = 1_000;

/** `cmd-stream demo --nats`: a broker and three servers under load, of which one is killed, one leaves, and one comes. */
export async function demoByNats(out: Terminal): Promise<number> {
  const scores = new Scoreboard(out);
  const { broker: ownBroker, url } = await startBroker();
  await using _broker = ownBroker;
  const way = (await readNatsWay({ nats: url, service: 'calc' })) as NatsWay;
  out.line(
    out.paint('bold', `A broker at ${url}, three servers of 'calc', each a process, and a sender with two clients`),
  );
  await using killed = await startWorker(url);
  await using leaving = await startWorker(url);
  await using _staying = await startWorker(url);
  const keepalive = { timeMs: 1_000, timeoutMs: 1_000 };
  await using sender = await createSender(calc, { engine: way.engine, clients: 2, keepalive });
  const load = new Load(sender, calc);
  try {
    out.heading(`${load.callers} callers send`);
    const calm = await partOf(load);
    scores.expect(`${tell(calm)}; failed`, failures(calm), 0);
    scores.expect('servers that took Commands', (await shares(way, out)).length, 3);

    out.heading('One server is killed (kill -9)');
    await killed.stop('SIGKILL');
    const lost = await partOf(load);
    out.line(`  ${tell(lost)}`);
    scores.expect('other errors than connection-lost, which may have been executed', otherThanLost(lost), 0);
    scores.expect(`lost ${failures(lost)}: no more than were in flight`, failures(lost) <= load.callers, true);

    out.heading('One server leaves (SIGTERM)');
    scores.expect('its exit code', await leaving.stop('SIGTERM'), 0);
    const left = await partOf(load);
    scores.expect(`${tell(left)}; failed`, failures(left), 0);

    out.heading('One server comes');
    await using _coming = await startWorker(url);
    const came = await partOf(load);
    scores.expect(`${tell(came)}; failed`, failures(came), 0);
    scores.expect('servers that took Commands', (await shares(way, out)).length, 2);
  } finally {
    await load.stop();
  }
  return scores.summary();
}

/** What became of the Commands of a while. */
async function partOf(load: Load): Promise<Outcomes> {
  await delay(PART_MS);
  return await load.next();
}

/** How many Commands each server has taken, of those that took any. */
async function shares(way: NatsWay, out: Terminal): Promise<number[]> {
  const servers = await findServers(way, 5_000);
  const taken = servers.map(({ endpoints }) => endpoints.reduce((sum, each) => sum + each.num_requests, 0));
  out.line(`  taken by each server: ${taken.map((count) => count.toLocaleString('en')).join(', ')}`);
  return taken.filter((count) => count > 0);
}

function otherThanLost({ failed, wrong }: Outcomes): number {
  return [...failed].reduce((sum, [what, count]) => (what === 'connection-lost true' ? sum : sum + count), wrong);
}

function tell({ answered, failed }: Outcomes): string {
  const errors = [...failed].map(([what, count]) => `${count} ${what.replace(/ (\w+)$/, ' (may have executed: $1)')}`);
  return [`${answered.toLocaleString('en')} answered`, ...errors].join(', ');
}
