import { systemClock } from '../../../../src/base/clock.ts';
import { type DeadlineBucket, type DeadlineEntry, DeadlineQueue } from '../../../../src/base/deadline-queue.ts';
import type { Piece } from '../piece.ts';

/** As many deadlines are armed at a time. */
const WINDOW = 1000;

class Entry implements DeadlineEntry {
  deadlineBucket: DeadlineBucket | undefined = undefined;
  nextInBucket: DeadlineEntry | undefined = undefined;
  previousInBucket: DeadlineEntry | undefined = undefined;

  deadlineReached(): void {
    throw new Error('a deadline that was disarmed has been reached');
  }
}

/** The deadlines of requests. */
export const deadlineQueue: Piece = {
  name: 'deadline queue',
  operation: 'one deadline armed and disarmed, 1,000 being armed; a look at the clock for each',
  plain: 'setTimeout and clearTimeout',
  atMost: 0.8,
  prepare() {
    const queue = new DeadlineQueue(systemClock);
    const entries = Array.from({ length: WINDOW }, () => new Entry());
    const timers = new Array<NodeJS.Timeout>(WINDOW);
    return {
      ours(count) {
        for (let done = 0; done < count; done += WINDOW) {
          for (const entry of entries) queue.arm(entry, 30_000);
          for (const entry of entries) queue.disarm(entry);
        }
      },
      plain(count) {
        for (let done = 0; done < count; done += WINDOW) {
          for (let index = 0; index < WINDOW; index++) timers[index] = setTimeout(() => {}, 30_000);
          for (let index = 0; index < WINDOW; index++) clearTimeout(timers[index]);
        }
      },
    };
  },
};
