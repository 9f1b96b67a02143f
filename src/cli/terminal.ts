import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Where a command line tool writes: lines, coloured on a terminal and plain elsewhere. */
export class Terminal {
  readonly #stream: NodeJS.WriteStream;
  readonly #coloured: boolean;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    // https://no-color.org
    this.#coloured = stream.isTTY === true && !process.env.NO_COLOR;
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

  /** `text` in a style, where the stream shows styles. */
  paint(style: Style, text: string): string {
    return this.#coloured ? styleText(style, text) : text;
  }
}
