import { inContextOfNow } from '../../base/async-context.ts';
import { CmdStreamError } from '../../base/errors/cmd-stream-error.ts';
import { callback, invalidOption, optionNames } from '../../base/options/check.ts';
import type { Command } from '../../protocol/command.ts';
import { type CircuitBreaker, isCircuitBreaker, NOT_ADMITTED } from '../breaker/circuit-breaker.ts';
import type { CountsAsFailure } from '../breaker/options.ts';
import { composeHooks } from './compose-hooks.ts';
import { type Hooks, type HooksFactory, type ReceivedResult, RUNS_ANYWHERE, type SentCommand } from './hooks.ts';
import { verdictOf } from './verdict.ts';

/** Options of {@link circuitBreakerHooks}. */
export interface CircuitBreakerHooksOptions {
  /** Which errors count as failures of the service. Default: as the breaker says (its option of the same name). */
  readonly countsAsFailure?: CountsAsFailure | undefined;
}

/**
 * Hooks that put a circuit breaker in front of every send. A Command that it does not admit fails with `circuit-open`
 * and is not sent. Otherwise the breaker learns how the send ended:
 *
 * | ending | for the breaker |
 * |---|---|
 * | the last Result arrived | success |
 * | the first of several Results arrived, of a trial | success; how it ends does not matter any more |
 * | the deadline passed | failure |
 * | the caller cancelled | says nothing |
 * | an error | by its code: failure where the service is at fault (see {@link blamesService}), success where its handler has answered by a `CommandFailure` of the caller's making, says nothing otherwise |
 *
 * The option `countsAsFailure`, here or of the breaker, changes what counts as a failure.
 *
 * @param inner hooks to call after the breaker's own, of Commands that it admits: `composeHooks` in short form.
 * @throws CmdStreamError `invalid-argument` for something that is no circuit breaker, no factory, or no such option.
 */
export function circuitBreakerHooks(
  breaker: CircuitBreaker,
  inner?: HooksFactory,
  options: CircuitBreakerHooksOptions = {},
): HooksFactory {
  if (!isCircuitBreaker(breaker)) {
    throw invalidOption('breaker', 'a CircuitBreaker, made by createCircuitBreaker()', breaker);
  }
  optionNames('the options of circuitBreakerHooks()', options, ['countsAsFailure']);
  const given = callback('countsAsFailure', options.countsAsFailure);
  const rule = given === undefined ? breaker.countsAsFailure : inContextOfNow(given);
  const own: HooksFactory = () => new CircuitBreakerHooks(breaker, rule);
  return inner === undefined ? own : composeHooks(own, inner);
}

/** The hooks of one send: a token, and whom to hand it back to. */
class CircuitBreakerHooks implements Hooks {
  readonly #breaker: CircuitBreaker;
  readonly #rule: CountsAsFailure | undefined;
  #token = NOT_ADMITTED;

  constructor(breaker: CircuitBreaker, rule: CountsAsFailure | undefined) {
    this.#breaker = breaker;
    this.#rule = rule;
  }

  /** The breaker tells its listeners, and asks its rule, in contexts of their own. */
  get [RUNS_ANYWHERE](): true {
    return true;
  }

  beforeSend(command: Command): void {
    this.#token = this.#breaker.admit();
    if (this.#token !== NOT_ADMITTED) return;
    throw new CmdStreamError(
      'circuit-open',
      `Command '${command.name}' was not sent: ${this.#breaker.describeRefusal()}`,
    );
  }

  onResult(_sent: SentCommand, result: ReceivedResult): void {
    if (result.last) this.#breaker.succeed(this.#takeToken());
    // A breaker may be of another copy of the library, and older.
    else if (result.seq === 1 && this.#breaker.began?.(this.#token)) this.#takeToken();
  }

  onError(sent: SentCommand, error: CmdStreamError): void {
    const verdict = verdictOf(error, sent, this.#rule);
    if (verdict === 'failure') this.#breaker.fail(this.#takeToken());
    else if (verdict === 'success') this.#breaker.succeed(this.#takeToken());
    else this.#breaker.neutral(this.#takeToken());
  }

  onTimeout(sent: SentCommand, error: CmdStreamError): void {
    this.onError(sent, error);
  }

  onCancel(): void {
    this.#breaker.neutral(this.#takeToken());
  }

  /** A token is handed back once. */
  #takeToken(): number {
    const token = this.#token;
    this.#token = NOT_ADMITTED;
    return token;
  }
}
