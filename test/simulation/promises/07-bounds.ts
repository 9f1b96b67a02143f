import { type History, type Past, type Violation, wasTurnedAway } from '../history.ts';
import type { SenderPlan } from '../schedule.ts';
import { type ToldCommands, toldOf } from '../told.ts';

const promise = '7';

/** What stands around a payload at most: sequence number, type, length. */
const HEADER_BYTES = 30;
/** What a Result that waits counts beside its bytes on the wire. */
const WEIGHT_OF_RESULT = 64;
/** What a Command in flight counts beside its payload. */
const COMMAND_BYTES = 1536;

/** No queue is unbounded: pending requests, bytes to be written, sends that wait, Results that wait, Commands in flight. */
export function* bounds(past: Past): Generator<Violation> {
  yield* atClients(past);
  yield* waiting(past);
  yield* waitingBytes(past);
  yield* bytesInFlight(past);
  yield* atServers(past);
  if (past.hooked) for (const send of past.sends.values()) yield* untaken(send, past.schedule.sender);
}

function* atClients({ entries, schedule }: Past): Generator<Violation> {
  const { maxInFlightCommands, maxBufferedBytes, maxFrameBytes } = schedule.sender;
  const maxBytes = maxBufferedBytes + maxFrameBytes + HEADER_BYTES;
  for (const { kind, details, atMs } of entries) {
    if (kind !== 'pick') continue;
    for (const [id, pending, bytes] of details.ready as unknown as [number, number, number][]) {
      if (pending > maxInFlightCommands)
        yield { promise, atMs, message: `client ${id} has ${pending} pending of ${maxInFlightCommands}` };
      if (bytes > maxBytes) yield { promise, atMs, message: `client ${id} buffers ${bytes} bytes of ${maxBytes}` };
    }
  }
}

/** Sends that are under way are pending somewhere, or wait. */
function* waiting({ entries, schedule, hooked }: Past): Generator<Violation> {
  if (!hooked) return;
  const { clients, maxInFlightCommands, maxWaiting, hooks } = schedule.sender;
  const most = clients * maxInFlightCommands + maxWaiting;
  const pendingOf = (ready: unknown) => (ready as [number, number][]).reduce((sum, [, pending]) => sum + pending, 0);
  const underWay = new Set<unknown>();
  let nowMs = 0;
  for (const { kind, details, atMs } of entries) {
    // Within a moment one that was asked may be on its way to being refused.
    if (atMs > nowMs && underWay.size > most) {
      const message = `${underWay.size} sends are under way; ${clients} clients take ${maxInFlightCommands} each and ${maxWaiting} may wait`;
      yield { promise, atMs: nowMs, message };
      return;
    }
    nowMs = atMs;
    if (kind === 'pick' && pendingOf(details.ready) > underWay.size) {
      const message = `${pendingOf(details.ready)} sends are pending at clients; ${underWay.size} are under way`;
      yield { promise, atMs, message };
      return;
    }
    const { id } = details;
    const refused = hooks === 'refuse' && Number(id) % 4 === 0;
    if ((kind === 'asked' && !refused) || kind === 'carried') underWay.add(id);
    else if (kind === 'ended' || kind === 'settled' || (kind === 'answered' && details.last === true)) {
      underWay.delete(id);
    }
  }
}

/** What never left has waited for as long as it was under way. */
function* waitingBytes(past: Past): Generator<Violation> {
  const { entries, schedule, sends, hooked } = past;
  const { maxWaitingBytes } = schedule.sender;
  if (!hooked) return;
  let bytes = 0;
  let nowMs = 0;
  for (const { kind, details, atMs } of entries) {
    const send = sends.get(Number(details.id));
    const [end] = send?.endings ?? [];
    if (send === undefined || end === undefined || end.seq !== 0 || end.atMs === send.asked?.atMs) continue;
    // One that was turned away has been under way before it waited.
    if (wasTurnedAway(send, past) || mayHaveHeardGoodbye(send, entries)) continue;
    if (atMs > nowMs && bytes > maxWaitingBytes) {
      yield { promise, atMs: nowMs, message: `sends of ${bytes} bytes wait; maxWaitingBytes is ${maxWaitingBytes}` };
      return;
    }
    nowMs = atMs;
    if (kind === 'asked') bytes += send.call.padBytes;
    else if (kind === 'ended') bytes -= send.call.padBytes;
  }
}

