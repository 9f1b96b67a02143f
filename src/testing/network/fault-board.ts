import type { TimerHandle } from '../../base/clock.ts';
import type { VirtualClock } from '../kit/virtual-clock.ts';
import { type EventLog, plain } from '../log/event-log.ts';
import { checkFault, concerns, type Fault, type LastingFault } from './faults.ts';
import { type ResolvedLink, resolveLink } from './link.ts';
import type { PathState } from './pipe.ts';

/** Events of a {@link FaultBoard} for its network. */
export interface FaultEvents {
  /** A fault that happens and is over. */
  struck(fault: Exclude<Fault, LastingFault>): void;
  /** A fault has begun or ended: paths, or machines, are others than before. */
  changed(fault: LastingFault, isOn: boolean): void;
}

/** Which faults there are now, and which are to come. */
export class FaultBoard {
  readonly #clock: VirtualClock;
  readonly #log: EventLog;
  readonly #events: FaultEvents;
  readonly #active = new Map<LastingFault, TimerHandle>();
  readonly #planned = new Set<TimerHandle>();

  constructor(clock: VirtualClock, log: EventLog, events: FaultEvents) {
    this.#clock = clock;
    this.#log = log;
    this.#events = events;
  }

  /** @throws CmdStreamError `invalid-argument` for what is no fault. */
  inject(fault: Fault): void {
    checkFault(fault);
    const { atMs = 0 } = fault;
    if (atMs <= this.#clock.monotonicMs()) {
      this.#begin(fault);
      return;
    }
    const timer = this.#clock.at(atMs, () => {
      this.#planned.delete(timer);
      this.#begin(fault);
    });
    this.#planned.add(timer);
  }

  /** Ends all faults, and forgets those to come. */
  heal(): void {
    for (const timer of this.#planned) this.#clock.clearTimeout(timer);
    this.#planned.clear();
    for (const [fault, timer] of this.#active) {
      this.#clock.clearTimeout(timer);
      this.#end(fault);
    }
  }

  #begin(fault: Fault): void {
    this.#log.add('fault.begin', 'network', { fault: plain(fault) });
    if (!isLasting(fault)) {
      this.#events.struck(fault);
      return;
    }
    const { forMs } = fault;
    // A copy: the same object may be injected twice.
    const own = { ...fault };
    const timer =
      forMs === undefined ? undefined : this.#clock.at(this.#clock.monotonicMs() + forMs, () => this.#end(own));
    this.#active.set(own, timer);
    this.#events.changed(own, true);
  }

  #end(fault: LastingFault): void {
    this.#active.delete(fault);
    this.#log.add('fault.end', 'network', { fault: plain(fault) });
    this.#events.changed(fault, false);
  }

  /** Whether one of these faults concerns a server now. */
  hits(server: string, ...kinds: readonly Fault['kind'][]): boolean {
    for (const fault of this.#active.keys()) {
      if ('server' in fault && fault.server === server && kinds.includes(fault.kind)) return true;
    }
    return false;
  }

  /** Answer that a name resolves to now, where a fault says so: the latest that does. */
  answerFor(name: string): readonly string[] | 'fail' | 'hang' | undefined {
    let answer: readonly string[] | 'fail' | 'hang' | undefined;
    for (const fault of this.#active.keys()) if (fault.kind === 'dns' && fault.name === name) answer = fault.answer;
    return answer;
  }

  /** State of the path from one machine to another now. */
  pathState(from: string, to: string, link: ResolvedLink): PathState {
    let own = link;
    let corruptRate = 0;
    let readRate = Number.POSITIVE_INFINITY;
    for (const fault of this.#active.keys()) {
      if (fault.kind === 'link' && concerns(fault, from, to)) own = resolveLink(fault.link, own);
      if (fault.kind === 'corrupt' && concerns(fault, from, to)) corruptRate = Math.max(corruptRate, fault.rate ?? 1);
      if (fault.kind === 'slow-reader' && fault.host === to) readRate = Math.min(readRate, fault.bytesPerSecond ?? 0);
    }
    const [blocked, backBlocked] = [this.isBlocked(from, to), this.isBlocked(to, from)];
    return { link: own, blocked, backBlocked, corruptRate, readRate };
  }

  /** Whether nothing passes from one machine to another now. */
  isBlocked(from: string, to: string): boolean {
    for (const fault of this.#active.keys()) {
      if (fault.kind === 'power-off' && fault.server === to) return true;
      if (fault.kind !== 'partition') continue;
      if (concerns(fault, from, to) || (fault.oneWay !== true && concerns(fault, to, from))) return true;
    }
    return false;
  }
}

function isLasting(fault: Fault): fault is LastingFault {
  return fault.kind !== 'reset' && fault.kind !== 'half-open' && fault.kind !== 'cut';
}
