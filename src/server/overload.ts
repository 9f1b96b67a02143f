import type { ResolvedServerOptions } from './options.ts';

/** Message to a client about a Command that was refused because of how much is held for its connection already. */
export function overloadMessage(options: ResolvedServerOptions, inFlight: number, heldBytes: number): string {
  const { maxInFlightCommands, maxInFlightBytes, maxQueuedBytes, maxTotalBytes } = options;
  const limits =
    inFlight >= maxInFlightCommands
      ? `${inFlight} Commands of this connection are in flight (option 'maxInFlightCommands' of the server: ${maxInFlightCommands})`
      : `${heldBytes} bytes of memory are held for this connection (options 'maxInFlightBytes' of the server: ${maxInFlightBytes}, and 'maxTotalBytes' for all connections: ${maxTotalBytes})`;
  return `not executed: ${limits}, and no more may wait (option 'maxQueuedBytes': ${maxQueuedBytes})`;
}
