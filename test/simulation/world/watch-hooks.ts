import type { CmdStreamError, Command, Hooks, ReceivedResult, SentCommand } from '../../../src/index.ts';
import type { EventLog } from '../../../src/testing.ts';
import type { SenderPlan } from '../schedule.ts';
import type { Meddler } from './meddler.ts';
import type { Work } from './protocol.ts';
import type { Sleeper } from './sleeper.ts';

/** The user's hooks: they log `asked`, `answered`, `ended`, and do what the plan says beside. */
export class WatchHooks implements Hooks {
  readonly #log: EventLog;
  readonly #sleeper: Sleeper;
  readonly #plan: SenderPlan['hooks'];
  readonly #meddler: Meddler;
  #id = -1;

  constructor(log: EventLog, sleeper: Sleeper, plan: SenderPlan['hooks'], meddler: Meddler) {
    this.#log = log;
    this.#meddler = meddler;
    this.#sleeper = sleeper;
    this.#plan = plan;
  }

  beforeSend(command: Command): void | Promise<void> {
    this.#id = (command.payload as Work).id;
    this.#log.add('asked', 'sender', { id: this.#id });
    this.#meddler.at('hook', this.#id);
    if (this.#plan === 'slow' && this.#id % 3 === 0) return this.#sleeper.sleep(this.#id % 7 === 0 ? 400 : 5);
    if (this.#plan === 'refuse' && this.#id % 4 === 0) throw new Error('not today');
    return this.#meddler.thenable(this.#id) as Promise<void> | undefined;
  }

  onResult(sent: SentCommand, { seq: n, last, size }: ReceivedResult): void {
    this.#log.add('answered', 'sender', { id: this.#id, n, last, size, ...placeOf(sent) });
    this.#meddler.at('hook', this.#id);
    this.#mayThrow();
  }

  onError(sent: SentCommand, error: CmdStreamError): void {
    this.#ended('failed', sent, error);
  }

  onTimeout(sent: SentCommand, error: CmdStreamError): void {
    this.#ended('timedOut', sent, error);
  }

  onCancel(sent: SentCommand, error: CmdStreamError): void {
    this.#ended('cancelled', sent, error);
  }

  #ended(how: string, sent: SentCommand, { code, failure, mayHaveExecuted }: CmdStreamError): void {
    this.#log.add('ended', 'sender', {
      id: this.#id,
      how,
      code,
      failure: failure ?? null,
      mayHaveExecuted,
      ...placeOf(sent),
    });
    this.#meddler.at('hook', this.#id);
    this.#mayThrow();
  }

  #mayThrow(): void {
    if (this.#plan === 'throw' && this.#id % 2 === 0) throw new Error('a hook that throws');
  }
}

function placeOf({ seq, clientId }: SentCommand) {
  return { seq, client: clientId ?? null };
}
