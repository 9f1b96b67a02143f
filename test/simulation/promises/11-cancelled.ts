import { type History, isSingle, type Moment, type Past, type Violation } from '../history.ts';
import { toldOf } from '../told.ts';
import { talkSlackMs } from '../world/bounds.ts';

const promise = '11';

/** A Command that nobody waits for any more is stopped: its signal fires, no Result is sent, and its place is free again. */
export function* cancelled(past: Past): Generator<Violation> {
  const slackMs = talkSlackMs(past.schedule);
  yield* notBefore(past);
  if (slackMs === undefined) return;
  yield* signals(past, slackMs);
  yield* answersNobody(past, slackMs);
  yield* freesPlaces(past, slackMs);
  yield* keepsConnections(past);
}

/** That Commands are given up is no reason for another connection, since their server hears of it. */
function* keepsConnections({ entries, schedule }: Past): Generator<Violation> {
  const { servers, sender, sends } = schedule;
  // Streams that are taken slowly, long silence and a certain age are such a reason.
  if (
    servers.length > 1 ||
    servers[0]?.idleTimeoutMs !== null ||
    servers[0].age !== null ||
    sends.some(({ method }) => method !== 'send')
  )
    return;
  // A Result that is dropped while its schema thinks may be the last: the client does not know then that its Command is through.
  if (sends.some(({ command }) => command === 'Checked')) return;
  // Many handlers that do not care that nobody waits are such a reason as well; one takes three times `everyMs`.
  if ((sender.keepalive?.timeoutMs ?? 1000) <= 250 || sends.some(({ everyMs }) => everyMs > 100)) return;
  const made = entries.filter(({ kind }) => kind === 'connection');
  const more = made[sender.clients];
  if (more === undefined) return;
  yield { promise, atMs: more.atMs, message: `${made.length} connections were made for ${sender.clients} clients` };
}

/** Nothing is stopped as cancelled that somebody waits for. */
function* notBefore({ entries, sends, corrupted, hooked }: Past): Generator<Violation> {
  if (corrupted) return;
  const told = toldOf(entries);
  for (const send of sends.values()) {
    const { id, settled, endings, executions } = send;
    // When a stream has ended, its consumer may not have seen yet; its hooks have.
    if (!hooked && !isSingle(send)) continue;
    const end = endings[0] ?? settled[0];
    for (const { host, client, atMs: beganMs } of executions) {
      const stopped = told.of(host, client, id)?.stopped;
      if (stopped?.code !== 'cancelled' || end === undefined || stopped.index > end.index) continue;
      const message = `send ${id} was stopped as cancelled at ${host}, began at ${beganMs} ms, and was awaited still`;
      yield { promise, id, atMs: stopped.atMs, message };
    }
  }
}

/** What is settled does not begin any more, and what goes on is stopped: within the time in which that can be told. */
function* signals({ entries, sends }: Past, slackMs: number): Generator<Violation> {
  const told = toldOf(entries);
  const lost = new Map<string, Moment>();
  for (const [index, { kind, who, details, atMs }] of entries.entries()) {
    if (kind === 'connectionLost') lost.set(`${who} ${details.client}`, { atMs, index });
  }
  for (const { id, settled, executions } of sends.values()) {
    const [end] = settled;
    if (end === undefined) continue;
    const latest = end.atMs + slackMs;
    for (const { host, client, atMs } of executions) {
      if (atMs > latest) {
        const message = `send ${id} (${end.code}) began at ${host} ${(atMs - end.atMs).toFixed(3)} ms after its end`;
        yield { promise, id, atMs, message };
      }
      const one = told.of(host, client, id);
      if (one === undefined || isBy(one.handled, latest)) continue;
      const isTold = isBy(one.hasSignal ? one.signal : one.stopped, latest);
      if (isTold || isBy(lost.get(`${host} ${client}`), latest)) continue;
      const what = one.hasSignal ? 'its signal fired' : 'it was stopped';
      const when = one.hasSignal ? one.signal : one.stopped;
      const message = `send ${id} (${end.code}) ended at ${end.atMs} ms; ${what} at ${when?.atMs ?? 'no'} ms; bound ${slackMs} ms`;
      yield { promise, id, atMs: latest, message };
    }
  }
}

const isBy = (moment: { readonly atMs: number } | undefined, atMs: number) =>
  moment !== undefined && moment.atMs <= atMs;

/** No Result comes for a Command that was given up, once its server has heard of that. */
function* answersNobody({ entries, sends }: Past, slackMs: number): Generator<Violation> {
  const ends = new Map<string, History['endings'][number] & { readonly id: number }>();
  for (const { id, endings } of sends.values()) {
    const [end] = endings;
    if (end !== undefined && end.seq > 0 && end.how !== 'answered')
      ends.set(`${end.client}/${end.seq}`, { ...end, id });
  }
  for (const { kind, details, atMs } of entries) {
    if (kind !== 'unexpected') continue;
    const end = ends.get(`${details.client}/${details.seq}`);
    if (end === undefined || atMs <= end.atMs + slackMs) continue;
    const message = `a Result of send ${end.id} came ${(atMs - end.atMs).toFixed(3)} ms after it was given up; bound ${slackMs} ms`;
    yield { promise, id: end.id, atMs, message };
  }
}

/** Where no connection has all its places taken, no Command waits for one until its deadline. */
function* freesPlaces({ entries, sends, schedule }: Past, slackMs: number): Generator<Violation> {
  const { maxInFlightCommands, hooks } = schedule.sender;
  if (maxInFlightCommands < 1000 || hooks === 'slow' || schedule.servers.some(({ shutdown }) => shutdown !== null))
    return;
  const takenMs = lastTaken(entries, Math.min(...schedule.servers.map((server) => server.maxInFlightCommands)));
  for (const { id, call, executions, endings, refusals } of sends.values()) {
    const [end] = endings;
    if (end?.how !== 'timedOut' || end.seq === 0 || executions.length + refusals.length > 0) continue;
    const sinceMs = Math.max(call.atMs, takenMs(end.atMs));
    if (call.payload !== 'good' || end.atMs - sinceMs <= 3 * slackMs + 100) continue;
    const message = `send ${id} was not executed until its deadline, with places free for ${end.atMs - sinceMs} ms`;
    yield { promise, id, atMs: end.atMs, message };
  }
}

/** When before a time all places of some connection were taken last. */
function lastTaken(entries: Past['entries'], places: number): (beforeMs: number) => number {
  const full: { readonly fromMs: number; untilMs: number }[] = [];
  const open = new Map<string, (typeof full)[number]>();
  const inFlight = new Map<string, Set<unknown>>();
  const told = toldOf(entries);
  for (const { kind, who, details, atMs } of entries) {
    if (kind !== 'execute' && kind !== 'handled' && kind !== 'stopped') continue;
    const key = `${who} ${details.client}`;
    const commands = inFlight.get(key) ?? new Set();
    inFlight.set(key, commands);
    if (kind === 'execute') commands.add(details.seq);
    else if (kind === 'handled' || told.endsWithStop(who, details.client, details.seq)) commands.delete(details.seq);
    const span = open.get(key);
    if (commands.size >= places && span === undefined) {
      const begun = { fromMs: atMs, untilMs: Number.POSITIVE_INFINITY };
      full.push(begun);
      open.set(key, begun);
    } else if (commands.size < places && span !== undefined) {
      span.untilMs = atMs;
      open.delete(key);
    }
  }
  return (beforeMs) =>
    Math.max(0, ...full.filter(({ fromMs }) => fromMs < beforeMs).map(({ untilMs }) => Math.min(untilMs, beforeMs)));
}
