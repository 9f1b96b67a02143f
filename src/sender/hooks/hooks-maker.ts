import type { Clock } from '../../base/clock.ts';
import { memberNames } from '../../base/options/member-names.ts';
import type { Command } from '../../protocol/command.ts';
import type { ClockedHooksFactory, Hooks, HooksFactory, ResolvedSendOptions } from './hooks.ts';
import { madeHooks } from './made-hooks.ts';

const NAMES: readonly (keyof Hooks)[] = ['beforeSend', 'onResult', 'onError', 'onTimeout', 'onCancel', 'onEnd'];

/** A factory of hooks. What it makes first for each type of Commands is looked at: a misspelt hook would never be called. */
export class HooksMaker {
  readonly #factory: ClockedHooksFactory;
  /** Whether the hooks of a type of Commands are all right; the index is its number. */
  readonly #known: boolean[] = [];

  constructor(factory: HooksFactory) {
    this.#factory = factory;
  }

  /** @throws CmdStreamError `invalid-argument` for what is no hooks; and what the factory throws. */
  make(command: Command, options: ResolvedSendOptions, clock: Clock, sinceMs: number): Hooks {
    const hooks = madeHooks(this.#factory(command, options, clock, sinceMs));
    if (this.#known[command.type] !== true) {
      memberNames('the hooks of a send', hooks, NAMES);
      this.#known[command.type] = true;
    }
    return hooks;
  }
}
