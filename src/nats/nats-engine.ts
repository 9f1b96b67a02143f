import { createInbox, type NatsConnection, nuid } from '@nats-io/transport-node';
import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import {
  type Engine,
  type EngineDial,
  type EngineEvents,
  type EngineListener,
  type EngineSenderParts,
  type EngineServerParts,
  engineWorks,
} from '../wire/engine.ts';
import { type Attend, Attendance } from './attendance.ts';
import { connectBroker } from './broker.ts';
import { ClientChannel } from './client-channel.ts';
import type { Described } from './discovery.ts';
import { Figures } from './figures.ts';
import { type NatsOptions, type ResolvedNatsOptions, resolveNatsOptions } from './options.ts';
import { cancelSubjectOf, subjectsOf } from './subjects.ts';
import { WorkerChannel } from './worker-channel.ts';

/** How often a server's connection is looked after: of clients the sender does that itself, by its option `keepalive`. */
const PING_MS = 3_000;

/**
 * Carries Commands and Results over NATS: servers on any number of machines share them, and clients need not know where those
 * are. The same engine is given to `serve` and to `createSender`.
 *
 * @example
 * ```ts
 * const engine = natsEngine({ servers: 'nats://10.0.0.1:4222', service: 'calc', version: '1.0.0' });
 * await serve(calc, new Calculator(), handlers, { engine });
 * const sender = await createSender(calc, { engine, clients: 2 });
 * ```
 * @throws CmdStreamError `invalid-argument` for options that are not acceptable.
 */
export function natsEngine(options: NatsOptions): Engine {
  const resolved = resolveNatsOptions(options);
  return Object.freeze({
    name: 'nats',
    addresses: resolved.addresses,
    [engineWorks]: {
      dialer: (parts: EngineSenderParts) => dialer(resolved, parts),
      listen: (parts: EngineServerParts, events: EngineEvents) => listen(resolved, parts, events),
    },
  });
}

function dialer(options: ResolvedNatsOptions, parts: EngineSenderParts): EngineDial {
  const { handshakeTimeoutMs } = parts;
  const { service, connection } = options;
  const commands = subjectsOf(service, parts.commands);
  const cancel = cancelSubjectOf(service);
  return async (address, signal) => {
    const broker = await connectBroker(options, address, { handshakeTimeoutMs }, signal);
    const inbox = `${createInbox(connection.inboxPrefix)}.`;
    const channel = new ClientChannel(broker, address, parts, { service, commands, cancel, inbox });
    broker.subscribe(`${inbox}*`, { callback: channel.receive });
    await known(broker, address);
    return channel;
  };
}

async function listen(
  options: ResolvedNatsOptions,
  parts: EngineServerParts,
  events: EngineEvents,
): Promise<EngineListener> {
  const commands = subjectsOf(options.service, parts.commands);
  const cancel = cancelSubjectOf(options.service);
  const { handshakeTimeoutMs } = parts;
  const described = describe(options, parts, commands);
  const attend: Attend = async (address, signal) => {
    const broker = await connectBroker(options, address, { handshakeTimeoutMs, pingInterval: PING_MS }, signal);
    const inbox = `${createInbox(options.connection.inboxPrefix)}.`;
    const channel = new WorkerChannel(broker, address, parts, { described, commands, cancel, inbox });
    await channel.join();
    return { channel, over: leaving(broker) };
  };
  return await new Attendance(options.addresses, attend, parts, events).start();
}

/** A server as others find it, over all of its connections. */
function describe(
  { service, version }: ResolvedNatsOptions,
  parts: EngineServerParts,
  subjects: readonly string[],
): Described {
  return {
    service,
    version,
    id: nuid.next(),
    started: new Date(parts.clock.now()).toISOString(),
    endpoints: parts.commands.map(({ name }, type) => ({ name, subject: subjects[type] as string })),
    figures: new Figures(parts.commands),
  };
}

/** Resolves when a broker takes its leave, or is gone. */
async function leaving(broker: NatsConnection): Promise<void> {
  for await (const { type } of broker.status()) if (type === 'ldm') return;
}

/** Resolves once the broker knows what was subscribed to. */
async function known(broker: NatsConnection, address: string): Promise<void> {
  try {
    await broker.flush();
  } catch (error) {
    throw CmdStreamError.from(error, 'connect-failed', `the broker at ${address} closed the connection`);
  }
}
