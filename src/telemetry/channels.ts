import { type Channel, channel, type TracingChannel, tracingChannel } from 'node:diagnostics_channel';
import type { ArrivedCommand, CommandSpan, Outcome, SendSpan, WatchedSend } from './telemetry.ts';

// Channels of node:diagnostics_channel, for tools that cannot be given an option: https://nodejs.org/api/diagnostics_channel.html

/** The message of the tracing channel `cmd-stream:send`, the same object from the start of a send to its end. */
export interface SendMessage {
  /** The name of the protocol, where it has one. */
  readonly protocol: string | undefined;
  /** The name of the Command. */
  readonly command: string;
  /** The send as it stands: its Command, where it was sent to. */
  readonly send: WatchedSend;
  /** How it ended; `undefined` until then. */
  outcome?: Outcome | undefined;
  /** The error that it failed by. */
  error?: unknown;
}

/** The message of the tracing channel `cmd-stream:execute`, the same object from the arrival of a Command to its end. */
export interface ExecuteMessage {
  /** The name of the protocol, where it has one. */
  readonly protocol: string | undefined;
  /** The Command as it has arrived: its name, its client, its metadata. */
  readonly command: ArrivedCommand;
  /** How it ended; `undefined` until then. */
  outcome?: Outcome | undefined;
  /** How many Results were sent. */
  results?: number | undefined;
  /** The error that it failed by. */
  error?: unknown;
}

/** The message of the channel `cmd-stream:client`: a client of a sender, or the group as a whole, has changed. */
export interface StatusMessage {
  /** The name of the protocol, where it has one. */
  readonly protocol: string | undefined;
  /** What has changed, as `onStatus` is told: `type` is `client` or `group`; of the circuit breaker `circuit-breaker`. */
  readonly event: object;
}

const sends: TracingChannel<object, SendMessage> = tracingChannel('cmd-stream:send');
const executions: TracingChannel<object, ExecuteMessage> = tracingChannel('cmd-stream:execute');
const clients: Channel = channel('cmd-stream:client');
const breakers: Channel = channel('cmd-stream:circuit-breaker');

/** Whether anybody listens for sends. */
export const hearsSends = (): boolean => sends.hasSubscribers;

/** Whether anybody listens for Commands that are executed. */
export const hearsExecutions = (): boolean => executions.hasSubscribers;

/** Tells those who listen of a change. */
export function publishStatus(protocol: string | undefined, event: { readonly type: string }): void {
  const to = event.type === 'circuit-breaker' ? breakers : clients;
  if (to.hasSubscribers) to.publish({ protocol, event } satisfies StatusMessage);
}

/** What goes along with one send or Command that somebody listens for. */
abstract class Published<Message extends SendMessage | ExecuteMessage> {
  protected readonly message: Message;
  readonly #channel: TracingChannel<object, Message>;
  #state: 'new' | 'starting' | 'started' = 'new';

  constructor(to: TracingChannel<object, Message>, message: Message) {
    this.#channel = to;
    this.message = message;
  }

  run<Value>(start: () => Value): Value {
    this.#state = 'starting';
    try {
      return this.#channel.start.runStores(this.message, start);
    } finally {
      this.#state = 'started';
      this.#channel.end.publish(this.message);
    }
  }

  protected finish(outcome: Outcome): void {
    // One that was refused is told of all the same: tools count.
    if (this.#state === 'new') this.run(() => this.#finish(outcome));
    else this.#finish(outcome);
  }

  #finish(outcome: Outcome): void {
    const { message } = this;
    message.outcome = outcome;
    if (outcome !== 'success') {
      message.error = outcome;
      this.#channel.error.publish(message as Message & { error: unknown });
    }
    // What has ended before its start was through was no asynchronous operation.
    if (this.#state === 'starting') return;
    this.#channel.asyncStart.publish(message);
    this.#channel.asyncEnd.publish(message);
  }
}

/** One send that somebody listens for. */
export class PublishedSend extends Published<SendMessage> implements SendSpan {
  constructor(protocol: string | undefined, send: WatchedSend) {
    super(sends, { protocol, command: send.command.name, send });
  }

  ended(_send: WatchedSend, outcome: Outcome): void {
    this.finish(outcome);
  }
}

/** One Command that somebody listens for. */
export class PublishedExecution extends Published<ExecuteMessage> implements CommandSpan {
  constructor(protocol: string | undefined, command: ArrivedCommand) {
    super(executions, { protocol, command });
  }

  ended(outcome: Outcome, results: number): void {
    this.message.results = results;
    this.finish(outcome);
  }
}
