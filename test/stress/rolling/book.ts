import { Executions } from '../executions.ts';
import { Latencies } from '../latencies.ts';
import { VerifyErrors } from '../verify-errors.ts';
import { type Failure, KINDS, type Kind, TICKS } from './service.ts';

/** Times of calls of one kind. */
export class Times {
  readonly latencies = new Latencies();
  maxMs = 0;

  add(ms: number): void {
    this.latencies.add(ms);
    this.maxMs = Math.max(this.maxMs, ms);
  }
}

const timesOfKinds = () => Object.fromEntries(KINDS.map((kind) => [kind, new Times()])) as Record<Kind, Times>;

/** Keeps book of all calls of a run, and verifies what is promised of them. */
export class RollingBook {
  readonly errors = new VerifyErrors();
  readonly executions = new Executions(this.errors);
  /** Calls that failed, by what they failed with. */
  readonly failures = new Map<string, number>();
  /** Times of those that were under way during a restart, and of the others. */
  readonly restarting = timesOfKinds();
  readonly calm = timesOfKinds();
  /** Streams that were not whole although they did not fail, or had gaps. */
  brokenStreams = 0;
  lastId = 0;
  succeeded = 0;
  failed = 0;

  /** The id of a new call. */
  begin(): number {
    return ++this.lastId;
  }

  /** A call was answered. */
  success(kind: Kind, id: number, ms: number, inRestart: boolean, ticks: readonly number[]): void {
    this.succeeded++;
    (inRestart ? this.restarting : this.calm)[kind].add(ms);
    this.executions.claim(id, 'executed');
    if (kind === 'stream') this.#checkTicks(id, ticks, true);
  }

  /** A call failed. */
  failure(kind: Kind, id: number, { code, mayHaveExecuted }: Failure, message: string, ticks: readonly number[]): void {
    this.failed++;
    const what = mayHaveExecuted === undefined ? code : `${code}, mayHaveExecuted: ${mayHaveExecuted}`;
    this.failures.set(what, (this.failures.get(what) ?? 0) + 1);
    this.errors.add(`Command ${id} (${kind}) failed after ${ticks.length} Results with ${what}: ${message}`);
    if (mayHaveExecuted === false) this.executions.claim(id, 'not executed');
    this.#checkTicks(id, ticks, false);
  }

  #checkTicks(id: number, ticks: readonly number[], isWhole: boolean): void {
    const hasGap = ticks.some((left, index) => left !== TICKS - 1 - index);
    if (!hasGap && !(isWhole && ticks.length !== TICKS)) return;
    this.brokenStreams++;
    this.errors.add(`Command ${id}: a stream of ${TICKS} was ${ticks.join(' ')}`);
  }
}