/** Whether it may have left for a server that was shutting down, and whose goodbye was heard only then. */
function mayHaveHeardGoodbye({ endings: [end] }: History, entries: Past['entries']): boolean {
  return entries.slice(0, end?.index).some(({ kind }) => kind === 'server.ending');
}

/** What Commands in flight weigh at the least; one more may come where there is a byte left. */
function* bytesInFlight({ entries, schedule }: Past): Generator<Violation> {
  const limits = new Map(schedule.servers.map(({ maxInFlightBytes }, index) => ['abc'[index], maxInFlightBytes]));
  const inFlight = new Map<string, Set<unknown>>();
  const told = toldOf(entries);
  for (const entry of entries) {
    const { kind, details, atMs, who } = entry;
    if (
      (kind !== 'execute' && kind !== 'handled' && kind !== 'stopped') ||
      String(details.client).startsWith('stranger')
    )
      continue;
    const key = `${who} ${details.client}`;
    const commands = inFlight.get(key) ?? new Set();
    inFlight.set(key, commands);
    const before = commands.size * COMMAND_BYTES;
    follow(commands, entry, told);
    if (kind !== 'execute' || before < (limits.get(who) ?? 0)) continue;
    yield { promise, atMs, message: `server ${who} took a Command beside ${before} bytes of one connection in flight` };
    return;
  }
}

function* atServers({ entries, schedule }: Past): Generator<Violation> {
  const limits = new Map(schedule.servers.map(({ maxInFlightCommands }, index) => ['abc'[index], maxInFlightCommands]));
  const inFlight = new Map<string, Set<unknown>>();
  const told = toldOf(entries);
  for (const entry of entries) {
    const { kind, details, atMs, who } = entry;
    if (kind !== 'execute' && kind !== 'handled' && kind !== 'stopped') continue;
    // What strangers send may be a Command, but its payload is no work that a handler could log the end of.
    if (String(details.client).startsWith('stranger')) continue;
    const key = `${who} ${details.client}`;
    const commands = inFlight.get(key) ?? new Set();
    inFlight.set(key, commands);
    follow(commands, entry, told);
    const limit = limits.get(who) ?? 0;
    if (commands.size <= limit) continue;
    yield {
      promise,
      atMs,
      message: `server ${who} works on ${commands.size} Commands of one connection; limit ${limit}`,
    };
    return;
  }
}

/** Follows which Commands of a connection are in flight. */
function follow(commands: Set<unknown>, { kind, who, details }: Past['entries'][number], told: ToldCommands): void {
  if (kind === 'execute') commands.add(details.seq);
  else if (kind === 'handled' || told.endsWithStop(who, details.client, details.seq)) commands.delete(details.seq);
}

/**
 * Results that wait for their consumer. What arrives at once may be more; but where as much as is allowed waited already, no
 * more may come: by its number where the stream is to fail then, by its bytes always.
 */
function* untaken({ id, call, answers, values }: History, sender: SenderPlan): Generator<Violation> {
  if (call.method !== 'sendMulti' && call.method !== 'sendMultiWithDeadline') return;
  const most = sender.whenSlow === 'fail' ? sender.maxBufferedResults : Number.POSITIVE_INFINITY;
  // As much may wait for the schema before, and comes whether the consumer has taken anything meanwhile or not; each of the
  // two may be over by the one that filled it.
  const ofOne = Math.max(0, ...answers.map(({ size }) => size)) + WEIGHT_OF_RESULT;
  const { maxBufferedResultBytes } = sender;
  const mostBytes = call.command === 'Checked' ? 2 * maxBufferedResultBytes + ofOne : maxBufferedResultBytes;
  let taken = 0;
  let before = 0;
  for (const [index, answer] of answers.entries()) {
    if (answer.atMs !== answers[index - 1]?.atMs) before = index;
    while ((values[taken]?.index ?? Number.POSITIVE_INFINITY) < answer.index) taken++;
    // One is in the consumer's hands.
    const bytes = answers.slice(taken + 1, index).reduce((sum, { size }) => sum + size + WEIGHT_OF_RESULT, 0);
    if (before - taken <= most + 1 && bytes < mostBytes) continue;
    const message = `${before - taken} Results of send ${id}, with ${bytes} bytes, wait for their consumer`;
    yield { promise, id, atMs: answer.atMs, message };
    return;
  }
}
