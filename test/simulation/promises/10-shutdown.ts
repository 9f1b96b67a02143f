import { type History, isDirect, type Past, type Violation } from '../history.ts';
import type { Schedule, ServerPlan } from '../schedule.ts';
import { HOSTS } from '../schedule.ts';
import { tripMs } from '../world/bounds.ts';

const promise = '10';

/** So long no Command may have come before a server that shuts down says goodbye. */
const QUIET_MS = 250;
/** One timer tick, and one turn. */
const TICK_MS = 3;

/** Servers that shut down turn Commands away unexecuted; these are sent anew; nobody notices, where there is another. */
export function* shutdowns(past: Past): Generator<Violation> {
  yield* notExecuted(past);
  yield* oncePerRefusal(past);
  yield* takesNone(past);
  yield* hopes(past);
  if (!isCalm(past.schedule)) return;
  if (past.schedule.servers.every(({ goClients }) => !goClients)) {
    yield* unnoticed(past);
    yield* inTime(past);
    return;
  }
  yield* lateResults(past);
  yield* freedPlaces(past);
}

/** What a server has turned away it does not execute. */
function* notExecuted({ entries, corrupted }: Past): Generator<Violation> {
  if (corrupted) return;
  const refused = new Set<string>();
  const executed = new Set<string>();
  for (const { kind, who, details, atMs } of entries) {
    if (kind !== 'refused' && kind !== 'execute') continue;
    if (String(details.client).startsWith('stranger')) continue;
    const key = `${who} ${details.client} ${details.seq}`;
    if (kind === 'refused') refused.add(key);
    else executed.add(key);
    if (!refused.has(key) || !executed.has(key)) continue;
    yield { promise, atMs, message: `the Command ${key} was turned away, and was executed` };
    return;
  }
}

/** A server that shuts down takes no more Commands. */
function* takesNone({ entries }: Past): Generator<Violation> {
  const ending = new Map<string, number>();
  for (const { kind, who, details, atMs } of entries) {
    if (kind === 'server.ending') ending.set(who, ending.get(who) ?? atMs);
    else if (kind === 'server.up' || kind === 'liar.up') ending.delete(who);
    if (kind !== 'execute' || atMs <= (ending.get(who) ?? Number.POSITIVE_INFINITY)) continue;
    yield { promise, atMs, message: `server ${who} executes ${details.command} of ${details.client}, and shuts down` };
    return;
  }
}

/** Who does not want to wait for a client waits only while one is about to be ready. */
function* hopes({ entries, schedule, sends, ending }: Past): Generator<Violation> {
  const { clients, hooks, whenFull } = schedule.sender;
  // Who waits for room waits for a client as well.
  if (whenFull === 'wait' || schedule.meddling !== null || hooks === 'slow' || hooks === 'none') return;
  const states = new Map<unknown, unknown>();
  for (let id = 0; id < clients; id++) states.set(id, 'connecting');
  const gone: number[] = [];
  for (const { kind, details, atMs } of entries) {
    if (kind !== 'client') continue;
    states.set(details.client, details.state);
    if (![...states.values()].some((state) => state === 'ready' || state === 'connecting')) gone.push(atMs);
  }
  for (const { id, call, asked, endings } of sends.values()) {
    const [end] = endings;
    if (end?.how !== 'timedOut' || end.seq !== 0 || asked === undefined || call.isPatient !== false) continue;
    if (end.atMs > (ending?.atMs ?? Number.POSITIVE_INFINITY)) continue;
    const goneMs = gone.find((atMs) => atMs > asked.atMs && atMs < end.atMs - 0.001);
    if (goneMs === undefined) continue;
    const message = `send ${id} waited until its deadline; since ${goneMs} ms no client was about to be ready`;
    yield { promise, id, atMs: end.atMs, message };
  }
}

/** A Command comes to a server once more only where it has been turned away each time before. */
function* oncePerRefusal({ entries, sends, schedule, corrupted }: Past): Generator<Violation> {
  if (corrupted) return;
  const isGoing = (refusal: number, before: number) => {
    const host = entries[refusal]?.who ?? '';
    // One of a certain age goes as a server does that shuts down.
    if (schedule.servers[HOSTS.indexOf(host)]?.age) return true;
    const isAbout = ({ kind, who }: (typeof entries)[number]) => /^server\.(ending|up)$/.test(kind) && who === host;
    return entries.slice(0, before).findLast(isAbout)?.kind === 'server.ending';
  };
  for (const { id, executions, refusals } of sends.values()) {
    const clients = refusals.map(({ client }) => client);
    if (new Set(clients).size < clients.length) {
      const atMs = refusals.at(-1)?.atMs ?? 0;
      yield { promise, id, atMs, message: `send ${id} came twice over a connection that had said goodbye` };
    }
    const [execution] = executions;
    const again = refusals.find(({ index }) => execution !== undefined && index > execution.index);
    // Its client may have heard the goodbye of that server before it came there, and have sent it to another.
    if (again === undefined || isGoing(again.index, execution?.index ?? 0)) continue;
    yield { promise, id, atMs: again.atMs, message: `send ${id} was executed, and came to a server once more` };
  }
}

