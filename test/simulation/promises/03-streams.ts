import { isSingle, type Past, type Violation } from '../history.ts';

const promise = '3';

/** A stream delivers a gap-free prefix in order; success means that the last Result was seen. */
export function* streams({ sends, corrupted, corruption }: Past): Generator<Violation> {
  for (const send of sends.values()) {
    const { id, call, values } = send;
    const [settled] = send.settled;
    // How many Results a caller is given is this side's doing, whatever the bytes say.
    const most = isSingle(send) ? Number(settled?.code === 'ok') : (call.wanted ?? Number.POSITIVE_INFINITY);
    if (values.length > most) {
      const atMs = values[most]?.atMs ?? call.atMs;
      yield { promise, id, atMs, message: `send ${id} was given ${values.length} Results, ${most} at most` };
    }
    if (corrupted && !corruption.spares(send)) continue;
    for (const [index, { n, atMs }] of values.entries()) {
      if (n === index + 1) continue;
      yield { promise, id, atMs, message: `send ${id} got Result ${n} in place of ${index + 1}` };
      break;
    }
    if (settled?.code !== 'ok') continue;
    const { atMs } = settled;
    const several = !isSingle(send) && (call.command === 'Watch' || call.command === 'Checked');
    const wanted = several ? Math.min(call.count, call.wanted ?? Number.POSITIVE_INFINITY) : 1;
    if (values.length !== wanted) {
      yield { promise, id, atMs, message: `send ${id} succeeded with ${values.length} Results of ${wanted}` };
    }
    const fails = call.style === 'unsendable' || call.style === 'throw' || call.style === 'throwLater';
    if (fails && several && wanted === call.count) {
      yield { promise, id, atMs, message: `send ${id} succeeded although its handler failed` };
    }
  }
}
