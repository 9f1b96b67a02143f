import { CmdStreamError, type Hooks, type HooksFactory, type UnexpectedResult } from 'cmd-stream';
import { type Claim, Executions } from './executions.ts';
import { ServerLives } from './server-lives.ts';
import { Tally } from './tally.ts';
import type { VerifyErrors } from './verify-errors.ts';
import { type Expectation, show } from './workload/work.ts';

/** How a send settled, as its caller saw it: `left` where the caller left the stream. */
export type Settled = 'success' | 'left' | { readonly error: unknown };

/** With which a send may fail whatever its kind, since the service comes and goes. */
const OUTAGE = ['connection-lost', 'closed', 'unavailable', 'circuit-open', 'timeout'];

/** A clock that counts whole milliseconds may be so much early. */
const EARLY_MS = 2;

/** How many given-up sends are remembered, by client and sequence number: their Results may still come. */
const KEPT_GIVEN_UP = 50_000;

/** The one end that hooks were told of. */
type HookEnd = 'last' | 'error' | 'timeout' | 'cancel';

/** One send under way. */
export interface Entry {
  readonly id: number;
  readonly command: string;
  readonly expectation: Expectation;
  readonly startMs: number;
  /** The same by the clock of the process's running time, which lateness goes by. */
  readonly startRunningMs: number;
  /** The number of the server that was started last when it began. */
  readonly since: number;
  results: number;
  /** Whether hooks were asked for it. */
  asked: boolean;
  ended: HookEnd | undefined;
  overdue: boolean;
}

/** Keeps book of every send, and verifies all that is promised of it. Times are monotonic milliseconds. */
export class Ledger {
  readonly errors: VerifyErrors;
  readonly executions: Executions;
  readonly lives: ServerLives;
  readonly tally = new Tally();
  /** The longest that a send settled after its deadline. */
  maxLateMs = 0;
  /** Results that came for sends that had given up. */
  lateResults = 0;
  readonly #now: () => number;
  readonly #runningNow: () => number;
  readonly #toleranceMs: number;
  readonly #entries = new Map<number, Entry>();
  readonly #givenUp = new Set<string>();
  #begun = 0;

  constructor(errors: VerifyErrors, toleranceMs: number, now = () => performance.now(), runningNow = now) {
    this.errors = errors;
    this.executions = new Executions(errors);
    this.lives = new ServerLives(errors);
    this.#toleranceMs = toleranceMs;
    this.#now = now;
    this.#runningNow = runningNow;
  }

  /** Sends begun. */
  get begun(): number {
    return this.#begun;
  }

  /** Sends that have not settled. */
  get inFlight(): number {
    return this.#entries.size;
  }

