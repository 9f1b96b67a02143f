import type { Command } from '../protocol/command.ts';
import { checkMetadata, type Metadata, NO_METADATA, withTexts } from '../wire/extension/metadata.ts';
import type { Guard } from './guard.ts';
import type { CommandSpan, Outcome, SendSpan, WatchedSend } from './telemetry.ts';

/** The spans of one send that several watch, as one: what one of them does wrong is no matter for the others. */
export class SendSpans implements SendSpan {
  readonly metadata: Metadata;
  readonly command: Command | undefined;
  readonly #spans: readonly SendSpan[];
  readonly #guard: Guard;

  constructor(spans: readonly SendSpan[], guard: Guard) {
    let metadata: Metadata = NO_METADATA;
    let command: Command | undefined;
    for (const span of spans) {
      guard.call('sendStarted', () => {
        metadata = withTexts(metadata, checkMetadata('metadata', span.metadata));
      });
      guard.call('sendStarted', () => {
        command = span.command ?? command;
      });
    }
    this.metadata = metadata;
    this.command = command;
    this.#spans = spans;
    this.#guard = guard;
  }

  run<Value>(start: () => Value): Value {
    return runWithinAll(this.#spans, this.#guard, start);
  }

  ended(send: WatchedSend, outcome: Outcome): void {
    for (const span of this.#spans) this.#guard.call('sendStarted', () => span.ended(send, outcome));
  }
}

/** The spans of one Command that several watch, as one: each runs within those before it. */
export class CommandSpans implements CommandSpan {
  readonly #spans: readonly CommandSpan[];
  readonly #guard: Guard;

  constructor(spans: readonly CommandSpan[], guard: Guard) {
    this.#spans = spans;
    this.#guard = guard;
  }

  run<Value>(call: () => Value): Value {
    return runWithinAll(this.#spans, this.#guard, call);
  }

  ended(outcome: Outcome, results: number): void {
    for (const span of this.#spans) this.#guard.call('commandStarted', () => span.ended(outcome, results));
  }
}

/** Calls what must not throw within each of the spans, the first outermost. */
function runWithinAll<Value>(spans: readonly (SendSpan | CommandSpan)[], guard: Guard, call: () => Value): Value {
  let value: Value | undefined;
  const innermost = () => {
    value = call();
  };
  spans.reduceRight<() => void>((inner, span) => () => guard.runWithin(span, inner), innermost)();
  return value as Value;
}