/** Whether nothing but the servers' shutting down gives a Command a reason to fail. */
function isCalm({ servers, sender, faults, liar, meddling, strangers, stalls }: Schedule): boolean {
  const isEnded = meddling?.acts.some((act) => act === 'close' || act === 'drain') ?? false;
  const roomy = servers.every(({ idleTimeoutMs, maxFrameBytes }) => idleTimeoutMs === null && maxFrameBytes > 4000);
  const none = faults.length + strangers.length + stalls.length === 0 && liar === null;
  return none && roomy && !isEnded && sender.reconnect !== null && (sender.keepalive?.timeoutMs ?? 1000) > 250;
}

interface Span {
  readonly host: string;
  readonly fromMs: number;
  readonly endedMs: number;
  readonly untilMs: number;
}

/** When which server was down, or on its way there. */
function spansOf({ entries }: Past): Span[] {
  const spans: Span[] = [];
  const down = new Map<string, { readonly fromMs: number; endedMs: number }>();
  const ended = new Set<string>();
  const close = (host: string, untilMs: number) => {
    const span = down.get(host);
    if (span === undefined) return;
    spans.push({ host, ...span, untilMs });
    down.delete(host);
    ended.delete(host);
  };
  for (const { kind, who, atMs } of entries) {
    if (kind === 'server.ending' && !down.has(who)) down.set(who, { fromMs: atMs, endedMs: atMs });
    else if (kind === 'server.ended') {
      const span = down.get(who);
      // At the end of a run all are ended once more.
      if (span !== undefined && !ended.has(who)) span.endedMs = atMs;
      ended.add(who);
    } else if (kind === 'server.up') close(who, atMs);
  }
  for (const host of [...down.keys()]) close(host, Number.POSITIVE_INFINITY);
  return spans;
}

/** What a send must not end with because a server shuts down, while another one is there. */
const NOTICED: readonly string[] = ['connection-lost', 'closed', 'unavailable'];

/** Where another server is up all the while, no send fails because one shuts down. */
function* unnoticed(past: Past): Generator<Violation> {
  const { schedule, sends, ending, entries } = past;
  const { sender, servers } = schedule;
  const resetAfterMs = sender.reconnect?.resetAfterMs ?? 0;
  const endMs = ending?.atMs ?? 0;
  const spans = spansOf(past).filter(({ fromMs }) => fromMs < endMs);
  if (spans.length === 0) return;
  const started = entries.find(({ kind }) => kind === 'started')?.atMs ?? Number.POSITIVE_INFINITY;
  // A server is there all the while only if none begins to go before the one before is back, and clients have settled there.
  const settleMs = resetAfterMs + 10 * tripMs(schedule) + 500;
  const first = Math.min(...spans.map(({ fromMs }) => fromMs));
  // One that has no time for its goodbyes cuts off what is under way.
  const isHasty = servers.some(({ shutdown }) => (shutdown?.timeoutMs ?? Number.POSITIVE_INFINITY) < 1000);
  if (servers.length < 2 || isHasty || first < started + settleMs) return;
  const ordered = [...spans].sort((a, b) => a.fromMs - b.fromMs);
  if (ordered.some(({ fromMs }, at) => at > 0 && fromMs < (ordered[at - 1] as Span).untilMs + settleMs)) return;
  for (const send of sends.values()) {
    const [end] = send.settled;
    if (end === undefined || end.atMs >= endMs || isDirect(send)) continue;
    if (!NOTICED.includes(end.code) && !wasDropped(send)) continue;
    if (cutOff(send, servers, past) || meetsGoodbye(send, past, spans)) continue;
    const message = `send ${send.id} ended with ${end.code}, although another server was there`;
    yield { promise, id: send.id, atMs: end.atMs, message };
  }
}

/** Whether a send has timed out that a server had turned away long before, and nobody has executed. */
function wasDropped({ settled, refusals, executions }: History): boolean {
  const [end] = settled;
  const turnedAwayMs = refusals.at(-1)?.atMs;
  if (end?.code !== 'timeout' || turnedAwayMs === undefined) return false;
  return executions.length === 0 && end.atMs - turnedAwayMs > 1000;
}

/**
 * Whether a Command was sent, or sent anew after one server had turned it away, over an idle connection in the very moment in which its server closed that: what meets the
 * goodbye on its way is lost, and nobody can tell whether it was executed.
 */
function meetsGoodbye(
  { call, settled, executions, refusals }: History,
  { schedule }: Past,
  spans: readonly Span[],
): boolean {
  const endMs = settled[0]?.atMs ?? 0;
  const sentMs = refusals.at(-1)?.atMs ?? call.atMs;
  if (executions.length > 0 || endMs > sentMs + tripMs(schedule)) return false;
  return spans.some(
    ({ fromMs, endedMs }) => sentMs > fromMs + QUIET_MS - 1 - tripMs(schedule) / 2 && sentMs <= endedMs,
  );
}

