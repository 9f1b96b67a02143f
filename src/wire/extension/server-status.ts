import { printable } from '../../base/errors/printable.ts';

/** So much of a name is shown, whatever a peer sends. */
const MAX_NAME_LENGTH = 64;

/** How a server is doing, as it says. */
export interface ServerStatus {
  /** Its name, as its option `name` says; none where it has none, or is of a version that does not tell. */
  readonly name?: string | undefined;
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
  const { name, connections, inFlight, uptimeMs } = value as Record<string, unknown>;
  if (!isCount(connections) || !isCount(inFlight) || !isCount(uptimeMs)) return undefined;
  const told = typeof name === 'string' ? printable(name, MAX_NAME_LENGTH) : undefined;
  return { ...(told !== undefined && { name: told }), connections, inFlight, uptimeMs };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