  /** How many sends of a Command have not settled. */
  underWay(command: string): number {
    let count = 0;
    for (const entry of this.#entries.values()) if (entry.command === command) count++;
    return count;
  }

  /** A send begins. */
  begin(id: number, command: string, expectation: Expectation): Entry {
    const entry: Entry = {
      id,
      command,
      expectation,
      startMs: this.#now(),
      startRunningMs: this.#runningNow(),
      since: this.lives.current,
      results: 0,
      asked: false,
      ended: undefined,
      overdue: false,
    };
    this.#begun++;
    this.#entries.set(id, entry);
    return entry;
  }

  /** A Result has been handed to the caller. */
  result(entry: Entry, value: unknown): void {
    if (!this.#isUnderWay(entry)) {
      this.#error(entry, `got ${show(value)} after it had settled`);
      return;
    }
    const wrong = entry.expectation.check(value, entry.results);
    entry.results++;
    if (wrong !== undefined) this.#error(entry, `Result ${entry.results}: ${wrong}`);
  }

  /** A send has settled. */
  settled(entry: Entry, how: Settled): void {
    if (!this.#isUnderWay(entry)) {
      this.#error(entry, `settled a second time: ${describe(how)}`);
      return;
    }
    this.#entries.delete(entry.id);
    const lateMs = this.#lateMs(entry);
    if (lateMs > this.maxLateMs) this.maxLateMs = lateMs;
    if (lateMs > this.#toleranceMs && !entry.overdue) this.#error(entry, `settled ${lateMs.toFixed(0)} ms late`);
    const wrong = typeof how === 'string' ? wrongEnd(entry, how) : wrongFailure(entry, how.error, this.#now());
    if (wrong !== undefined) this.#error(entry, wrong);
    this.#checkHooks(entry, how);
    const claim = claimOf(entry, how);
    this.executions.claim(entry.id, claim);
    this.lives.settled(entry.since, entry.command, claim);
    this.tally.count(entry.expectation.kind, outcomeOf(how));
  }

  /** Tells of sends that have not settled in time; once each. */
  sweep(): void {
    for (const entry of this.#entries.values()) {
      const lateMs = this.#lateMs(entry);
      if (entry.overdue || lateMs <= this.#toleranceMs) continue;
      entry.overdue = true;
      this.#error(entry, `has not settled ${lateMs.toFixed(0)} ms after its deadline`);
    }
  }

  /** A Result came that nobody waited for: somebody must have given it up. */
  unexpected({ clientId, seq, type, value }: UnexpectedResult): void {
    this.lateResults++;
    if (this.#givenUp.has(`${clientId}:${seq}`)) return;
    this.errors.add(`client ${clientId} got a Result that no send has given up: ${seq} ${type} ${show(value)}`);
  }

  /** Hooks that see whether each send ends once, in the way that its caller is told. */
  readonly hooks: HooksFactory = () => {
    let entry: Entry | undefined;
    const end = (how: HookEnd) => {
      if (entry === undefined) return;
      if (entry.ended !== undefined) this.#error(entry, `its hooks were told of ${entry.ended}, and then of ${how}`);
      if (!this.#isUnderWay(entry)) this.#error(entry, `its hooks were told of ${how} after it had settled`);
      entry.ended = how;
    };
    const hooks: Hooks = {
      beforeSend: ({ payload }) => {
        entry = this.#entries.get((payload as { Id: number }).Id);
        if (entry !== undefined) entry.asked = true;
      },
      onResult: ({ clientId, seq }, { last }) => {
        if (!last) return;
        end('last');
        // One that took as many Results as it wanted.
        if (entry?.expectation.kind === 'stream of some') this.#giveUp(clientId, seq);
      },
      onError: () => end('error'),
      onTimeout: ({ clientId, seq }) => {
        end('timeout');
        this.#giveUp(clientId, seq);
      },
      onCancel: ({ clientId, seq }) => {
        end('cancel');
        this.#giveUp(clientId, seq);
      },
    };
    return hooks;
  };

  #giveUp(clientId: number | undefined, seq: number): void {
    if (clientId === undefined || seq === 0) return;
    this.#givenUp.add(`${clientId}:${seq}`);
    if (this.#givenUp.size <= KEPT_GIVEN_UP) return;
    for (const oldest of this.#givenUp) {
      this.#givenUp.delete(oldest);
      break;
    }
  }

  #checkHooks(entry: Entry, how: Settled): void {
    const { asked, ended } = entry;
    const code = typeof how === 'string' ? how : how.error instanceof CmdStreamError ? how.error.code : 'other';
    const expected: readonly (HookEnd | undefined)[] =
      code === 'success'
        ? ['last']
        : code === 'left'
          ? ['cancel', 'last'] // All may have been there when the caller left.
          : code === 'timeout'
            ? // Its server may have said so first, which has not executed it.
              ['timeout', 'error']
            : code === 'cancelled'
              ? ['cancel']
              : ['error'];
    // The breaker and a signal that has fired already come before the hooks of the user.
    if (!asked && ended === undefined && (code === 'circuit-open' || code === 'cancelled')) return;
    if (!asked || !expected.includes(ended)) {
      this.#error(entry, `settled with ${code}, but its hooks ${asked ? `were told of ${ended}` : 'were not asked'}`);
    }
  }

  #isUnderWay(entry: Entry): boolean {
    return this.#entries.get(entry.id) === entry;
  }

  #lateMs({ startRunningMs, expectation }: Entry): number {
    return this.#runningNow() - startRunningMs - expectation.timeoutMs;
  }

  #error({ id, command, expectation: { kind } }: Entry, what: string): void {
    this.errors.add(`Command ${id} (${kind}, ${command}): ${what}`);
  }
}

function wrongEnd({ expectation, results }: Entry, how: 'success' | 'left'): string | undefined {
  if (how === 'left') return undefined;
  if (expectation.results === 'none') return 'succeeded, which it must not';
  return results === expectation.results ? undefined : `succeeded with ${results} Results of ${expectation.results}`;
}

function wrongFailure({ startMs, expectation, results }: Entry, error: unknown, nowMs: number): string | undefined {
  if (!(error instanceof CmdStreamError)) return `failed with what is no CmdStreamError: ${describe({ error })}`;
  const { code, message, mayHaveExecuted } = error;
  if (!OUTAGE.includes(code) && !expectation.codes?.includes(code)) return `failed with ${describe({ error })}`;
  const earlyMs = startMs + expectation.timeoutMs - nowMs;
  if (code === 'timeout' && earlyMs > EARLY_MS) return `timed out ${earlyMs.toFixed(1)} ms before its deadline`;
  if (results > 0 && !mayHaveExecuted) return `had ${results} Results, but says mayHaveExecuted: false`;
  if (results === expectation.results) return `had all its ${results} Results, and failed with ${describe({ error })}`;
  if (code === 'command-failed' && !message.includes(expectation.failure ?? '')) {
    return `failed with another message than ${show(expectation.failure)}: ${message}`;
  }
  return undefined;
}

function claimOf({ results }: Entry, how: Settled): Claim {
  if (results > 0 || how === 'success') return 'executed';
  if (how === 'left') return 'unknown';
  if (how.error instanceof CmdStreamError && !how.error.mayHaveExecuted) return 'not executed';
  return how.error instanceof CmdStreamError && how.error.code === 'command-failed' ? 'executed' : 'unknown';
}

function outcomeOf(how: Settled): string {
  if (typeof how === 'string') return how;
  return how.error instanceof CmdStreamError ? how.error.code : 'other';
}

function describe(how: Settled): string {
  if (typeof how === 'string') return how;
  const { error } = how;
  if (!(error instanceof CmdStreamError)) return error instanceof Error ? (error.stack ?? error.message) : show(error);
  return `${error.code} (mayHaveExecuted: ${error.mayHaveExecuted}): ${error.message}`;
}
