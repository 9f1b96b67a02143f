import type { CmdStreamError } from '../../base/errors/cmd-stream-error.ts';
import { processWarnings } from '../../base/warnings.ts';
import { composeHooks } from '../../sender/hooks/compose-hooks.ts';
import type { Hooks, ReceivedResult, SentCommand } from '../../sender/hooks/hooks.ts';
import type { SenderOptions } from '../../sender/options.ts';
import type { StatusEvent } from '../../sender/status.ts';
import { type EventLog, plain } from './event-log.ts';

/** Options of a sender that a log may stand around. */
type Watched = Pick<SenderOptions, 'hooks' | 'onStatus' | 'onUnexpectedResult'>;

/** The options of a sender whose sends and changes of state are logged under `name`. The user's own are called after. */
export function loggedSender<Options extends Watched>(
  options: Options,
  name: string,
  log: EventLog,
): Options & Watched {
  const { hooks, onStatus, onUnexpectedResult } = options;
  let sends = 0;
  const logged = () => new LoggedSend(log, name, ++sends);
  return {
    ...options,
    hooks: hooks === undefined ? logged : composeHooks(logged, hooks),
    onStatus: (event) => {
      logStatus(log, name, event);
      if (onStatus !== undefined) processWarnings.callUser('onStatus', () => onStatus(event));
    },
    onUnexpectedResult: (result) => {
      const { seq, clientId, type } = result;
      log.add('unexpected', name, { client: clientId, seq, type });
      if (onUnexpectedResult !== undefined) {
        processWarnings.callUser('onUnexpectedResult', () => onUnexpectedResult(result));
      }
    },
  };
}

class LoggedSend implements Hooks {
  readonly #log: EventLog;
  readonly #name: string;
  readonly #id: number;

  constructor(log: EventLog, name: string, id: number) {
    this.#log = log;
    this.#name = name;
    this.#id = id;
  }

  beforeSend({ name, payload }: SentCommand['command']): void {
    this.#log.add('send', this.#name, { id: this.#id, command: name, payload: plain(payload) });
  }

  onResult(sent: SentCommand, { value, last }: ReceivedResult): void {
    this.#log.add('result', this.#name, { ...this.#of(sent), value: plain(value), last });
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

  #ended(kind: string, sent: SentCommand, { code, mayHaveExecuted }: CmdStreamError): void {
    this.#log.add(kind, this.#name, { ...this.#of(sent), code, mayHaveExecuted });
  }

  #of({ command, seq, clientId }: SentCommand) {
    return { id: this.#id, command: command.name, seq, client: clientId ?? null };
  }
}

function logStatus(log: EventLog, name: string, event: StatusEvent): void {
  switch (event.type) {
    case 'group':
      log.add('status', name, { state: event.state, ready: event.ready });
      break;
    case 'client': {
      const { id, state, address, attempt, delayMs, error } = event;
      log.add('status', name, { client: id, state, address, attempt, delayMs, error: plain(error ?? null) });
      break;
    }
    case 'circuit-breaker':
      log.add('breaker', name, { state: event.state });
  }
}
