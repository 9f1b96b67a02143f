import { isDeepStrictEqual } from 'node:util';
import { interop } from '../../interop/support/protocol.ts';
import { different, type Expectation, type WorkMaker, withId } from './work.ts';

const done: Expectation['check'] = (value) => (isDeepStrictEqual(value, {}) ? undefined : different({}, value));

/** An answer after a short while. */
export const delay: WorkMaker = (id, random) => ({
  kind: 'delay',
  mode: 'single',
  command: interop.Delay(withId(id, { Ms: random.int(1, 40) })),
  timeoutMs: random.int(1000, 3000),
  check: done,
  results: 1,
});

/** A deadline that comes first: its Result comes late, and is nobody's. */
export const delayTooLong: WorkMaker = (id, random) => ({
  kind: 'delay too long',
  mode: 'single',
  command: interop.Delay(withId(id, { Ms: 3000 })),
  timeoutMs: random.int(1, 80),
  absolute: random.chance(0.5),
  waitForReady: random.chance(0.3),
  check: done,
  results: 'none',
  codes: ['timeout'],
});

/** A signal that fires first. */
export const delayAborted: WorkMaker = (id, random) => ({
  kind: 'delay aborted',
  mode: 'single',
  command: interop.Delay(withId(id, { Ms: 3000 })),
  timeoutMs: 2500,
  abortAfterMs: random.int(0, 60),
  waitForReady: random.chance(0.3),
  check: done,
  results: 'none',
  codes: ['cancelled'],
});

/** A Command whose handler fails. */
export const failing: WorkMaker = (id, random) => {
  const Message = `failure ${id} of ${random.int(0, 999)}`;
  return {
    kind: 'failing',
    mode: 'single',
    command: interop.Fail(withId(id, { Message })),
    timeoutMs: random.int(1000, 3000),
    check: done,
    results: 'none',
    codes: ['command-failed'],
    failure: Message,
  };
};
