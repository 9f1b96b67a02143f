import type { Clock } from '../base/clock.ts';
import { hasMethods } from '../base/errors/ask.ts';
import type { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import type { Warnings } from '../base/warnings.ts';
import { type Command, isCommand } from '../protocol/command.ts';
import { checkMetadata, type Metadata, withTexts } from '../wire/extension/metadata.ts';
import { hearsExecutions, hearsSends, PublishedExecution, PublishedSend } from './channels.ts';
import { Guard } from './guard.ts';
import { CommandSpans, SendSpans } from './spans.ts';
import type {
  ArrivedCommand,
  ClientChange,
  CommandSpan,
  Outcome,
  SenderTelemetry,
  SendSpan,
  ServerTelemetry,
  Telemetry,
  WatchedSend,
  WatchedSender,
  WatchedServer,
} from './telemetry.ts';

/** Those who watch one sender or one server. What they throw becomes a warning. */
abstract class Watchers<One extends object> {
  protected readonly clock: Clock;
  readonly guard: Guard;
  readonly #list: readonly One[];

  constructor(list: readonly One[], clock: Clock, guard: Guard) {
    this.#list = list;
    this.clock = clock;
    this.guard = guard;
  }

  protected each<Name extends keyof One & string>(what: Name, tell: (one: One) => unknown): void {
    for (const one of this.#list) this.guard.call(what, () => tell(one));
  }

  /** The way of every send and every Command: without a closure for each. */
  protected get all(): readonly One[] {
    return this.#list;
  }

  /** Calls what must not throw, within a span; whatever that does, once. */
  runWithin(span: SendSpan | CommandSpan | undefined, call: () => void): void {
    if (span === undefined) call();
    else this.guard.runWithin(span, call);
  }
}

/** Those who watch one sender. */
export class SenderWatchers extends Watchers<SenderTelemetry> {
  readonly #protocol: string | undefined;
  readonly #hasSpans: boolean;

  constructor(telemetry: readonly Telemetry[], sender: WatchedSender, clock: Clock, warnings: Warnings) {
    const guard = new Guard(warnings);
    const list = begun(telemetry, 'ofSender', (one) => one.ofSender?.(sender), guard);
    super(list, clock, guard);
    this.#protocol = sender.protocol.name;
    this.#hasSpans = list.some((one) => hasMethods(one, ['sendStarted']));
  }

  /** Whether anybody watches sends just now: by telemetry, or by a channel. */
  get isWatching(): boolean {
    return this.all.length > 0 || hearsSends();
  }

  /** A send begins; in the async context of its caller. */
  sendStarted(send: WatchedSend): SendSpan | undefined {
    const isHeard = hearsSends();
    if (!this.#hasSpans && !isHeard) return undefined;
    const spans: SendSpan[] = isHeard ? [new PublishedSend(this.#protocol, send)] : [];
    for (const one of this.all) {
      try {
        const span = this.guard.object('sendStarted', one.sendStarted?.(send));
        if (span !== undefined) spans.push(span);
      } catch (error) {
        this.guard.failed('sendStarted', error);
      }
    }
    return spans.length > 1 ? new SendSpans(spans, this.guard) : spans[0];
  }

  /** The Command that is sent: that of the span, where it has one of the same type. */
  commandOf(span: SendSpan | undefined, own: Command): Command {
    if (span === undefined) return own;
    try {
      const other = span.command;
      if (other === undefined || (isCommand(other) && other.type === own.type && other.protocol === own.protocol)) {
        return other ?? own;
      }
      this.guard.watch('sendStarted', other);
      throw new TypeError(`the Command of a span for '${own.name}' must be another '${own.name}'`);
    } catch (error) {
      this.guard.failed('sendStarted', error);
      return own;
    }
  }

  /** What goes along with a send: its own metadata and that of its span, as far as there is room. */
  metadataOf(span: SendSpan | undefined, own: Metadata): Metadata {
    if (span === undefined) return own;
    try {
      return withTexts(own, checkMetadata('metadata', span.metadata));
    } catch (error) {
      this.guard.failed('sendStarted', error);
      return own;
    }
  }

  /**
   * A send has ended.
   *
   * @param span - what goes along with it.
   * @param sinceMs - when it was called (monotonic milliseconds).
   */
  sendEnded(send: WatchedSend, outcome: Outcome, span: SendSpan | undefined, sinceMs: number): void {
    if (span !== undefined) {
      try {
        const returned: unknown = span.ended(send, outcome);
        if (returned !== undefined) this.guard.watch('sendStarted', returned);
      } catch (error) {
        this.guard.failed('sendStarted', error);
      }
    }
    this.#tellEnded(send, send.command.name, outcome, Math.max(0, this.clock.monotonicMs() - sinceMs));
  }

  /** A send ended before there was one: its arguments are not acceptable. */
  sendRefused(command: string | undefined, error: CmdStreamError): void {
    this.#tellEnded(undefined, command, error, 0);
  }

  clientChanged(what: ClientChange, address: string, error: Error | undefined): void {
    this.each('clientChanged', (one) => one.clientChanged?.(what, address, error));
  }

  closed(): void {
    this.each('closed', (one) => one.closed?.());
  }

  #tellEnded(send: WatchedSend | undefined, command: string | undefined, outcome: Outcome, durationMs: number): void {
    for (const one of this.all) {
      try {
        const returned: unknown = one.sendEnded?.(send, command, outcome, durationMs);
        if (returned !== undefined) this.guard.watch('sendEnded', returned);
      } catch (error) {
        this.guard.failed('sendEnded', error);
      }
    }
  }
}

/** Those who watch one server. */
export class ServerWatchers extends Watchers<ServerTelemetry> {
  readonly #protocol: string | undefined;
  readonly #hasSpans: boolean;

  constructor(telemetry: readonly Telemetry[], server: WatchedServer, clock: Clock, warnings: Warnings) {
    const guard = new Guard(warnings);
    const list = begun(telemetry, 'ofServer', (one) => one.ofServer?.(server), guard);
    super(list, clock, guard);
    this.#protocol = server.protocol.name;
    this.#hasSpans = list.some((one) => hasMethods(one, ['commandStarted']));
  }

  /** Whether anybody watches Commands just now: by telemetry, or by a channel. */
  get isWatching(): boolean {
    return this.all.length > 0 || hearsExecutions();
  }

  /** A Command has arrived. */
  commandStarted(command: ArrivedCommand, payload: unknown): CommandSpan | undefined {
    const isHeard = hearsExecutions();
    if (!this.#hasSpans && !isHeard) return undefined;
    const spans: CommandSpan[] = isHeard ? [new PublishedExecution(this.#protocol, command)] : [];
    for (const one of this.all) {
      try {
        const span = this.guard.object('commandStarted', one.commandStarted?.(command, payload));
        if (span !== undefined) spans.push(span);
      } catch (error) {
        this.guard.failed('commandStarted', error);
      }
    }
    return spans.length > 1 ? new CommandSpans(spans, this.guard) : spans[0];
  }

  /**
   * A Command has come to its end.
   *
   * @param span - what goes along with it.
   * @param arrivedMs - when it arrived (monotonic milliseconds).
   */
  commandEnded(
    command: string | undefined,
    outcome: Outcome,
    results: number,
    span: CommandSpan | undefined,
    arrivedMs: number,
  ): void {
    if (span !== undefined) {
      try {
        const returned: unknown = span.ended(outcome, results);
        if (returned !== undefined) this.guard.watch('commandStarted', returned);
      } catch (error) {
        this.guard.failed('commandStarted', error);
      }
    }
    const durationMs = Math.max(0, this.clock.monotonicMs() - arrivedMs);
    for (const one of this.all) {
      try {
        const returned: unknown = one.commandEnded?.(command, outcome, results, durationMs);
        if (returned !== undefined) this.guard.watch('commandEnded', returned);
      } catch (error) {
        this.guard.failed('commandEnded', error);
      }
    }
  }

  connectionChanged(what: 'accepted' | 'lost' | 'refused', error: CmdStreamError | undefined): void {
    this.each('connectionChanged', (one) => one.connectionChanged?.(what, error));
  }

  closed(): void {
    this.each('closed', (one) => one.closed?.());
  }
}

function begun<One extends object>(
  telemetry: readonly Telemetry[],
  what: string,
  begin: (one: Telemetry) => One | undefined,
  guard: Guard,
): readonly One[] {
  const list: One[] = [];
  for (const one of telemetry) {
    try {
      const watcher = guard.object(what, begin(one));
      if (watcher !== undefined) list.push(watcher);
    } catch (error) {
      guard.failed(what, error);
    }
  }
  return list;
}
