import type { LogWriter } from '../base/log.ts';
import type { ClientStatus, GroupStatus } from './group/status.ts';
import type { CircuitBreakerStatus, StatusEvent } from './status.ts';

/** Writes a line for each change of a sender: what is better for it as information, what is worse as a warning. */
export function logStatus(event: StatusEvent, log: LogWriter): void {
  if (event.type === 'client') logClient(event, log);
  else if (event.type === 'group') logGroup(event, log);
  else logBreaker(event, log);
}

function logClient({ id, state, address, attempt, delayMs, error }: ClientStatus, log: LogWriter): void {
  const client = address === '' ? `client ${id}` : `client ${id} at ${address}`;
  if (state !== 'reconnecting') {
    const why = state === 'closed' && error !== undefined ? `: ${error.message}` : '';
    log.info(`${client} is ${state}${why}`);
    return;
  }
  const wait = delayMs > 0 ? ` in ${Math.round(delayMs)} ms` : '';
  const why = error === undefined ? '' : `: ${error.message}`;
  log.warn(`${client} is reconnecting${wait}, attempt ${attempt}${why}`);
}

function logGroup({ state, ready, size, error }: GroupStatus, log: LogWriter): void {
  const line = `the group is ${state}, ${ready} of ${size} clients ready`;
  if (state !== 'unavailable' && state !== 'degraded') log.info(line);
  else log.warn(error === undefined ? line : `${line}: ${error.message}`);
}

function logBreaker({ state }: CircuitBreakerStatus, log: LogWriter): void {
  const line = `the circuit breaker is ${state}`;
  if (state === 'closed') log.info(line);
  else log.warn(line);
}
