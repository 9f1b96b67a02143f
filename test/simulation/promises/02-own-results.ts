import type { Past, Violation } from '../history.ts';

const promise = '2';

/** No Result reaches a request that is settled, or another's. */
export function* ownResults({ sends, corrupted, corruption, entries }: Past): Generator<Violation> {
  const places = new Map<string, { readonly id: number; readonly endIndex: number }>();
  for (const send of sends.values()) {
    const { id, values, answers, endings, settled, carried } = send;
    const isSpared = !corrupted || corruption.spares(send);
    for (const { of, atMs, index } of values) {
      if (of !== id && isSpared) yield { promise, id, atMs, message: `send ${id} got the Result of ${of ?? 'nobody'}` };
      if (index > (settled[0]?.index ?? Number.POSITIVE_INFINITY)) {
        yield { promise, id, atMs, message: `send ${id} got a Result after it had settled` };
      }
    }
    const [end] = endings;
    for (const { atMs, index } of answers) {
      if (end !== undefined && index > end.index) {
        yield { promise, id, atMs, message: `a Result was delivered to send ${id} after it had ended` };
      }
    }
    const place = answers[0] ?? end ?? carried;
    if (place === undefined || place.seq === 0) continue;
    const key = `${place.client}/${place.seq}`;
    const before = places.get(key);
    if (before !== undefined) {
      const message = `sends ${before.id} and ${id} have the same sequence number: ${place.seq} of client ${place.client}`;
      yield { promise, id, atMs: place.atMs, message };
    }
    const { index: endIndex = Number.POSITIVE_INFINITY } = end ?? (carried === undefined ? {} : (settled[0] ?? {}));
    places.set(key, { id, endIndex });
  }
  // A changed sequence number may be one that is yet to come.
  if (corrupted) return;
  for (let index = 0; index < entries.length; index++) {
    const { kind, details, atMs } = entries[index] as (typeof entries)[number];
    if (kind !== 'unexpected') continue;
    const owner = places.get(`${details.client}/${details.seq}`);
    if (owner === undefined || owner.endIndex <= index) continue;
    const message = `a Result of send ${owner.id} was called unexpected while it was awaited`;
    yield { promise, id: owner.id, atMs, message };
  }
}
