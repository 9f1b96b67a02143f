import type { Clock } from '../base/clock.ts';
import type { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import type { Warnings } from '../base/warnings.ts';
import type { Command } from '../protocol/command.ts';
import { checkMetadata, type Metadata, withTexts } from '../wire/extension/metadata.ts';
import { hearsExecutions, hearsSends, PublishedExecution, PublishedSend } from './channels.ts';
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
  readonly #list: readonly One[];
  readonly #warnings: Warnings;

  constructor(list: readonly One[], clock: Clock, warnings: Warnings) {
    this.#list = list;
    this.clock = clock;
    this.#warnings = warnings;
  }

  protected each<Name extends keyof One & string>(what: Name, tell: (one: One) => unknown): void {
    for (const one of this.#list) this.#warnings.callUser(`'${what}' of the option 'telemetry'`, () => tell(one));
  }

  /** The way of every send and every Command: without a closure for each. */
  protected get all(): readonly One[] {
    return this.#list;
  }

  /** Calls what must not throw, within a span; whatever that does, once. */
  runWithin(span: { run?(call: () => void): void } | undefined, call: () => void): void {
    let isCalled = false;
    const once = () => {
      if (isCalled) return;
      isCalled = true;
      call();
    };
    try {
      span?.run?.(once);
    } catch (error) {
      this.#warnings.userCodeFailed(`'run' of the option 'telemetry'`, error);
    }
    once();
  }

  protected failed(what: keyof One & string, error: unknown): void {
    this.#warnings.userCodeFailed(`'${what}' of the option 'telemetry'`, error);
  }
}

/** Those who watch one sender. */
export class SenderWatchers extends Watchers<SenderTelemetry> {
  readonly #protocol: string | undefined;
  readonly #hasSpans: boolean;

  constructor(telemetry: readonly Telemetry[], sender: WatchedSender, clock: Clock, warnings: Warnings) {
    const list = begun(telemetry, 'ofSender', (one) => one.ofSender?.(sender), warnings);
    super(list, clock, warnings);
    this.#protocol = sender.protocol.name;
    this.#hasSpans = list.some((one) => one.sendStarted !== undefined);
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
        const span = one.sendStarted?.(send);
        if (span !== undefined) spans.push(span);
      } catch (error) {
        this.failed('sendStarted', error);
      }
    }
    return spans.length > 1 ? new SendSpans(spans) : spans[0];
  }

  /** The Command that is sent: that of the span, where it has one of the same type. */
  commandOf(span: SendSpan | undefined, own: Command): Command {
    const other = span?.command;
    if (other === undefined || (other.type === own.type && other.protocol === own.protocol)) return other ?? own;
    this.failed('sendStarted', new TypeError(`the Command of a span for '${own.name}' must be another '${own.name}'`));
    return own;
  }

  /** What goes along with a send: its own metadata and that of its span, as far as there is room. */
  metadataOf(span: SendSpan | undefined, own: Metadata): Metadata {
    if (span === undefined) return own;
    try {
      return withTexts(own, checkMetadata('metadata', span.metadata));
    } catch (error) {
      this.failed('sendStarted', error);
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
        span.ended(send, outcome);
      } catch (error) {
        this.failed('sendStarted', error);
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
        one.sendEnded?.(send, command, outcome, durationMs);
      } catch (error) {
        this.failed('sendEnded', error);
      }
    }
  }
}

/** Those who watch one server. */
export class ServerWatchers extends Watchers<ServerTelemetry> {
  readonly #protocol: string | undefined;
  readonly #hasSpans: boolean;

  constructor(telemetry: readonly Telemetry[], server: WatchedServer, clock: Clock, warnings: Warnings) {
    const list = begun(telemetry, 'ofServer', (one) => one.ofServer?.(server), warnings);
    super(list, clock, warnings);
    this.#protocol = server.protocol.name;
    this.#hasSpans = list.some((one) => one.commandStarted !== undefined);
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
        const span = one.commandStarted?.(command, payload);
        if (span !== undefined) spans.push(span);
      } catch (error) {
        this.failed('commandStarted', error);
      }
    }
    return spans.length > 1 ? new CommandSpans(spans) : spans[0];
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
        span.ended(outcome, results);
      } catch (error) {
        this.failed('commandStarted', error);
      }
    }
    const durationMs = Math.max(0, this.clock.monotonicMs() - arrivedMs);
    for (const one of this.all) {
      try {
        one.commandEnded?.(command, outcome, results, durationMs);
      } catch (error) {
        this.failed('commandEnded', error);
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
  warnings: Warnings,
): readonly One[] {
  const list: One[] = [];
  for (const one of telemetry) {
    warnings.callUser(`'${what}' of the option 'telemetry'`, () => {
      const watcher = begin(one);
      if (watcher !== undefined) list.push(watcher);
    });
  }
  return list;
}
