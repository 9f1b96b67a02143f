import { type Past, pastOf, type Violation } from '../history.ts';
import { breakerModel } from '../models/breaker.ts';
import { dispatchModel } from '../models/dispatch.ts';
import type { Run } from '../run.ts';
import { settlesOnce } from './01-settles-once.ts';
import { ownResults } from './02-own-results.ts';
import { streams } from './03-streams.ts';
import { atMostOnce } from './04-at-most-once.ts';
import { nothingLeft } from './05-nothing-left.ts';
import { deadPeers } from './06-dead-peers.ts';
import { bounds } from './07-bounds.ts';
import { hostileBytes } from './08-hostile-bytes.ts';
import { resumes } from './09-resumes.ts';
import { shutdowns } from './10-shutdown.ts';
import { cancelled } from './11-cancelled.ts';
import { told } from './12-told.ts';
import { renewed } from './13-renewed.ts';
import { credit } from './14-credit.ts';

type Check = (past: Past) => Iterable<Violation>;

const CHECKS: readonly Check[] = [
  settlesOnce,
  ownResults,
  streams,
  atMostOnce,
  nothingLeft,
  deadPeers,
  bounds,
  hostileBytes,
  resumes,
  shutdowns,
  cancelled,
  told,
  renewed,
  credit,
];

const MODELS: readonly Check[] = [breakerModel, dispatchModel];

/** What the promises say, in short, by their names. */
export const PROMISES: Readonly<Record<string, string>> = {
  '1': 'every send settles exactly once, by its deadline',
  '2': 'no Result reaches a settled request, or another’s',
  '3': 'streams are gap-free and in order; success means complete',
  '4': 'at most once, and errors say whether it may have executed',
  '5': 'after close nothing is left, and closing is bounded',
  '6': 'dead peers are found; dials keep to the backoff',
  '7': 'no queue is unbounded',
  '8': 'no byte sequence crashes either side',
  '9': 'service resumes when faults stop',
  '10': 'servers that shut down turn Commands away unexecuted, and nobody notices',
  '11': 'Commands that nobody waits for are stopped, and free their places',
  '12': 'handlers know deadlines and metadata, and nothing goes on after its time',
  '13': 'connections of a certain age are renewed, and nobody notices',
  '14': 'slow consumers make their own handlers wait, and nobody else',
  breaker: 'the circuit breaker does what its model does',
  dispatch: 'Commands go where the model of the dispatch says',
};

/** All promises that a run breaks. */
export function violationsOf(run: Run): Violation[] {
  const past = pastOf(run);
  // In the middle of one thing another one happens: the models follow no such order.
  const checks = run.schedule.meddling === null ? [...CHECKS, ...MODELS] : CHECKS;
  return checks.flatMap((check) => [...check(past)]);
}
