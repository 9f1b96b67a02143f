import { type CircuitBreaker, isCircuitBreaker, NOT_ADMITTED } from '../breaker/circuit-breaker.ts';
import { CmdStreamError } from '../errors/cmd-stream-error.ts';
import { invalidOption } from '../options/check.ts';
import type { Command } from '../protocol/command.ts';
import { blamesService } from './blame.ts';
import { composeHooks } from './compose-hooks.ts';
import { type Hooks, type HooksFactory, type ReceivedResult, RUNS_ANYWHERE, type SentCommand } from './hooks.ts';

/**
 * Hooks that put a circuit breaker in front of every send. A Command that it does not admit fails with `circuit-open`
 * and is not sent. Otherwise the breaker learns how the send ended:
 *
 * | ending | for the breaker |
 * |---|---|
 * | the last Result arrived | success |
 * | the deadline passed | failure |
 * | the caller cancelled | says nothing |
 * | an error | by its code: failure where the service is at fault, says nothing otherwise (see {@link blamesService}) |
 *
 * @param inner hooks to call after the breaker's own, of Commands that it admits: `composeHooks` in short form.
 * @throws CmdStreamError `invalid-argument` for something that is no circuit breaker, or no factory.
 */
export function circuitBreakerHooks(breaker: CircuitBreaker, inner?: HooksFactory): HooksFactory {
  if (!isCircuitBreaker(breaker)) {
    throw invalidOption('breaker', 'a CircuitBreaker, made by createCircuitBreaker()', breaker);
  }
  const own: HooksFactory = () => new CircuitBreakerHooks(breaker);
  return inner === undefined ? own : composeHooks(own, inner);
}

/** The hooks of one send: a token, and whom to hand it back to. */
class CircuitBreakerHooks implements Hooks {
  readonly #breaker: CircuitBreaker;
  #token = NOT_ADMITTED;

  constructor(breaker: CircuitBreaker) {
    this.#breaker = breaker;
  }

  /** The breaker tells its listeners in contexts of their own. */
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
  }

  onError(sent: SentCommand, error: CmdStreamError): void {
    if (blamesService(error, sent)) this.#breaker.fail(this.#takeToken());
    else this.#breaker.neutral(this.#takeToken());
  }

  onTimeout(): void {
    this.#breaker.fail(this.#takeToken());
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
