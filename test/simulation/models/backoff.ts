import type { Past, Violation } from '../history.ts';

const promise = '6';

/** What a Result that waits counts beside the padding of its payload, at most. */
const RESULT_BYTES = 200;

/** So many that were given up before they were answered are reason for another connection. */
const MANY_GIVEN_UP = 8;
const GIVEN_UP: readonly string[] = ['timeout', 'cancelled', 'left'];

interface Client {
  state: string;
  sinceMs: number;
  attempt: number;
  delayMs: number;
  /** Since when it has had a connection, if it has one. */
  readyMs: number | undefined;
}

/** Waits grow as they should, are as long as the jitter says, begin anew after a good connection, and nobody dials during one. */
export function* backoffModel({ entries, schedule, sends }: Past): Generator<Violation> {
  const { reconnect, addresses } = schedule.sender;
  if (reconnect === null) return;
  const { initialMs, maxMs, factor, resetAfterMs } = reconnect;
  const clients = new Map<number, Client>();
  // Bytes that are not what the server sent may look like another service, or like the rest of a stream that was left.
  const isCorrupt = schedule.liar !== null || schedule.faults.some(({ kind }) => kind === 'corrupt');
  // A client may go home where there are several addresses: the fleet's checker looks at that. Where streams are sent, one may
  // be left or cut short, or a single Result of it be too much to keep, and its connection replaced while it is in use.
  const given = [...sends.values()].filter(({ settled }) => GIVEN_UP.includes(settled[0]?.code ?? ''));
  const mayRenew =
    isCorrupt ||
    given.length >= MANY_GIVEN_UP ||
    schedule.servers.length > 1 ||
    schedule.sends.some(
      ({ count, padBytes }) => count > 1 || 2 * (padBytes + RESULT_BYTES) >= schedule.sender.maxBufferedResultBytes,
    );
  let draw: number | undefined;
  let foundOther = isCorrupt;
  for (const { kind, details, atMs, who } of entries) {
    if (kind === 'draw') draw = Number(details.value);
    if (kind === 'net.dial' && who === 'client' && addresses === 'list' && clients.size > 0) {
      const dials =
        clients.size < schedule.sender.clients || [...clients.values()].some((one) => mayDial(one, atMs, mayRenew));
      if (!dials) yield { promise, atMs, message: `a dial to ${details.address} while no client was to dial` };
    }
    if (kind !== 'client') continue;
    if (details.code === 'server-info-mismatch') foundOther = true;
    const id = Number(details.client);
    const before = clients.get(id) ?? { state: 'connecting', sinceMs: 0, attempt: 0, delayMs: 0, readyMs: undefined };
    const [state, attempt, delayMs] = [String(details.state), Number(details.attempt), Number(details.delayMs)];
    const livedMs = before.readyMs === undefined ? 0 : atMs - before.readyMs;
    const sameWait = state === 'reconnecting' && before.state === 'reconnecting' && attempt === before.attempt;
    if (state === 'reconnecting' && !sameWait) {
      const expected = (livedMs >= resetAfterMs ? 0 : before.attempt) + 1;
      // At the very moment either may come first.
      const atOnce = Math.abs(livedMs - resetAfterMs) < 1.01;
      if (attempt !== expected && !(atOnce && (attempt === 1 || attempt === before.attempt + 1))) {
        yield { promise, atMs, message: `client ${id} counts attempt ${attempt} in place of ${expected}` };
      }
      const boundMs = Math.min(maxMs, initialMs * factor ** (attempt - 1));
      // Where another service was found at every address, to dial soon is of no use.
      const isOther = foundOther && Math.abs(delayMs - (draw ?? 0) * maxMs) < 1e-6;
      const waitMs = (draw ?? 0) * (isOther ? maxMs : boundMs);
      // While nobody is connected each client has its turn, and does not wait for longer than that takes.
      const turnMs = Math.max(500, initialMs / 2);
      const isTurn =
        delayMs < waitMs &&
        Math.abs((((atMs + delayMs) / turnMs) % 1) - (draw ?? 0)) < 1e-6 &&
        Math.floor((atMs + delayMs) / turnMs) % schedule.sender.clients === id;
      if (draw === undefined || (Math.abs(delayMs - waitMs) > 1e-6 && !isTurn)) {
        yield { promise, atMs, message: `client ${id} waits ${delayMs} ms; ${draw} of ${boundMs} ms was drawn` };
      }
    }
    const sinceMs = state === before.state && sameWait ? before.sinceMs : atMs;
    const keeps = state === 'ready' || state === 'draining';
    const readyMs =
      state === 'ready' ? (before.state === 'ready' ? before.readyMs : atMs) : keeps ? before.readyMs : undefined;
    clients.set(id, { state, sinceMs, attempt, delayMs, readyMs });
  }
}

function mayDial({ state, sinceMs, delayMs }: Client, nowMs: number, mayRenew: boolean): boolean {
  if (state === 'ready') return mayRenew;
  if (state === 'connecting') return true;
  return state === 'reconnecting' && nowMs >= sinceMs + delayMs - 1e-6;
}
