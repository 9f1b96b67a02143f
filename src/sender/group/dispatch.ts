import { hasMethods } from '../../base/errors/ask.ts';
import { CmdStreamError, describeError } from '../../base/errors/cmd-stream-error.ts';
import { invalidOption, show } from '../../base/options/check.ts';
import { tookPromise } from '../../base/thenable.ts';

/** A ready client, as a dispatch strategy sees it. */
export interface DispatchCandidate {
  /** 0 for the first client of the group, 1 for the second, ... */
  readonly id: number;
  /** The address that it is connected to. */
  readonly address: string;
  /** How many Commands wait for Results there. */
  readonly pending: number;
  /** Bytes that wait to be written there. */
  readonly bufferedBytes: number;
  /**
   * How many Commands were answered there by errors that tell against the server (`command-failed` but for what the caller
   * did wrong, `overloaded`, `closed`); one that is a second old counts half, one of two seconds a quarter.
   */
  readonly recentFailures: number;
}

/** Chooses the client that sends the next Command. */
export interface DispatchStrategy {
  /**
   * Returns one of `ready`, which holds at least one client and is frozen; only clients that are ready stand there. Called for each
   * send, so it should be quick. Must answer at once: a promise is none of them.
   */
  pick<C extends DispatchCandidate>(ready: readonly C[]): C;
}

/** One after the other. */
export class RoundRobin implements DispatchStrategy {
  #turn = 0;

  pick<C>(ready: readonly C[]): C {
    this.#turn = this.#turn + 1 < ready.length ? this.#turn + 1 : 0;
    return ready[this.#turn] as C;
  }
}

/**
 * The client with the fewest Commands waiting for Results; in turn among equals. Commands that failed lately count as if they
 * were waiting: else a server that fails at once has always the fewest, and gets all that it can fail.
 */
export class LeastPending implements DispatchStrategy {
  #turn = 0;

  pick<C extends DispatchCandidate>(ready: readonly C[]): C {
    this.#turn = this.#turn + 1 < ready.length ? this.#turn + 1 : 0;
    let best = ready[this.#turn] as C;
    let least = loadOf(best);
    for (let step = 1; step < ready.length && least > 0; step++) {
      const candidate = ready[(this.#turn + step) % ready.length] as C;
      const load = loadOf(candidate);
      if (load < least) {
        best = candidate;
        least = load;
      }
    }
    return best;
  }
}

function loadOf({ pending, recentFailures }: DispatchCandidate): number {
  return pending + recentFailures;
}

/** A strategy by name, or one of the user's own. */
export type DispatchOption = 'round-robin' | 'least-pending' | DispatchStrategy;

/** Checks the option `dispatch`; default round-robin. */
export function resolveDispatch(option: DispatchOption | undefined): DispatchStrategy {
  if (option === undefined || option === 'round-robin') return new RoundRobin();
  if (option === 'least-pending') return new LeastPending();
  if (hasMethods(option, ['pick'])) return option as DispatchStrategy;
  throw invalidOption('dispatch', `'round-robin', 'least-pending' or an object with pick(ready)`, option);
}

/**
 * Asks `strategy` for one of `ready`. What it returns is looked up: a client that it has kept may be lost, or leaving.
 * @throws CmdStreamError `invalid-argument` when the strategy throws, or returns anything else.
 */
export function pickFrom<C extends DispatchCandidate>(ready: readonly C[], strategy: DispatchStrategy): C {
  let picked: C;
  try {
    picked = strategy.pick(ready);
  } catch (error) {
    const message = `the dispatch strategy's pick(ready) threw: ${describeError(error)}`;
    throw new CmdStreamError('invalid-argument', message, { cause: error });
  }
  // Mostly there is one, and to look through what is frozen takes longer.
  if (picked === ready[0] || ready.includes(picked)) return picked;
  throw new CmdStreamError(
    'invalid-argument',
    `the dispatch strategy's pick(ready) must return one of 'ready'; got ${tookPromise(picked) ? 'a promise' : show(picked)}`,
  );
}
