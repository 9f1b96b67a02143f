/** A fenced block of code in a Markdown text. */
export interface CodeBlock {
  /** `ts`, `sh`, ... */
  readonly language: string;
  readonly code: string;
  /** The line of the text that its first line of code is, from 1 on. */
  readonly line: number;
}

/** A piece of a Markdown text that stands on one line. */
export interface Piece {
  readonly text: string;
  /** Its line, from 1 on. */
  readonly line: number;
}

/** The fenced blocks of a Markdown text. */
export function codeBlocks(markdown: string): CodeBlock[] {
  return [...markdown.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map((match) => ({
    language: match[1] as string,
    code: match[2] as string,
    line: markdown.slice(0, match.index).split('\n').length + 1,
  }));
}

/** The lines of a Markdown text, those of fenced blocks left empty. */
export function proseLines(markdown: string): Piece[] {
  const prose = markdown.replace(/^```.*?^```$/gms, (block) => block.replace(/[^\n]/g, ''));
  return prose.split('\n').map((text, index) => ({ text, line: index + 1 }));
}

/** What stands between backticks. */
export function inlineCode(lines: readonly Piece[]): Piece[] {
  return lines.flatMap(({ text, line }) =>
    [...text.matchAll(/`([^`]+)`/g)].map((match) => ({ text: match[1] as string, line })),
  );
}

/** Where the links of a Markdown text lead. */
export function links(lines: readonly Piece[]): Piece[] {
  return lines.flatMap(({ text, line }) =>
    [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => ({ text: match[1] as string, line })),
  );
}

/** The part of a Markdown text under a heading, with its line numbers kept. */
export function section(lines: readonly Piece[], heading: string): Piece[] {
  const from = lines.findIndex(({ text }) => text === heading);
  if (from === -1) throw new Error(`there is no heading '${heading}'`);
  const level = heading.indexOf(' ');
  const isEnd = ({ text }: Piece) => /^#+ /.test(text) && text.indexOf(' ') <= level;
  const length = lines.slice(from + 1).findIndex(isEnd);
  return lines.slice(from + 1, length === -1 ? undefined : from + 1 + length);
}

/** The cells of each row of the table in these lines, without its head. */
export function tableRows(lines: readonly Piece[]): Piece[][] {
  const rows = lines.filter(({ text }) => text.startsWith('|'));
  return rows.slice(2).map(({ text, line }) =>
    text
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => ({ text: cell.trim(), line })),
  );
}

/** The names by which links lead to the headings of a Markdown text, as GitHub makes them. */
export function headings(lines: readonly Piece[]): string[] {
  return lines.flatMap(({ text }) => {
    const [, heading] = /^#+ (.*)$/.exec(text) ?? [];
    if (heading === undefined) return [];
    return [
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ];
  });
}
