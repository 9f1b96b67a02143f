import type { Past, Violation } from '../history.ts';

const promise = 'dispatch';

type Candidate = readonly [id: number, pending: number, bytes: number, failures: number];

/** Commands go to ready clients only, to all of them in turn, or to the one with the fewest that are pending, or failed lately. */
export function* dispatchModel({ entries, schedule, ending }: Past): Generator<Violation> {
  const { dispatch, clients } = schedule.sender;
  const ready = new Set<number>();
  const picks = new Map<number, number>();
  let members = '';
  for (const [index, { kind, details, atMs }] of entries.entries()) {
    if (kind === 'client') {
      if (details.state === 'ready') ready.add(Number(details.client));
      else ready.delete(Number(details.client));
    }
    if (kind !== 'pick') continue;
    const candidates = details.ready as unknown as readonly Candidate[];
    const picked = candidates.find(([id]) => id === details.picked);
    if (picked === undefined) continue;
    const names = candidates.map(([id]) => id).join();
    // When a client's state changes, it takes (or refuses) Commands a moment before it is told.
    const known = [...ready].sort().join();
    if (names !== known && !changesNow(entries, index) && ending === undefined) {
      yield { promise, atMs, message: `a choice among clients ${names}; ready are ${known}` };
      return;
    }
    if (dispatch === 'least-pending') {
      const least = Math.min(...candidates.map(loadOf));
      if (loadOf(picked) > least) {
        yield {
          promise,
          atMs,
          message: `client ${picked[0]} was chosen with a load of ${loadOf(picked)}; another has ${least}`,
        };
        return;
      }
      continue;
    }
    if (names !== members) picks.clear();
    members = names;
    picks.set(picked[0], (picks.get(picked[0]) ?? 0) + 1);
    const counts = candidates.map(([id]) => picks.get(id) ?? 0);
    if (clients > 1 && Math.max(...counts) > Math.min(...counts) + 1) {
      yield { promise, atMs, message: `clients ${names} were chosen ${counts.join(', ')} times: not in turn` };
      return;
    }
  }
}

/** What waits there, and what failed there lately. */
function loadOf([, pending, , failures]: Candidate): number {
  return pending + failures;
}

/** Whether a client's state changes at the very time of an entry, after it. */
function changesNow(entries: Past['entries'], index: number): boolean {
  const atMs = entries[index]?.atMs;
  for (let at = index + 1; entries[at]?.atMs === atMs; at++) if (entries[at]?.kind === 'client') return true;
  return false;
}
