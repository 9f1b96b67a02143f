import { interop } from '../../interop/support/protocol.ts';
import type { TestRandom } from '../../support/random.ts';
import { different, type Expectation, type WorkMaker, withId } from './work.ts';

/** The Ticks of a Countdown: gap-free, in order, and marked as last at 1 only. */
function ticks(from: number): Expectation['check'] {
  return (value, index) => {
    const N = from - index;
    const { N: n, Last: last } = value as { N: unknown; Last: unknown };
    return n === N && last === (N === 1) ? undefined : different({ N, Last: N === 1 }, value);
  };
}

function countdown(id: number, random: TestRandom, longest = 60) {
  const from = random.int(2, longest);
  return {
    from,
    mode: random.chance(0.5) ? 'iterate' : 'handle',
    command: interop.Countdown(withId(id, { From: from })),
    check: ticks(from),
    timeoutMs: random.int(1500, 4000),
    absolute: random.chance(0.3),
    waitForReady: random.chance(0.3),
  } as const;
}

/** A stream to its end; one in twenty is long. */
export const stream: WorkMaker = (id, random) => {
  const { from, ...send } = countdown(id, random, random.chance(0.05) ? 400 : 40);
  return { ...send, kind: 'stream', results: from };
};

/** The first Results of a stream, as many as were asked for. */
export const streamOfSome: WorkMaker = (id, random) => {
  const { from, ...send } = countdown(id, random);
  const resultsCount = random.int(1, from);
  return { ...send, kind: 'stream of some', resultsCount, results: resultsCount };
};

/** A stream whose reader leaves. */
export const streamLeft: WorkMaker = (id, random) => {
  const { from, ...send } = countdown(id, random);
  // Leaving is an end of its own: 'left', not success.
  return { ...send, mode: 'iterate', kind: 'stream left', leaveAfter: random.int(1, from - 1), results: 'none' };
};

/** A stream whose signal fires at some time: before it is sent, in the middle, or never. */
export const streamAborted: WorkMaker = (id, random) => {
  const { from, ...send } = countdown(id, random);
  const abortAfterMs = random.int(0, 6);
  return { ...send, kind: 'stream aborted', abortAfterMs, results: from, codes: ['cancelled'] };
};
