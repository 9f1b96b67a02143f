import { type History, isDirect, type Past, type Violation } from '../history.ts';
import { HOSTS, type Schedule } from '../schedule.ts';
import { tripMs } from '../world/bounds.ts';

const promise = '13';

/** The jitter of an age, and the tick of the queue that it hangs in. */
const LONGEST = 1.1;
const TICK_MS = 11;

/** What a send must not end with because a connection is renewed. */
const NOTICED: readonly string[] = ['connection-lost', 'closed', 'unavailable'];

/** Connections of a certain age take no more Commands; what they have taken is answered, all else goes over others. */
export function* renewed(past: Past): Generator<Violation> {
  if (past.schedule.servers.every(({ age }) => age === null)) return;
  yield* takesNone(past);
  yield* unnoticed(past);
}

/** Nothing is executed that has come over a connection after its time. */
function* takesNone({ schedule, sends }: Past): Generator<Violation> {
  const firstMs = new Map<string, number>();
  const executions = [...sends.values()].flatMap(({ id, executions: all }) => all.map((one) => ({ id, ...one })));
  for (const { id, host, client, atMs } of executions.sort((a, b) => a.index - b.index)) {
    const age = schedule.servers[HOSTS.indexOf(host)]?.age ?? null;
    const key = `${host} ${client}`;
    const sinceMs = firstMs.get(key) ?? atMs;
    firstMs.set(key, sinceMs);
    if (age === null || atMs <= sinceMs + LONGEST * age.ageMs + TICK_MS) continue;
    const lasted = `${(atMs - sinceMs).toFixed(0)} ms after the first over the same connection`;
    yield { promise, id, atMs, message: `send ${id} was executed ${lasted}, which may last for ${age.ageMs} ms` };
  }
}

/** No send fails because a connection is renewed, but for what is still in flight after the grace. */
function* unnoticed({ schedule, sends, ending }: Past): Generator<Violation> {
  for (const send of sends.values()) {
    const [end] = send.settled;
    if (end === undefined || end.atMs >= (ending?.atMs ?? 0) || isDirect(send)) continue;
    if (!NOTICED.includes(end.code) || wasCutOff(send, schedule)) continue;
    const message = `send ${send.id} ended with ${end.code}, although no server went`;
    yield { promise, id: send.id, atMs: end.atMs, message };
  }
}

function wasCutOff({ executions, settled }: History, schedule: Schedule): boolean {
  const endMs = settled[0]?.atMs ?? 0;
  return executions.some(({ host, atMs }) => {
    const graceMs = schedule.servers[HOSTS.indexOf(host)]?.age?.graceMs ?? Number.POSITIVE_INFINITY;
    return endMs >= atMs + graceMs - tripMs(schedule);
  });
}
