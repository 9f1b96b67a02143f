import type { Writable } from 'node:stream';
import { styleText } from 'node:util';
import { escapeUnprintable } from '../base/errors/printable.ts';

type Style = Parameters<typeof styleText>[0];

/** A text in a style, made by {@link Terminal.paint}: the control characters in it are the terminal's own. */
export class Painted {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** The parts that a line is put together of. */
export type Part = string | Painted;

/**
 * Where a command line tool writes: lines, coloured on a terminal and plain elsewhere. Control characters, line breaks among
 * them, are written only where they are its own: all that it is given may quote a peer, and is shown escaped.
 */
export class Terminal {
  readonly #stream: Writable;

  constructor(stream: Writable) {
    this.#stream = stream;
  }

  /** Writes one line. */
  line(...parts: readonly Part[]): void {
    this.#stream.write(`${joined(parts)}\n`);
  }

  /** Writes a value as a line of JSON. What JSON leaves as it is and a terminal does not is escaped, by which it stays the same JSON. */
  json(value: unknown): void {
    this.line(JSON.stringify(value, showBigInt) ?? 'null');
  }

  /** Resolves once what was written is taken; at once, as `undefined`, where little waits. */
  drained(): Promise<void> | undefined {
    const stream = this.#stream;
    if (!stream.writableNeedDrain) return undefined;
    return new Promise((resolve) => stream.once('drain', resolve));
  }

  /** Writes a text of several lines. For the tool's own texts: a peer could forge lines in it. */
  page(text: string): void {
    for (const line of text.split('\n')) this.line(line);
  }

  /** Writes a line that begins a part. */
  heading(...parts: readonly Part[]): void {
    this.line();
    this.line(this.paint('bold', ...parts));
  }

  /** Parts in a style, where the stream is a terminal and the user wants styles (https://no-color.org). */
  paint(style: Style, ...parts: readonly Part[]): Painted {
    return new Painted(styleText(style, joined(parts), { stream: this.#stream }));
  }
}

function showBigInt(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

function joined(parts: readonly Part[]): string {
  return parts.map((part) => (typeof part === 'string' ? escapeUnprintable(part) : part.text)).join('');
}
