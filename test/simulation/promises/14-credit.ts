import { type History, isSingle, type Past, type Violation } from '../history.ts';
import type { Schedule, SenderPlan } from '../schedule.ts';

const promise = '14';

/**
 * A stream whose consumer is slow makes its own handler wait, and nobody else, where both ends have the wire extension: that
 * runs ahead by no more than its client may keep, the stream does not fail, and no connection is made for it.
 */
export function* credit({ entries, schedule, sends, corrupted }: Past): Generator<Violation> {
  const { sender, servers, liar } = schedule;
  if (corrupted || liar !== null || servers.some(({ goClients }) => goClients)) return;
  if (sender.whenSlow === 'pause') {
    for (const send of sends.values()) {
      if (isSingle(send)) continue;
      yield* overflows(send);
      yield* runsAhead(send, sender);
    }
  }
  if (isCalm(schedule)) yield* makesConnections({ entries, schedule });
}

function* overflows({ id, settled }: History): Generator<Violation> {
  const [end] = settled;
  if (end?.code !== 'result-overflow') return;
  yield { promise, id, atMs: end.atMs, message: `send ${id} failed by result-overflow; its server waits for credit` };
}

/** What was given and is not in the hands of the consumer: as much as may be kept, and the Result that went beyond. */
function* runsAhead(
  { id, call, given, values }: History,
  { maxBufferedResults, maxBufferedResultBytes }: SenderPlan,
): Generator<Violation> {
  let taken = 0;
  for (const { n, index, atMs } of given) {
    while ((values[taken]?.index ?? Number.POSITIVE_INFINITY) < index) taken++;
    // One may be taken and not yet seen to be.
    const ahead = n - taken - 1;
    const bytes = (ahead - 1) * call.padBytes;
    if (ahead <= maxBufferedResults && bytes < Math.max(1, maxBufferedResultBytes / 2)) continue;
    const message = `${ahead} Results of send ${id} were given beyond those that were taken, of ${call.padBytes} bytes`;
    yield { promise, id, atMs, message };
    return;
  }
}

/** Whether nothing but slow consumers can be why a connection is made. */
function isCalm({ servers, sender, sends, faults, strangers, stalls, meddling, ending }: Schedule): boolean {
  if (faults.length + strangers.length + stalls.length > 0 || meddling !== null || ending.atMs !== null) return false;
  if (servers.length > 1 || sender.whenSlow !== 'pause' || sender.hooks !== 'watch' || sender.lazy) return false;
  const [server] = servers;
  if (server?.idleTimeoutMs !== null || server.shutdown !== null || server.maxBufferedBytes < 1_000_000) return false;
  if (server.age !== null) return false;
  if ((sender.keepalive?.timeoutMs ?? 0) < 3000) return false;
  // Those that are given up may be many.
  return sends.every(({ leaveAfter, cancelAfterMs, resultsCount }) => {
    return leaveAfter === null && cancelAfterMs === null && resultsCount === null;
  });
}

function* makesConnections({ entries, schedule }: Pick<Past, 'entries' | 'schedule'>): Generator<Violation> {
  const { clients } = schedule.sender;
  const made = entries.filter(({ kind }) => kind === 'connection');
  const more = made[clients];
  if (more === undefined) return;
  const message = `${made.length} connections were made for ${clients} clients whose consumers are slow`;
  yield { promise, atMs: more.atMs, message };
}
