import { describeError } from '../base/errors/cmd-stream-error.ts';
import { loadPackage, type NatsWay } from './nats-options.ts';
import type { Terminal } from './terminal.ts';

/** How long servers have to answer who asks for them. */
const ANSWER_MS = 1_000;

/** A server as it tells of itself to those who look for services. */
export interface FoundServer {
  readonly name: string;
  readonly id: string;
  readonly version: string;
  readonly started: string;
  readonly endpoints: readonly FoundEndpoint[];
}

/** What a server has done for one type of Command. */
interface FoundEndpoint {
  readonly name: string;
  readonly subject: string;
  readonly num_requests: number;
  readonly num_errors: number;
  /** In nanoseconds. */
  readonly average_processing_time: number;
}

/** `cmd-stream ls --nats`: the servers that take the Commands of a service, and what they have done. */
export async function lsByNats(way: NatsWay, timeoutMs: number, json: boolean, out: Terminal): Promise<number> {
  const servers = await findServers(way, timeoutMs);
  if (servers.length === 0) throw new Error(`no server of '${way.service}' at ${way.urls.join(', ')}`);
  if (json) out.json({ nats: way.urls, servers });
  else for (const server of servers) show(server, out);
  return 0;
}

/** The servers of a service that answer within a second, by their ids. */
export async function findServers(way: NatsWay, timeoutMs: number): Promise<FoundServer[]> {
  const { connect } = await loadPackage();
  const { urls, service, connection } = way;
  let broker: Awaited<ReturnType<typeof connect>>;
  try {
    broker = await connect({ ...connection, servers: [...urls], timeout: timeoutMs, reconnect: false });
  } catch (error) {
    throw new Error(`no broker at ${urls.join(', ')}: ${describeError(error)}`);
  }
  const found: FoundServer[] = [];
  try {
    const answers = await broker.requestMany(`$SRV.STATS.${service}`, '', { maxWait: ANSWER_MS });
    for await (const answer of answers) found.push(answer.json());
  } catch (error) {
    // Nobody hears of it: no server is there.
    if (!describeError(error).includes('no responders')) throw error;
  } finally {
    await broker.close();
  }
  return found.sort((one, other) => (one.id < other.id ? -1 : 1));
}

function show({ name, version, id, started, endpoints }: FoundServer, out: Terminal): void {
  out.line(out.paint('bold', name), `  ${version}, server ${id}, since ${started}`);
  const width = Math.max(0, ...endpoints.map(({ subject }) => subject.length));
  for (const { subject, num_requests, num_errors, average_processing_time: mean } of endpoints) {
    const took = num_requests === 0 ? '' : `, ${(mean / 1e6).toFixed(3)} ms each`;
    out.line(`  ${subject.padEnd(width)}  ${num_requests} taken, ${num_errors} failed${took}`);
  }
}
