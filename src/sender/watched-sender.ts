import { namesOf } from '../protocol/protocol.ts';
import { SenderWatchers } from '../telemetry/watchers.ts';
import type { CircuitBreaker } from './breaker/circuit-breaker.ts';
import type { Ground } from './ground.ts';
import type { Group } from './group/group.ts';
import type { ClientStatus, GroupStatus } from './group/status.ts';
import type { ClientChanges } from './request/client-changes.ts';
import type { SendPath } from './send-path.ts';

/** The parts of a sender whose figures are asked for. */
export interface WatchedParts {
  readonly group: Group;
  readonly path: SendPath;
  readonly breaker: CircuitBreaker | undefined;
}

/**
 * Those who watch a sender, as its option `telemetry` says.
 *
 * @param parts - the parts whose figures may be asked for once the sender is there.
 */
export function watchersOf({ options, tables, warnings }: Ground, parts: () => WatchedParts): SenderWatchers {
  const addresses = typeof options.address === 'function' ? [] : options.address;
  const now = () => {
    const { group, path, breaker } = parts();
    return {
      clients: group.status.clients.map(({ state }) => state),
      pending: group.pending,
      waiting: path.waiting,
      bufferedBytes: group.bufferedBytes,
      circuitBreaker: breaker?.state,
    };
  };
  const sender = { name: options.name, protocol: namesOf(tables), addresses, now };
  return new SenderWatchers(options.telemetry, sender, options.clock, warnings);
}

/** Tells of what becomes of the connections of a group, and notes it, until it is closed. */
export function tellChanges(group: Group, watchers: SenderWatchers, changes: ClientChanges): void {
  const before: (ClientStatus | undefined)[] = [...group.status.clients];
  const stop = group.onChange((change) => {
    if (change.type === 'client') {
      changes.add(change);
      tellChange(before[change.id], change, watchers);
      before[change.id] = change;
    }
    if (isLast(change)) {
      stop();
      watchers.closed();
    }
  });
}

function tellChange(before: ClientStatus | undefined, now: ClientStatus, watchers: SenderWatchers): void {
  const wasReady = before?.state === 'ready' || (before?.state === 'draining' && now.state === 'closed');
  if (now.state === 'ready' && before?.state !== 'ready') watchers.clientChanged('connected', now.address, undefined);
  else if (wasReady && now.state !== 'ready' && now.state !== 'draining') {
    watchers.clientChanged('disconnected', before.address, now.error);
  } else if (now.error !== undefined && now.error !== before?.error) {
    watchers.clientChanged('connect-failed', now.address, now.error);
  }
}

function isLast(change: GroupStatus | ClientStatus): boolean {
  return change.type === 'group' && change.state === 'closed';
}