/** Whether a send was still being executed when the time was over that its server had for its end. */
function cutOff({ executions, id }: History, servers: readonly ServerPlan[], { entries }: Past): boolean {
  return executions.some(({ host }) => {
    const plan = servers[HOSTS.indexOf(host)]?.shutdown;
    const fromMs = entries.find(({ kind, who }) => kind === 'server.ending' && who === host)?.atMs;
    if (plan === null || plan === undefined || fromMs === undefined) return false;
    const handled = entries.find(({ kind, who, details }) => kind === 'handled' && who === host && details.id === id);
    return handled === undefined || handled.atMs > fromMs + plan.timeoutMs - 250;
  });
}

/** A server is gone once all it executes is answered, and those are gone that still send: it does not wait for idle ones. */
function* inTime(past: Past): Generator<Violation> {
  const { entries, schedule } = past;
  if (schedule.sends.some(({ consumeMs, napMs, padBytes }) => consumeMs + napMs > 0 || padBytes > 200)) return;
  for (const { host, fromMs, endedMs } of spansOf(past)) {
    const last = entries
      .filter(({ kind, who, atMs }) => who === host && atMs <= endedMs && (kind === 'handled' || kind === 'refused'))
      .reduce((latest, { atMs }) => Math.max(latest, atMs), fromMs);
    if (worksAt(past, host, endedMs)) continue;
    const boundMs = QUIET_MS + tripMs(schedule) * 2 + TICK_MS;
    if (endedMs <= last + boundMs) continue;
    const what = `${(endedMs - last).toFixed(3)} ms after the last Command`;
    yield { promise, atMs: endedMs, message: `server ${host} was gone only ${what}; bound ${boundMs} ms` };
  }
}

/** Whether a server was still executing something then: its time was over. */
function worksAt({ entries }: Past, host: string, atMs: number): boolean {
  const underWay = new Set<string>();
  for (const entry of entries) {
    if (entry.atMs > atMs) break;
    if (entry.who !== host) continue;
    const key = `${entry.details.client} ${entry.details.seq}`;
    if (entry.kind === 'execute') underWay.add(key);
    else if (entry.kind === 'handled') underWay.delete(key);
  }
  return underWay.size > 0;
}

/** For so long a connection that another has taken the place of waits for what was given up. */
const LATE_MS = 3000;

/** What was given up before its first Result, and is answered in time, is told of as unexpected. */
function* lateResults({ schedule, sends, entries, ending }: Past): Generator<Violation> {
  if (!isOfGivingUp(schedule)) return;
  const endMs = ending?.atMs ?? 0;
  const unexpected = new Set(
    entries.filter(({ kind }) => kind === 'unexpected').map(({ details }) => `${details.client}/${details.seq}`),
  );
  for (const { id, endings } of sends.values()) {
    const [end] = endings;
    if (end === undefined || end.how === 'answered' || end.seq === 0) continue;
    const handled = entries.find(({ kind, details }) => kind === 'handled' && details.id === id);
    const latest = (handled?.atMs ?? Number.POSITIVE_INFINITY) + tripMs(schedule);
    if (latest > Math.min(endMs, end.atMs + LATE_MS) || unexpected.has(`${end.client}/${end.seq}`)) continue;
    const message = `the late Result of send ${id}, ${(latest - end.atMs).toFixed(0)} ms after its end, reached nobody`;
    yield { promise, id, atMs: latest, message };
  }
}

/** Whether a schedule has sends that are given up, of which servers for Go clients hear nothing, and nothing else that ends a connection. */
function isOfGivingUp({ servers, sends }: Schedule): boolean {
  const isLong = sends.some(({ style }) => style === 'hang');
  return isLong && servers.every(({ shutdown, goClients }) => shutdown === null && goClients);
}

/** So many that were given up are reason for another connection, */
const MANY = 8;
/** after so long. */
const SLOW_MS = 1000;

/** Places that hang at a server are free again once they are many: later Commands are answered. */
function* freedPlaces({ schedule, sends, ending }: Past): Generator<Violation> {
  if (!isOfGivingUp(schedule) || schedule.sender.clients > 1) return;
  const given = [...sends.values()]
    .filter(({ call, endings }) => call.style === 'hang' && (endings[0]?.seq ?? 0) > 0)
    .map(({ endings }) => endings[0]?.atMs ?? 0)
    .sort((a, b) => a - b);
  const manyMs = given[MANY - 1];
  if (manyMs === undefined) return;
  const freeMs = manyMs + SLOW_MS + 4 * tripMs(schedule) + 100;
  for (const { id, call, settled } of sends.values()) {
    const [end] = settled;
    if (call.style !== 'now' || call.atMs < freeMs || end?.code !== 'timeout') continue;
    if (end.atMs >= (ending?.atMs ?? 0)) continue;
    const message = `send ${id} timed out, since ${given.length} that were given up hold all places`;
    yield { promise, id, atMs: end.atMs, message };
    return;
  }
}
