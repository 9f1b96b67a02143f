import { connect, type NatsConnection, type NodeConnectionOptions } from '@nats-io/transport-node';
import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import type { ResolvedNatsOptions } from './options.ts';

/** How long connecting may take. */
interface Limits {
  readonly handshakeTimeoutMs: number;
}

/**
 * Connects to the broker at one of the addresses. What becomes of the connection is ours: it is not opened again by itself.
 * Rejects with `signal`'s reason once that fires; a connection that comes later is closed.
 */
export async function connectBroker(
  options: ResolvedNatsOptions,
  address: string,
  { handshakeTimeoutMs }: Limits,
  signal: AbortSignal,
): Promise<NatsConnection> {
  const connecting = connect({ ...options.connection, ...ownOptions(address, handshakeTimeoutMs) });
  const calledOff = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  connecting.then(
    (broker) => (signal.aborted ? broker.close() : undefined),
    () => {},
  );
  try {
    return await Promise.race([connecting, calledOff]);
  } catch (error) {
    throw signal.aborted ? error : CmdStreamError.from(error, 'connect-failed', `no broker at ${address}`);
  }
}

function ownOptions(address: string, timeout: number): NodeConnectionOptions {
  return {
    servers: address,
    timeout,
    reconnect: false,
    maxReconnectAttempts: 0,
    waitOnFirstConnect: false,
    noRandomize: true,
    ignoreClusterUpdates: true,
    noAsyncTraces: true,
  };
}
