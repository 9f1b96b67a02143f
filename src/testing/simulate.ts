import { deferToEndOfTurn, deferToNextTurn, systemClock } from '../base/clock.ts';
import { describeError, isError } from '../base/errors/describe-error.ts';
import { flag, invalidOption, optionNames } from '../base/options/check.ts';
import { paced } from '../base/refusal-pace.ts';
import { type Seed, SeededRandom } from './kit/random.ts';
import { VirtualClock } from './kit/virtual-clock.ts';
import { EventLog, type LogEntry } from './log/event-log.ts';
import { Unanswered } from './log/unanswered.ts';
import { type LinkOptions, resolveLink } from './network/link.ts';
import { SimulatedNetwork } from './network/network.ts';
import { Simulation } from './simulation.ts';

/** Options of {@link simulate}. */
export interface SimulateOptions {
  /** Properties of paths through the network that no fault changes. */
  readonly link?: LinkOptions | undefined;
  /** As many bytes are under way in one direction of a connection. Default 65,536. */
  readonly windowBytes?: number | undefined;
  /** How long the scenario may take, in simulated milliseconds. Default 86,400,000: a day. */
  readonly maxMs?: number | undefined;
  /** Time that the wall clock shows at the beginning: milliseconds since the Unix epoch. Default 1,800,000,000,000. */
  readonly startAtMs?: number | undefined;
  /** Whether each piece of bytes that arrives is logged. Default true. */
  readonly logBytes?: boolean | undefined;
  /** Whether sends and executed Commands are logged, which takes hooks and an invoker. Default true. */
  readonly logSends?: boolean | undefined;
}

/** Result that a simulation leaves. */
export interface SimulationResult<T> {
  readonly seed: Seed;
  /** Value that the scenario returned. */
  readonly value: T;
  /** Everything that happened. */
  readonly log: readonly LogEntry[];
  /** The hash of the log: the same for the same seed, in every process. Computed when it is first asked for. */
  readonly hash: string;
  /** How long the scenario took, in simulated milliseconds. */
  readonly durationMs: number;
  /** How many timers have fired. */
  readonly steps: number;
  /** Timers and connections that are still there although everything was closed; all 0 where nothing leaks. */
  readonly left: { readonly timers: number; readonly connections: number };
}

/** A simulation did not come to its end: carries what it takes to find out why. */
export class SimulationFailed extends Error {
  override readonly name = 'SimulationFailed';
  readonly seed: Seed;
  /** When it failed: milliseconds since the simulation began. */
  readonly atMs: number;
  readonly #log: readonly LogEntry[];

  /**
   * @internal
   * @param hint - what may have led to it, behind the message of `cause`.
   */
  constructor(seed: Seed, atMs: number, log: readonly LogEntry[], cause: unknown, hint = '') {
    const where = `the simulation with the seed ${JSON.stringify(seed)} failed at ${atMs} ms`;
    super(`${where}: ${describeError(cause)}${hint}`, { cause });
    this.seed = seed;
    this.atMs = atMs;
    this.#log = log;
  }

  /** Log of what happened until then; too much to be printed with every stack. */
  get log(): readonly LogEntry[] {
    return this.#log;
  }
}

const NAMES: readonly (keyof SimulateOptions)[] = ['link', 'windowBytes', 'maxMs', 'startAtMs', 'logBytes', 'logSends'];

const DAY_MS = 86_400_000;
/** How long after the end what is under way on the network may take. */
const AFTERMATH_MS = 10_000;
/** After so many steps the event loop of the process has a turn: for rejections that nobody handles, for test runners. */
const STEPS_PER_TURN = 512;
/** A scenario that waits although nothing is left to come gets so many turns, should it wait for something real. */
const TURNS_FOR_REAL_THINGS = 1000;

/**
 * Runs a scenario on a virtual clock and a simulated network: as fast as it can be computed, and always the same for the
 * same seed. Inside, senders and servers are those of production. Whatever the scenario waits for must come from them,
 * from `clock` or from promises alone; what waits for the real world (a file, a real timer) is not repeatable, and virtual
 * time passes meanwhile: a handler that does so times out, and the failure says that it has not answered.
 *
 * When the scenario is over, the senders and servers that it has made are closed.
 *
 * @param seed - a whole number or a text: decides all randomness.
 * @throws CmdStreamError `invalid-argument` for a seed or options that are not acceptable; {@link SimulationFailed} when
 * the scenario throws, or waits for something that never comes.
 *
 * @example
 * ```ts
 * const { hash } = await simulate(1, async ({ clock, network, serve, createSender }) => {
 *   await serve(calc, () => new Calculator(), handlers, { host: 'a' });
 *   const sender = await createSender(calc, { address: 'a:9000' });
 *   network.inject({ kind: 'crash', server: 'a', atMs: 10_000, forMs: 5_000 });
 *   await clock.sleep(60_000);
 *   await sender.send(calc.Add({ a: 2, b: 3 }));
 * });
 * ```
 */
export function simulate<T>(
  seed: Seed,
  scenario: (simulation: Simulation) => Promise<T> | T,
  options: SimulateOptions = {},
): Promise<SimulationResult<T>> {
  return paced(systemClock, simulated(seed, scenario, options));
}

