import { type Clock, systemClock } from '../../base/clock.ts';
import type { CmdStreamError } from '../../base/errors/cmd-stream-error.ts';
import { invalidOption } from '../../base/options/check.ts';
import { isThenable } from '../../base/thenable.ts';
import type { Command } from '../../protocol/command.ts';
import type { EndingHook } from './ending-hook.ts';
import {
  type ClockedHooksFactory,
  HEARS_END,
  type Hooks,
  type HooksFactory,
  type ReceivedResult,
  type ResolvedSendOptions,
  type SendOutcome,
  type SentCommand,
} from './hooks.ts';
import { HooksMaker } from './hooks-maker.ts';
import { noopHooks } from './noop-hooks.ts';
import { refusalOf, unsent } from './refusal.ts';
import { hearsEnd, tellEnd, tellEnding, tellResult } from './tell.ts';

/**
 * Puts several hooks in front of a send. All of them are called in the given order, for `beforeSend` and for everything
 * that follows: hooks watch a send and do not wrap each other, so there is no way back through them.
 *
 * - The first one that refuses ends the send. Those after it are not asked; those before it get `onError` and `onEnd` with
 *   the error that the caller gets, so that what they took in `beforeSend` can be given back.
 * - Between two of them the send may end (the caller cancels while a `beforeSend` waits): then no further one is asked.
 * - One that throws does not keep the others from being called.
 *
 * @example
 * ```ts
 * const hooks = composeHooks(countSends, circuitBreakerHooks(breaker), checkQuota);
 * ```
 * @throws CmdStreamError `invalid-argument` for something that is no factory.
 */
export function composeHooks(...factories: HooksFactory[]): HooksFactory {
  for (const [index, factory] of factories.entries()) {
    if (typeof factory !== 'function') throw invalidOption(`hooks[${index}]`, 'a function that makes hooks', factory);
  }
  const [first, second] = factories;
  if (first === undefined) return noopHooks;
  if (second === undefined) return first;
  const makers = factories.map((factory) => new HooksMaker(factory));
  const composed: ClockedHooksFactory = (_, options, clock = systemClock, sinceMs = clock.monotonicMs()) =>
    new ComposedHooks(makers, options, clock, sinceMs);
  return composed;
}

/** The hooks of one send. Each is made when its turn to be asked comes. */
class ComposedHooks implements Hooks {
  readonly #makers: readonly HooksMaker[];
  readonly #options: ResolvedSendOptions;
  readonly #clock: Clock;
  readonly #sinceMs: number;
  /** Those that were asked and did not refuse; `undefined` once the send has ended. */
  #asked: Hooks[] | undefined;
  /** The same, from the send's end until they have been told so. */
  #ended: Hooks[] | undefined;
  #count = 0;

  constructor(makers: readonly HooksMaker[], options: ResolvedSendOptions, clock: Clock, sinceMs: number) {
    this.#makers = makers;
    this.#options = options;
    this.#clock = clock;
    this.#sinceMs = sinceMs;
    // An array that grows takes 17 places at once, for as long as the send is under way.
    this.#asked = new Array(makers.length);
  }

  beforeSend(command: Command): void | Promise<void> {
    return this.#askFrom(0, command);
  }

  onResult(sent: SentCommand, result: ReceivedResult): void {
    const asked = this.#asked;
    if (asked === undefined) return;
    for (let index = 0; index < this.#count; index++) tellResult(asked[index] as Hooks, sent, result);
  }

  get [HEARS_END](): boolean {
    const hooks = this.#asked ?? this.#ended;
    if (hooks === undefined) return false;
    for (let index = 0; index < this.#count; index++) if (hearsEnd(hooks[index] as Hooks)) return true;
    return false;
  }

  onEnd(sent: SentCommand, outcome: SendOutcome, durationMs: number): void {
    const hooks = this.#asked ?? this.#ended;
    this.#asked = undefined;
    this.#ended = undefined;
    if (hooks === undefined) return;
    for (let index = 0; index < this.#count; index++) tellEnd(hooks[index] as Hooks, sent, outcome, durationMs);
  }

  onError(sent: SentCommand, error: CmdStreamError): void {
    this.#end('onError', sent, error);
  }

  onTimeout(sent: SentCommand, error: CmdStreamError): void {
    this.#end('onTimeout', sent, error);
  }

  onCancel(sent: SentCommand, error: CmdStreamError): void {
    this.#end('onCancel', sent, error);
  }

  /** Asks one after the other, without a promise for as long as none of them returns one. */
  #askFrom(index: number, command: Command): void | Promise<void> {
    for (let i = index; i < this.#makers.length; i++) {
      // The send may end while one of them is being asked.
      if (this.#asked === undefined) return;
      try {
        const hooks = (this.#makers[i] as HooksMaker).make(command, this.#options, this.#clock, this.#sinceMs);
        if (this.#asked === undefined) return;
        this.#asked[this.#count++] = hooks;
        const answer = hooks.beforeSend?.(command);
        if (isThenable(answer)) return this.#wait(answer, i, command);
      } catch (thrown) {
        throw this.#refuse(i, command, thrown);
      }
    }
  }

  async #wait(answer: PromiseLike<unknown>, index: number, command: Command): Promise<void> {
    try {
      await answer;
    } catch (thrown) {
      throw this.#refuse(index, command, thrown);
    }
    return this.#askFrom(index + 1, command);
  }

  /** The hooks at `index` refused: they are told nothing, those before them are. */
  #refuse(index: number, command: Command, thrown: unknown): CmdStreamError {
    const error = refusalOf(command, thrown);
    const sent = unsent(command);
    this.#count = index;
    this.#end('onError', sent, error);
    this.onEnd(sent, error, this.#clock.monotonicMs() - this.#sinceMs);
    return error;
  }

  #end(ending: EndingHook, sent: SentCommand, error: CmdStreamError): void {
    const asked = this.#asked;
    this.#asked = undefined;
    if (asked === undefined) return;
    this.#ended = asked;
    for (let index = 0; index < this.#count; index++) tellEnding(asked[index] as Hooks, ending, sent, error);
  }
}
