import type { RequestEvent, RequestLink } from '../../../machines/request.ts';
import { CompiledActor } from '../../base/compiled-actor.ts';
import type { CmdStreamError } from '../../base/errors/cmd-stream-error.ts';
import type { Command } from '../../protocol/command.ts';
import type { Outcome, SendSpan, WatchedSend } from '../../telemetry/telemetry.ts';
import type { SenderWatchers } from '../../telemetry/watchers.ts';
import type { Metadata } from '../../wire/extension/metadata.ts';
import type { EndingHook } from '../hooks/ending-hook.ts';
import type { ClientChanges } from './client-changes.ts';
import { type FailedSend, tellRequestPath } from './request-path.ts';

/** The parts that those need who are told of requests. */
export interface WatchedContext {
  /** The latest changes of the clients, for errors. */
  readonly changes?: ClientChanges | undefined;
  /** Those who watch the sender. */
  readonly watchers?: SenderWatchers | undefined;
}

/** What is known of a send that somebody watches. */
interface Watch {
  /** When it was called (monotonic milliseconds). */
  readonly sinceMs: number;
  /** What goes along with it. */
  readonly span: SendSpan | undefined;
}

/** The side of a request that those see who watch the sender: they are told that it begins, and how it has ended. */
export abstract class WatchedRequest
  extends CompiledActor<{ link: RequestLink }, RequestEvent>
  implements WatchedSend, FailedSend
{
  abstract command: Command;
  abstract readonly seq: number;
  abstract readonly size: number;
  abstract readonly clientId: number | undefined;
  abstract readonly address: string | undefined;
  abstract readonly received: number;
  protected abstract readonly context: WatchedContext;
  /** When it was called (whole monotonic milliseconds), where that is known. */
  calledMs: number | undefined = undefined;
  /** How many changes of clients there had been then. */
  changesBefore = 0;
  /** None where nobody watches it. */
  #watch: Watch | undefined = undefined;

  /** Whether somebody watches sends just now. */
  get isWatched(): boolean {
    return this.context.watchers?.isWatching === true;
  }

  /** It was called at `sinceMs` (monotonic milliseconds); whole numbers, since those take no objects. */
  called(sinceMs: number): void {
    this.calledMs = Math.trunc(sinceMs);
    this.changesBefore = this.context.changes?.count ?? 0;
  }

  /** It begins, at `sinceMs` (monotonic milliseconds): those who watch are told. Returns the metadata that goes along. */
  begin(sinceMs: number, metadata: Metadata): Metadata {
    const { watchers } = this.context;
    const span = watchers?.sendStarted(this);
    this.#watch = { sinceMs, span };
    if (watchers === undefined || span === undefined) return metadata;
    this.command = watchers.commandOf(span, this.command);
    return watchers.metadataOf(span, metadata);
  }

  /** Whether it has a span, within which it is to be given to a client. */
  get isSpanned(): boolean {
    return this.#watch?.span !== undefined;
  }

  /** Calls what gives it to a client, as its span wants it. */
  startWithin(start: () => void): void {
    const { watchers } = this.context;
    const span = this.#watch?.span;
    if (span === undefined || watchers === undefined) start();
    else watchers.runWithin(span, start);
  }

  /** Notes on the error that it fails by the way to it. */
  protected tellPath(error: CmdStreamError, ending: EndingHook): void {
    const { changes } = this.context;
    if (changes !== undefined) tellRequestPath(error, this, ending, changes);
  }

  /** It has ended: those who watch are told. */
  protected tellWatchers(outcome: Outcome): void {
    const watch = this.#watch;
    if (watch !== undefined) this.context.watchers?.sendEnded(this, outcome, watch.span, watch.sinceMs);
  }
}
