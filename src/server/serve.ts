import { createActor, waitFor } from 'xstate';
import { rootId, startActorRoot } from '../base/actor-root.ts';
import { DeadlineQueue } from '../base/deadline-queue.ts';
import { fieldOf } from '../base/errors/ask.ts';
import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import { FairTurn } from '../base/fair-turn.ts';
import { show } from '../base/options/check.ts';
import { ProcessHold } from '../base/process-hold.ts';
import { clockOf, paced, RefusalPace } from '../base/refusal-pace.ts';
import { workerRoom } from '../base/worker-room.ts';
import { bindCodec } from '../protocol/codec/bind.ts';
import { type AnyProtocol, protocolTables } from '../protocol/protocol.ts';
import { edgeCountsOf } from '../telemetry/option.ts';
import type { ServerWatchers } from '../telemetry/watchers.ts';
import { channelTable } from '../wire/channel-life.ts';
import { engineCommands } from '../wire/engine.ts';
import { EXTENSION } from '../wire/extension/introduction.ts';
import { encodeServerInfo } from '../wire/server-info.ts';
import { Budget } from './budget.ts';
import { Connections } from './connections.ts';
import type { Handlers, NoStrangers } from './handlers.ts';
import { type ResolvedServerOptions, resolveServerOptions, type ServerOptions } from './options.ts';
import { makeRoutes, type Route } from './route.ts';
import { Server } from './server.ts';
import { serverLogic } from './server-logic.ts';
import type { Service } from './service.ts';
import { toldOptions } from './told-options.ts';
import { watchersOf } from './watched-server.ts';
import { type TellFigures, Welcomes } from './welcomes.ts';

/** How long a transport may take to close what it was told to close. */
const CLOSE_TIMEOUT_MS = 1_000;
const NOBODY = Object.freeze({ connections: 0, inFlight: 0 });

/**
 * Serves a protocol: listens, and has a handler execute each Command that arrives.
 *
 * @param protocol - made by `defineProtocol`, the same as the clients'.
 * @param receiver - what the handlers work on: `context.receiver`.
 * @param handlers - one for each Command, by its name. A handler returns its Result (or a promise of it), yields its
 * Results, or sends them by `context.proxy`.
 * @returns the server, which listens.
 * @throws CmdStreamError `invalid-argument` for options or handlers that are not acceptable; `listen-failed` where the
 * address cannot be had.
 *
 * @example
 * ```ts
 * await using server = await serve(calc, new Calculator(), {
 *   Add: ({ a, b }, { receiver }) => receiver.add(a, b),
 *   async *Countdown({ from }) {
 *     for (let n = from; n > 0; n--) yield { n, last: n === 1 };
 *   },
 * }, { port: 9000 });
 * ```
 */
export function serve<P extends AnyProtocol, Receiver, H extends Handlers<P, Receiver>>(
  protocol: P,
  receiver: Receiver,
  // A type of its own, so that the literals that handlers return stay literals.
  handlers: H & NoStrangers<P, H>,
  options?: ServerOptions<NoInfer<Receiver>>,
): Promise<Server> {
  return paced(clockOf(options), listening(protocol, receiver, handlers, options));
}

async function listening<Receiver>(
  protocol: AnyProtocol,
  receiver: Receiver,
  handlers: unknown,
  options: ServerOptions<Receiver> | undefined,
): Promise<Server> {
  if (fieldOf(protocol, protocolTables) === undefined) {
    throw new CmdStreamError('invalid-argument', `serve() takes what defineProtocol() made; got ${show(protocol)}`);
  }
  const given = resolveServerOptions(options);
  const hold = new ProcessHold(given.clock);
  const timed: ResolvedServerOptions = { ...given, clock: hold.clock };
  // Before anything is started that would have to be stopped.
  const routes = makeRoutes(protocol, handlers);
  const { commands: incoming, results: outgoing } = bindCodec(
    timed.codec,
    protocol[protocolTables],
    timed.maxFrameBytes,
  );
  // Those who watch may ask at once, before there is any of it.
  const live: { connections?: Connections; service?: Service; address?: string } = {};
  const figures = () => live.connections?.figures ?? NOBODY;
  const watchers = watchersOf(
    protocol,
    timed,
    () => ({ ...figures(), heldBytes: live.service?.budget.bytes ?? 0 }),
    () => live.address,
  );
  const resolved = toldOptions(timed, watchers);
  const service = makeService(protocol, receiver, routes, resolved, watchers, figures);
  live.service = service;
  const edges = edgeCountsOf(given.telemetry);
  const root = startActorRoot(rootId('server-root', resolved.name), resolved.clock, resolved.inspect?.watch, edges);
  const wire = { incoming, outgoing, table: channelTable(edges) };
  const connections: Connections = new Connections(service, wire, root, () => actor.send({ type: 'connections.gone' }));
  live.connections = connections;
  const commands = engineCommands(protocol[protocolTables]);
  const logic = serverLogic(resolved, connections, commands, hold.add, () => actor.getSnapshot().hasTag('accepting'));
  const actor = createActor(logic, {
    parent: root,
    id: 'server',
    input: { link: connections, closeTimeoutMs: CLOSE_TIMEOUT_MS },
  });
  const started = waitFor(actor, (snapshot) => !snapshot.matches('starting'));
  actor.start();
  const { listener, error } = (await started).context;
  if (listener === undefined) {
    root.stop();
    watchers.closed();
    throw CmdStreamError.from(error);
  }
  live.address = listener.address;
  const server = new Server(actor, connections, listener, resolved, hold, () => {
    service.deadlines.stop();
    service.turn.stop();
    root.stop();
    watchers.closed();
  });
  workerRoom()?.served(server);
  return server;
}

function makeService(
  protocol: AnyProtocol,
  receiver: unknown,
  routes: readonly Route[],
  options: ResolvedServerOptions,
  watchers: ServerWatchers,
  figures: TellFigures,
): Service {
  const turn = new FairTurn(options.clock);
  const budget: Budget = new Budget(options.maxTotalBytes, (task) => turn.queue(budget, task));
  return {
    options,
    welcomes: new Welcomes(protocol, options, figures),
    introduction: encodeServerInfo(options.goClients ? options.serverInfo : `${options.serverInfo};${EXTENSION}`),
    receiver,
    routes,
    turn,
    pace: RefusalPace.of(options.clock),
    deadlines: new DeadlineQueue(options.clock),
    watchers,
    budget,
  };
}
