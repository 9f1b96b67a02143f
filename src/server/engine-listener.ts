import type { ServerListener } from '../../machines/server.ts';
import { runOutside } from '../base/async-context.ts';
import { CmdStreamError, describeError } from '../base/errors/cmd-stream-error.ts';
import { type Engine, type EngineCommand, engineWorks } from '../wire/engine.ts';
import { peerAt } from '../wire/transport/peer.ts';
import type { Connections } from './connections.ts';
import type { ResolvedServerOptions } from './options.ts';

/** Parts of a server that its engine gives Commands to. */
export interface EngineServer {
  readonly options: ResolvedServerOptions;
  readonly connections: Connections;
  readonly commands: readonly EngineCommand[];
  /** Whether a connection that comes now is still wanted. */
  readonly isAccepting: () => boolean;
}

/** Has an engine give its Commands to a server. Rejects with `listen-failed`. */
export async function listenByEngine(engine: Engine, server: EngineServer): Promise<ServerListener> {
  const { options, connections, commands, isAccepting } = server;
  const { handshakeTimeoutMs, maxInFlightCommands } = options;
  const parts = { ...connections.channelOptions, commands, handshakeTimeoutMs, maxInFlightCommands };
  const listen = () =>
    engine[engineWorks].listen(parts, {
      connection(channel) {
        if (isAccepting()) return connections.serve(channel, peerAt(channel.remoteAddress));
        channel.destroy();
        return () => {};
      },
      connectError: (error) => options.onAcceptError(CmdStreamError.from(error, 'connect-failed'), undefined),
    });
  try {
    // What comes is nobody's, whoever called serve().
    const listener = await runOutside(listen);
    return { address: listener.address, close: () => listener.close() };
  } catch (error) {
    if (CmdStreamError.is(error) && error.code === 'invalid-argument') throw error;
    const message = `the server cannot be reached by ${engine.name}: ${describeError(error)}`;
    throw new CmdStreamError('listen-failed', message, { cause: error });
  }
}