async function simulated<T>(
  seed: Seed,
  scenario: (simulation: Simulation) => Promise<T> | T,
  options: SimulateOptions,
): Promise<SimulationResult<T>> {
  optionNames('the options of simulate()', options, NAMES);
  if (typeof scenario !== 'function') throw invalidOption('scenario', 'a function', scenario);
  const { maxMs = DAY_MS, startAtMs, windowBytes } = options;
  if (typeof maxMs !== 'number' || !(maxMs > 0)) throw invalidOption('maxMs', 'a duration in milliseconds', maxMs);
  const random = new SeededRandom(seed);
  const clock = new VirtualClock(startAtMs);
  const log = new EventLog(() => clock.monotonicMs());
  const network = new SimulatedNetwork({
    clock,
    log,
    random: random.stream('network'),
    link: resolveLink(options.link ?? {}),
    logBytes: flag('logBytes', options.logBytes, true),
    ...(windowBytes === undefined ? {} : { windowBytes }),
  });
  const unanswered = new Unanswered();
  const logSends = flag('logSends', options.logSends, true);
  const simulation = new Simulation(clock, random, network, log, unanswered, logSends);
  const driver = new Driver(clock);
  let durationMs = 0;
  let thrown: { readonly error: unknown; readonly hint: string } | undefined;
  const guarded = async () => {
    try {
      return await scenario(simulation);
    } catch (error) {
      // Before closing ends the handlers that have not answered.
      thrown = { error, hint: unansweredAmong(log, unanswered) };
      throw error;
    } finally {
      durationMs = clock.monotonicMs();
      await simulation.close();
    }
  };
  try {
    const value = await driver.run(guarded, maxMs);
    await driver.settle(AFTERMATH_MS);
    const { steps } = driver;
    const left = { timers: clock.timers, connections: network.connections };
    return new Outcome(seed, value, log, durationMs, steps, left);
  } catch (error) {
    // What the scenario threw comes before what closing met with.
    if (thrown === undefined) {
      const hint = error instanceof NotOver ? unanswered.ofAll() : '';
      throw new SimulationFailed(seed, clock.monotonicMs(), log.entries, error, hint);
    }
    throw new SimulationFailed(seed, durationMs, log.entries, thrown.error, thrown.hint);
  }
}

/** The scenario does not come to its end. */
class NotOver extends Error {}

/** Message about the handler for whose answer the last send that timed out has waited. */
function unansweredAmong(log: EventLog, unanswered: Unanswered): string {
  const command = log.entries.findLast(({ kind }) => kind === 'timedOut')?.details.command;
  return typeof command === 'string' ? unanswered.ofCommand(command) : '';
}

class Outcome<T> implements SimulationResult<T> {
  readonly seed: Seed;
  readonly value: T;
  readonly durationMs: number;
  readonly steps: number;
  readonly left: { readonly timers: number; readonly connections: number };
  readonly #log: EventLog;
  #hash: string | undefined;

  /** @internal */
  constructor(seed: Seed, value: T, log: EventLog, durationMs: number, steps: number, left: Outcome<T>['left']) {
    this.seed = seed;
    this.value = value;
    this.#log = log;
    this.durationMs = durationMs;
    this.steps = steps;
    this.left = left;
  }

  get log(): readonly LogEntry[] {
    return this.#log.entries;
  }

  get hash(): string {
    this.#hash ??= this.#log.hash;
    return this.#hash;
  }
}

/**
 * Moves a virtual clock on from timer to timer, and lets all promises settle in between.
 *
 * How: a task of `process.nextTick` that a promise's continuation asks for runs once no continuation is left, and costs
 * a quarter of a turn of the event loop (`setImmediate`), which nothing in a simulation needs.
 */
class Driver {
  steps = 0;
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  /** Runs until what `work` returns has settled. */
  run<T>(work: () => Promise<T>, maxMs: number): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let settled = false;
      const end = () => {
        settled = true;
      };
      work().finally(end).then(resolve, reject);
      this.#drive(maxMs, () => settled, TURNS_FOR_REAL_THINGS, reject);
    });
  }

  /** Runs until no timer is left, for `ms` at most. */
  settle(ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const over = () => {
        const next = this.#clock.nextTimerInMs;
        const isOver = next === undefined || this.#clock.monotonicMs() + next > untilMs;
        if (isOver) resolve();
        return isOver;
      };
      const untilMs = this.#clock.monotonicMs() + ms;
      this.#drive(untilMs, over, 0, reject);
    });
  }

  #drive(untilMs: number, isOver: () => boolean, turns: number, fail: (error: Error) => void): void {
    let turnsLeft = turns;
    const goOn = () => deferToEndOfTurn(step);
    const afterPromises = () => {
      if (this.steps % STEPS_PER_TURN === 0) deferToNextTurn(step);
      else void Promise.resolve().then(goOn);
    };
    const step = () => {
      try {
        if (this.#clock.runDeferred()) {
          void Promise.resolve().then(goOn);
          return;
        }
        if (isOver()) return;
        if (this.#clock.fireNext(untilMs)) {
          this.steps++;
          turnsLeft = turns;
          afterPromises();
        } else if (this.#clock.timers > 0) {
          fail(new NotOver(`it was not over after ${untilMs} ms (option 'maxMs')`));
        } else if (turnsLeft-- > 0) {
          deferToNextTurn(step);
        } else {
          fail(new NotOver('it waits for something that never comes: no timer is set, no byte is under way'));
        }
      } catch (error) {
        fail(isError(error) ? error : new Error(describeError(error)));
      }
    };
    void Promise.resolve().then(goOn);
  }
}
