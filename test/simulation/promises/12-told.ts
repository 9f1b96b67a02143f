import { isDeepStrictEqual } from 'node:util';
import type { History, Past, Violation } from '../history.ts';
import { HOSTS } from '../schedule.ts';
import { type Told, toldOf } from '../told.ts';
import { talkSlackMs } from '../world/bounds.ts';
import { TOKEN } from '../world/talk.ts';

const promise = '12';
/** One timer tick: the coarse one, or what is left in whole milliseconds. */
const TICK_MS = 12;
/** What ends Commands with their connection. */
const ENDS: readonly string[] = ['connectionLost', 'server.ended', 'server.down'];

/** Handlers know how long they have, and the texts that were sent; nothing begins, or goes on, after its time. */
export function* told(past: Past): Generator<Violation> {
  yield* keepsTime(past);
  yield* hears(past);
}

/** What a server has been told: nothing begins after that time, and what goes on is stopped then. */
function* keepsTime({ entries, corrupted }: Past): Generator<Violation> {
  if (corrupted) return;
  const endMs = entries.at(-1)?.atMs ?? 0;
  const ends = entries.filter(({ kind }) => ENDS.includes(kind));
  const lostMs = (host: string, client: string, fromMs: number) =>
    ends.find(
      ({ kind, who, details, atMs }) =>
        atMs >= fromMs && who === host && (kind !== 'connectionLost' || details.client === client),
    )?.atMs ?? endMs;
  for (const { id, host, client, began, leftMs, stopped, handled } of toldOf(entries).all) {
    if (leftMs === null) continue;
    if (leftMs <= 0)
      yield { promise, id, atMs: began.atMs, message: `send ${id} began at ${host} with ${leftMs} ms left` };
    const dueMs = began.atMs + leftMs + TICK_MS;
    const [stoppedMs = endMs, handledMs = endMs] = [stopped?.atMs, handled?.atMs];
    const overMs = Math.min(stoppedMs, handledMs, lostMs(host, client, began.atMs));
    if (overMs > dueMs) {
      const message = `send ${id} goes on at ${host} ${(overMs - dueMs).toFixed(3)} ms after its time`;
      yield { promise, id, atMs: dueMs, message };
    }
  }
}

/** What was said is what is heard. */
function* hears(past: Past): Generator<Violation> {
  const { sends, entries, corrupted, corruption, schedule } = past;
  const slackMs = talkSlackMs(schedule);
  const commands = toldOf(entries);
  for (const send of sends.values()) {
    if (corrupted && !corruption.spares(send)) continue;
    for (const execution of send.executions) {
      const { host, client } = execution;
      const one = commands.of(host, client, send.id);
      if (one === undefined || !corruption.isFact(execution)) continue;
      const talks = schedule.servers[HOSTS.indexOf(host)]?.goClients === false;
      const problem = talks ? misheard(send, one, slackMs) : overheard(one);
      if (problem === undefined) continue;
      yield { promise, id: send.id, atMs: one.began.atMs, message: `send ${send.id} at ${host}: ${problem}` };
    }
  }
}

/** A server for Go clients is told nothing. */
function overheard({ metadata, token, leftMs }: Told): string | undefined {
  const isNothing = Object.keys(metadata).length === 0 && token === null && leftMs === null;
  return isNothing ? undefined : 'a server for Go clients was told more than its Command';
}

function misheard(send: History, told: Told, slackMs: number | undefined): string | undefined {
  const { call } = send;
  const { metadata, token, leftMs, began, stopped } = told;
  const expected = call.metadata ?? {};
  if (!isDeepStrictEqual({ ...metadata }, { ...expected })) {
    return `its metadata is ${JSON.stringify(metadata)}, was ${JSON.stringify(expected)}`;
  }
  if (token !== TOKEN.token) return `the client's token is ${token}`;
  const { timeoutMs } = call;
  if ((leftMs === null) !== (timeoutMs === null)) return `it has ${leftMs} ms left; it was sent with ${timeoutMs} ms`;
  if (leftMs === null || timeoutMs === null) return undefined;
  const laterMs = began.atMs + leftMs - (call.atMs + timeoutMs);
  if (laterMs < -1.01) return `its deadline is ${-laterMs} ms too early`;
  if (stopped?.code === 'timeout' && stopped.atMs < call.atMs + timeoutMs - 1.01)
    return 'it was stopped before its time';
  if (slackMs === undefined) return undefined;
  if (laterMs > slackMs + TICK_MS) return `its deadline is ${laterMs} ms too late`;
  const lateMs = began.atMs - (call.atMs + timeoutMs);
  return lateMs > slackMs + TICK_MS ? `it began ${lateMs} ms after its deadline` : undefined;
}
