import { type Clock, systemClock, type TimerHandle, type Transport, tcpTransport } from 'cmd-stream';

/** The clock of the machine, which knows the timers that it has been asked for. */
export class CountingClock implements Clock {
  readonly #live = new Set<TimerHandle>();

  /** Timers that have neither fired nor been cleared. */
  get live(): number {
    return this.#live.size;
  }

  now(): number {
    return systemClock.now();
  }

  monotonicMs(): number {
    return systemClock.monotonicMs();
  }

  setTimeout(callback: () => void, delayMs: number): TimerHandle {
    const handle = systemClock.setTimeout(() => {
      this.#live.delete(handle);
      callback();
    }, delayMs);
    this.#live.add(handle);
    return handle;
  }

  clearTimeout(handle: TimerHandle): void {
    this.#live.delete(handle);
    systemClock.clearTimeout(handle);
  }
}

/** TCP that tells of each dial. */
export function countingTransport(onDial: () => void): Transport {
  const tcp = tcpTransport();
  return {
    name: tcp.name,
    connect(address, signal) {
      onDial();
      return tcp.connect(address, signal);
    },
    listen: (options, events) => tcp.listen(options, events),
  };
}

/** What standard streams and the file system open and close as they please. */
const NOT_OURS = /^(FS|FILEHANDLE|TTY|MessagePort|Worker|PipeWrap|WriteWrap|Immediate)/i;

/** The resources that keep this process alive, by type; those of the standard streams left out. */
export function liveHandles(): string[] {
  return process.getActiveResourcesInfo().filter((type) => !NOT_OURS.test(type));
}
