import type { CircuitBreakerState } from '../../../../src/sender/breaker/options.ts';

/** A Command that the model admitted. */
export interface AdmittedCommand {
  readonly epoch: number;
  readonly sinceMs: number;
}

/** What a circuit breaker does, said in the plainest way: no machine, no ring, no timer. */
export class ReferenceBreaker {
  readonly options: { windowSize: number; failureRate: number; openDurationMs: number; successThreshold: number };
  readonly changes: string[] = [];
  state: CircuitBreakerState = 'closed';
  /** Commands under way, and those whose outcome is still awaited though it will not count. */
  readonly underWay: AdmittedCommand[] = [];
  #epoch = 0;
  #nowMs = 0;
  #outcomes: boolean[] = [];
  #successes = 0;
  #openUntilMs = 0;

  constructor(options: ReferenceBreaker['options']) {
    this.options = options;
  }

  /** Whether it would admit a Command. */
  get admits(): boolean {
    const trials = this.underWay.filter((command) => command.epoch === this.#epoch && this.#hasSlot(command)).length;
    return (
      this.state === 'closed' ||
      (this.state === 'half-open' && trials + this.#successes < this.options.successThreshold)
    );
  }

  /** How long it stays open. */
  get openForMs(): number {
    return this.state === 'open' ? this.#openUntilMs - this.#nowMs : 0;
  }

  admit(): boolean {
    const { admits } = this;
    if (admits) this.underWay.push({ epoch: this.#epoch, sinceMs: this.#nowMs });
    return admits;
  }

  end(index: number, outcome: 'succeed' | 'fail' | 'neutral'): void {
    const [command] = this.underWay.splice(index, 1);
    if (command?.epoch !== this.#epoch || outcome === 'neutral') return;
    if (this.state === 'half-open') {
      if (outcome === 'fail') {
        if (this.#hasSlot(command)) this.#enter('open');
      } else if (++this.#successes === this.options.successThreshold) this.#enter('closed');
      return;
    }
    this.#outcomes.push(outcome === 'succeed');
    const { windowSize, failureRate } = this.options;
    const failures = this.#outcomes.slice(-windowSize).filter((succeeded) => !succeeded).length;
    if (outcome === 'fail' && failures / windowSize >= failureRate) this.#enter('open');
  }

  /** The first of several Results has come. Returns whether that was a trial, which has ended by it. */
  begin(index: number): boolean {
    if (this.state !== 'half-open' || this.underWay[index]?.epoch !== this.#epoch) return false;
    this.end(index, 'succeed');
    return true;
  }

  pass(ms: number): void {
    this.passTo(this.#nowMs + ms);
  }

  /**
   * It is so late now: to the bit, since a slot is lost at a moment.
   * @param timerMs - up to when its timer has fired, where that is not now.
   */
  passTo(nowMs: number, timerMs = nowMs): void {
    this.#nowMs = nowMs;
    if (this.state === 'open' && timerMs >= this.#openUntilMs) this.#enter('half-open');
  }

  reset(): void {
    this.#enter('closed');
  }

  #hasSlot({ sinceMs }: AdmittedCommand): boolean {
    return this.#nowMs - sinceMs < this.options.openDurationMs;
  }

  #enter(state: CircuitBreakerState): void {
    if (state !== this.state) this.changes.push(`${this.state}>${state}`);
    this.state = state;
    this.#epoch++;
    this.#outcomes = [];
    this.#successes = 0;
    this.#openUntilMs = this.#nowMs + this.options.openDurationMs;
  }
}
