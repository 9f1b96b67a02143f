import { afterAll, beforeAll, expect } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';

/**
 * Call it at the top of an end-to-end test file: when the file is done, no socket, server, timer or other resource may be
 * left that was not there before. Resources that are on their way out get a moment; what stays is listed.
 */
export function expectNothingLeft({ waitMs = 20_000 }: { waitMs?: number } = {}): void {
  let watch: LeakWatch;
  beforeAll(() => {
    watch = new LeakWatch();
  });
  afterAll(async () => {
    const left = await watch.whatIsLeft(waitMs);
    watch.stop();
    expect(left, 'left behind by this test file').toEqual([]);
  });
}

/** What the test runner and the file system open and close as they please. */
const NOT_OURS = /^(FS|FILEHANDLE|TTY|MessagePort|Worker|PipeWrap|WriteWrap|Immediate)/i;

/** Watches what is opened from its making on. */
export class LeakWatch {
  readonly #before = countByType();
  readonly #timers = new TimerWatch();

  /** Says what is still there, one text each, once it has waited up to `waitMs` for the list to be empty. */
  async whatIsLeft(waitMs: number): Promise<string[]> {
    const until = performance.now() + waitMs;
    for (;;) {
      const left = [...this.#resources(), ...this.#timers.live()];
      if (left.length === 0 || performance.now() > until) return left;
      await this.#timers.pause(10);
    }
  }

  stop(): void {
    this.#timers.stop();
  }

  #resources(): string[] {
    const left: string[] = [];
    for (const [type, count] of countByType()) {
      const more = count - (this.#before.get(type) ?? 0);
      if (more > 0 && !NOT_OURS.test(type)) left.push(`${more} x ${type}${describeHandles(type)}`);
    }
    return left;
  }
}

function countByType(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const type of process.getActiveResourcesInfo()) counts.set(type, (counts.get(type) ?? 0) + 1);
  return counts;
}

/** The addresses of the open sockets and servers. Node tells them only through this old, undocumented function. */
function describeHandles(type: string): string {
  if (!/^(TCP|TLS)/.test(type)) return '';
  const { _getActiveHandles: handles } = process as unknown as { _getActiveHandles(): object[] };
  const shown = handles.call(process).flatMap((handle) => {
    if ('remotePort' in handle && 'localPort' in handle && handle.localPort !== undefined) {
      return [`socket ${handle.localPort} -> ${handle.remotePort}`];
    }
    if ('listening' in handle && 'address' in handle && typeof handle.address === 'function') {
      return [`server ${handle.address()?.port}`];
    }
    return [];
  });
  return ` (open: ${shown.join(', ')})`;
}

interface SeenTimer {
  readonly timer: NodeJS.Timeout;
  /** Where it was set. To make a text of it costs far more than all else here: only for those that are told. */
  readonly place: { readonly stack?: string };
}

/**
 * Sees every timer that is set through the globals or by the library's clock, which does not use them, also those that
 * do not keep the process alive.
 */
class TimerWatch {
  readonly #originals = { setTimeout: globalThis.setTimeout, setInterval: globalThis.setInterval };
  readonly #clock = { ...systemClock };
  #seen: SeenTimer[] = [];
  #pruneAt = 1000;

  constructor() {
    for (const name of ['setTimeout', 'setInterval'] as const) {
      const original = this.#originals[name] as (...parameters: unknown[]) => NodeJS.Timeout;
      const watched = (...parameters: unknown[]) => {
        const timer = original(...parameters);
        this.#remember(timer, watched);
        return timer;
      };
      // util.promisify finds its variant among the properties.
      Object.defineProperties(watched, Object.getOwnPropertyDescriptors(original));
      Object.assign(globalThis, { [name]: watched });
    }
    const watchedClock: typeof systemClock.setTimeout = (callback, delayMs) => {
      const timer = this.#clock.setTimeout(callback, delayMs);
      this.#remember(timer as NodeJS.Timeout, watchedClock);
      return timer;
    };
    systemClock.setTimeout = watchedClock;
  }

  stop(): void {
    Object.assign(globalThis, this.#originals);
    Object.assign(systemClock, this.#clock);
  }

  /** Waits without being seen itself. */
  pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.#originals.setTimeout(resolve, ms).unref());
  }

  live(): string[] {
    this.#prune();
    return this.#seen.map(({ place: { stack = '' } }) => {
      return `timer set ${stack.split('\n').slice(1, 4).join(' ').replace(/\s+/g, ' ').trim()}`;
    });
  }

  #remember(timer: NodeJS.Timeout, caller: (...parameters: never[]) => unknown): void {
    const place: { stack?: string } = {};
    Error.captureStackTrace(place, caller);
    this.#seen.push({ timer, place });
    if (this.#seen.length < this.#pruneAt) return;
    this.#prune();
    this.#pruneAt = Math.max(1000, this.#seen.length * 2);
  }

  #prune(): void {
    this.#seen = this.#seen.filter(({ timer }) => !('_destroyed' in timer && timer._destroyed === true));
  }
}
