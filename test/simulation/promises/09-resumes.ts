import type { Past, Violation } from '../history.ts';

const promise = '9';

/** When faults stop, service resumes by itself within a bound; where there are none, no connection is lost. */
export function* resumes({ entries, schedule }: Past): Generator<Violation> {
  for (const { kind, details, atMs } of entries) {
    if (kind !== 'notResumed') continue;
    const { boundMs, ready, size, state } = details;
    const message = `service has not resumed ${boundMs} ms after the last fault: ${ready} of ${size} clients ready, group ${state}`;
    yield { promise, atMs, message };
  }
  if (!isQuiet(schedule)) return;
  for (const { kind, details, atMs } of entries) {
    if (kind === 'ending') return;
    if (kind === 'client' && (details.state === 'reconnecting' || details.state === 'closed')) {
      yield { promise, atMs, message: `client ${details.client} lost its connection without a fault: ${details.code}` };
      return;
    }
  }
}

/** Whether nothing in the schedule gives a connection a reason to end. */
function isQuiet({ faults, servers, sender, sends }: Past['schedule']): boolean {
  const fits = servers.every(
    ({ shutdown, errorResults, maxFrameBytes, maxInFlightCommands, idleTimeoutMs }) =>
      shutdown === null &&
      errorResults &&
      maxFrameBytes >= sender.maxFrameBytes &&
      // A server that reads no Commands reads no Ping.
      maxInFlightCommands >= 100 &&
      (idleTimeoutMs === null || (sender.keepalive !== null && idleTimeoutMs > sender.keepalive.timeMs * 1.5 + 200)),
  );
  const small = sends.every(({ padBytes }) => padBytes < 1000);
  return faults.length === 0 && fits && small;
}
