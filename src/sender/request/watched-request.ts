import type { RequestEvent, RequestLink } from '../../../machines/request.ts';
import { CompiledActor } from '../../base/compiled-actor.ts';
import type { Command } from '../../protocol/command.ts';
import type { Outcome, SendSpan, WatchedSend } from '../../telemetry/telemetry.ts';
import type { SenderWatchers } from '../../telemetry/watchers.ts';
import type { Metadata } from '../../wire/extension/metadata.ts';

/** The side of a request that those see who watch the sender: they are told that it begins, and how it has ended. */
export abstract class WatchedRequest extends CompiledActor<{ link: RequestLink }, RequestEvent> implements WatchedSend {
  abstract command: Command;
  abstract readonly seq: number;
  abstract readonly size: number;
  abstract readonly clientId: number | undefined;
  abstract readonly address: string | undefined;
  protected abstract readonly context: { readonly watchers?: SenderWatchers | undefined };
  /** When it was called (monotonic milliseconds), where somebody watches. */
  #sinceMs: number | undefined = undefined;
  /** What goes along with it for those who watch. */
  #span: SendSpan | undefined = undefined;

  /** Whether somebody watches sends just now. */
  get isWatched(): boolean {
    return this.context.watchers?.isWatching === true;
  }

  /** It begins, at `sinceMs` (monotonic milliseconds): those who watch are told. Returns the metadata that goes along. */
  begin(sinceMs: number, metadata: Metadata): Metadata {
    this.#sinceMs = sinceMs;
    const { watchers } = this.context;
    const span = watchers?.sendStarted(this);
    if (watchers === undefined || span === undefined) return metadata;
    this.#span = span;
    this.command = watchers.commandOf(span, this.command);
    return watchers.metadataOf(span, metadata);
  }

  /** Calls what gives it to a client, as its span wants it. */
  startWithin(start: () => void): void {
    if (this.#span?.run === undefined) start();
    else this.context.watchers?.runWithin(this.#span, start);
  }

  /** It has ended: those who watch are told. */
  protected tellWatchers(outcome: Outcome): void {
    if (this.#sinceMs !== undefined) this.context.watchers?.sendEnded(this, outcome, this.#span, this.#sinceMs);
  }
}
