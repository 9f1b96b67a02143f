import type { Command } from '../protocol/command.ts';
import type { CommandSpan, Outcome, SendSpan, WatchedSend } from './telemetry.ts';

/** The spans of one send that several watch, as one. */
export class SendSpans implements SendSpan {
  readonly metadata: Readonly<Record<string, string>>;
  readonly command: Command | undefined;
  readonly #spans: readonly SendSpan[];

  constructor(spans: readonly SendSpan[]) {
    this.#spans = spans;
    this.command = spans.findLast(({ command }) => command !== undefined)?.command;
    this.metadata = Object.assign({}, ...spans.map(({ metadata }) => metadata));
  }

  run<Value>(start: () => Value): Value {
    return this.#spans.reduceRight<() => Value>(
      (inner, span) => (span.run === undefined ? inner : () => span.run?.(inner) as Value),
      start,
    )();
  }

  ended(send: WatchedSend, outcome: Outcome): void {
    for (const span of this.#spans) span.ended(send, outcome);
  }
}

/** The spans of one Command that several watch, as one: each runs within those before it. */
export class CommandSpans implements CommandSpan {
  readonly #spans: readonly CommandSpan[];

  constructor(spans: readonly CommandSpan[]) {
    this.#spans = spans;
  }

  run<Value>(call: () => Value): Value {
    return this.#spans.reduceRight<() => Value>((inner, span) => () => span.run(inner), call)();
  }

  ended(outcome: Outcome, results: number): void {
    for (const span of this.#spans) span.ended(outcome, results);
  }
}
