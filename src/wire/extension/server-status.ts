/** How a server is doing, as it says. */
export interface ServerStatus {
  /** Connections that there are; that of the one who asks is among them. */
  readonly connections: number;
  /** Commands that are being executed. */
  readonly inFlight: number;
  /** Milliseconds since it began to serve. */
  readonly uptimeMs: number;
}

/** Status in a WELCOME; `undefined` where it is none. */
export function serverStatusOf(value: unknown): ServerStatus | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { connections, inFlight, uptimeMs } = value as Record<string, unknown>;
  if (!isCount(connections) || !isCount(inFlight) || !isCount(uptimeMs)) return undefined;
  return { connections, inFlight, uptimeMs };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
