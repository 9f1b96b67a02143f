import { connect, type NatsConnection, type NodeConnectionOptions } from '@nats-io/transport-node';
import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import type { ResolvedNatsOptions } from './options.ts';

/** Demands on a connection. */
export interface BrokerDemands {
  /** How long connecting may take. */
  readonly handshakeTimeoutMs: number;
  /** How often nats.js asks whether the broker is there; as it thinks right where it is left out. */
  readonly pingInterval?: number;
}

/**
 * Connects to the broker at one of the addresses. What becomes of the connection is ours: it is not opened again by itself.
 * Rejects with `signal`'s reason once that fires; a connection that comes later is closed.
 */
export async function connectBroker(
  options: ResolvedNatsOptions,
  address: string,
  demands: BrokerDemands,
  signal: AbortSignal,
): Promise<NatsConnection> {
  const connecting = connect({ ...options.connection, ...ownOptions(address, demands) });
  let callOff = () => {};
  const calledOff = new Promise<never>((_, reject) => {
    callOff = () => reject(signal.reason);
    signal.addEventListener('abort', callOff, { once: true });
  });
  connecting.then(
    (broker) => (signal.aborted ? broker.close() : undefined),
    () => {},
  );
  try {
    return await Promise.race([connecting, calledOff]);
  } catch (error) {
    throw signal.aborted ? error : CmdStreamError.from(error, 'connect-failed', `no broker at ${address}`);
  } finally {
    signal.removeEventListener('abort', callOff);
  }
}

function ownOptions(address: string, { handshakeTimeoutMs: timeout, ...rest }: BrokerDemands): NodeConnectionOptions {
  return {
    ...rest,
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
