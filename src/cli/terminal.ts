import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Where a command line tool writes: lines, coloured on a terminal and plain elsewhere. */
export class Terminal {
  readonly #stream: NodeJS.WriteStream;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  /** Writes a line. */
  line(text = ''): void {
    this.#stream.write(`${text}\n`);
  }

  /** Writes a line that begins a part. */
  heading(text: string): void {
    this.line();
    this.line(this.paint('bold', text));
  }

  /** `text` in a style, where the stream is a terminal and the user wants styles (https://no-color.org). */
  paint(style: Style, text: string): string {
    return styleText(style, text, { stream: this.#stream });
  }
}
