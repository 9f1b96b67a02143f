import { fromCallback, fromPromise } from 'xstate';
import { type ServerListener, serverMachine } from '../../machines/server.ts';
import { runOutside } from '../base/async-context.ts';
import { type Clock, inNextTurn } from '../base/clock.ts';
import { CmdStreamError, describeError } from '../base/errors/cmd-stream-error.ts';
import type { ProcessHolder } from '../base/process-hold.ts';
import type { EngineCommand } from '../wire/engine.ts';
import type { Listener } from '../wire/transport/transport.ts';
import type { Connections } from './connections.ts';
import { listenByEngine } from './engine-listener.ts';
import type { ResolvedServerOptions } from './options.ts';

const NEVER_MS = Number.POSITIVE_INFINITY;

/**
 * The server machine with a network under it.
 *
 * @param commands - the types of Commands, for an engine.
 * @param holds - told of what keeps the process from ending.
 * @param isAccepting - whether a connection that comes now is still wanted.
 */
export function serverLogic(
  options: ResolvedServerOptions,
  connections: Connections,
  commands: readonly EngineCommand[],
  holds: (holder: ProcessHolder) => void,
  isAccepting: () => boolean,
) {
  const { host, port, transport, handshakeTimeoutMs, maxConnections, clock, engine } = options;
  const listen = fromPromise<ServerListener>(async () => {
    if (engine !== undefined) return await listenByEngine(engine, { options, connections, commands, isAccepting });
    let listener: Listener | undefined;
    try {
      // What is accepted is nobody's, whoever called serve().
      const listenOutside = (...wanted: Parameters<typeof transport.listen>) => transport.listen(...wanted);
      listener = await runOutside(
        listenOutside,
        { host, port, handshakeTimeoutMs, maxConnections },
        {
          connection: (stream) => (isAccepting() ? connections.accept(stream) : stream.destroy()),
          holds,
          acceptError: (error, peer) => {
            const where = listener?.address ?? `${host}:${port}`;
            const context = `a connection to ${where} could not be accepted`;
            options.onAcceptError(CmdStreamError.from(error, 'connect-failed', context), peer);
          },
        },
      );
      return keptOf(listener);
    } catch (error) {
      const message = `the server cannot listen on ${host}:${port}: ${describeError(error)}`;
      throw new CmdStreamError('listen-failed', message, { cause: error });
    }
  });
  const watchIdle = fromCallback(() => {
    // What an engine is connected to may be silent for as long as there is nothing to do.
    const shortestMs = engine === undefined ? Math.min(options.idleTimeoutMs, options.frameTimeoutMs) : NEVER_MS;
    if (shortestMs !== NEVER_MS) return watchSilence(clock, shortestMs, connections);
  });
  return serverMachine.provide({ actors: { listen, watchIdle } });
}

/** The part of a listener that the machine keeps. Of one of a user's own, inspectors are shown the address alone. */
function keptOf(listener: Listener): ServerListener {
  const { address } = listener;
  const close = () => listener.close();
  return listener.setTls === undefined
    ? { address, close }
    : { address, setTls: listener.setTls.bind(listener), close };
}

/**
 * Looks four times in each `timeoutMs` for connections from which nothing has come, or not enough. A clock that ran while nobody read
 * is no evidence against them: one turn of reading comes before each look, and where the process stood still for long,
 * silence counts from its end. Returns what stops it.
 */
function watchSilence(clock: Clock, timeoutMs: number, connections: Connections): () => void {
  const everyMs = Math.max(1, Math.ceil(timeoutMs / 4));
  let awakeSinceMs = clock.monotonicMs();
  let dueMs = awakeSinceMs + everyMs;
  const look = () => {
    const nowMs = clock.monotonicMs();
    if (nowMs - dueMs >= everyMs) awakeSinceMs = nowMs;
    dueMs = nowMs + everyMs;
    timer = clock.setTimeout(look, everyMs);
    cancelJudging = inNextTurn(clock, () => connections.closeIdle(awakeSinceMs));
  };
  let timer = clock.setTimeout(look, everyMs);
  let cancelJudging = () => {};
  return () => {
    clock.clearTimeout(timer);
    cancelJudging();
  };
}
