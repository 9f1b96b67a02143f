import type { Piece } from './markdown.ts';
import { NAMES_PRELUDE, NOT_NAMES, TESTING_TYPES } from './prelude.ts';
import type { Snippet } from './snippets.ts';

/** The statements that only compile where what a piece of code in the text mentions is there. */
function checksOf(text: string): string[] {
  const code = text.replaceAll('...', '');
  const checks: string[] = [];
  if (/^[a-z]+(-[a-z]+)+$/.test(code)) return [`known('${code}');`];
  if (/^'[\w-]+'$/.test(code)) return [`known(${code});`];
  if (/^@?[a-z-]+\/[a-z-]+$/.test(code)) return [`{ type _ = typeof import('${code}'); }`];
  if (/^(await |for await \(const \w+ of )?(sender|server|context)\./.test(code)) checks.push(`${code};`);
  if (/^[a-z]\w+: /.test(code)) checks.push(`options({ ${code} });`);
  const names = code.replace(/'[^']*'/g, '').matchAll(/(?<![\w$])[A-Za-z_$][\w$]*/g);
  for (const [name] of names) {
    if (['sender', 'server', 'context', ...NOT_NAMES].includes(name)) continue;
    const isTesting = TESTING_TYPES.includes(name);
    checks.push(
      /^[A-Z]/.test(name) ? `{ type _ = ${isTesting ? 'testing' : 'library'}.${name}; }` : `known('${name}');`,
    );
  }
  return checks;
}

/** A file that only compiles where the names that the text mentions are there, with one line for each piece of code. */
export function namesSnippet(fileName: string, pieces: readonly Piece[]): Snippet {
  const before = NAMES_PRELUDE.split('\n').length;
  return {
    fileName,
    text: NAMES_PRELUDE + pieces.map(({ text }) => `${checksOf(text).join(' ')}\n`).join(''),
    sourceLine: (line) => pieces[line - before]?.line ?? 0,
  };
}

/** A file that only compiles where `codes` are exactly the codes of `CmdStreamErrorCode`. */
export function codesSnippet(codes: readonly string[], line: number): Snippet {
  const list = codes.map((code) => `'${code}'`).join(', ');
  return {
    fileName: 'codes.ts',
    text: `import type { CmdStreamErrorCode } from 'cmd-stream';
const told = [${list}] as const satisfies readonly CmdStreamErrorCode[];
type Untold = Exclude<CmdStreamErrorCode, (typeof told)[number]>;
const untold: Record<Untold, never> = {};
export { untold };
`,
    sourceLine: () => line,
  };
}
