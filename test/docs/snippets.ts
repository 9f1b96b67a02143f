import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { tool } from '../support/compiled.ts';
import { run } from '../support/run.ts';
import type { CodeBlock } from './markdown.ts';
import { PRELUDE } from './prelude.ts';

/** A piece of TypeScript, and where in a Markdown file its lines come from. */
export interface Snippet {
  readonly fileName: string;
  readonly text: string;
  /** The line of the Markdown file that a line of this one stands for, both from 1 on. */
  sourceLine(line: number): number;
}

/** A block as a file: as it is where its first line names the file, else behind the prelude. */
export function snippetOf({ code, line }: CodeBlock): Snippet {
  const named = /^\/\/ (\w+\.ts)\b/.exec(code)?.[1];
  if (named !== undefined) return { fileName: named, text: code, sourceLine: (own) => line + own - 1 };
  const before = PRELUDE.split('\n').length;
  return {
    fileName: `guide-${line}.ts`,
    // In braces, so that a snippet may declare what the prelude has declared for the others.
    text: `${PRELUDE}{\n${code}}\n`,
    sourceLine: (own) => line + own - before - 1,
  };
}

const STRICTEST = {
  target: 'es2022',
  lib: ['es2023', 'esnext.disposable'],
  module: 'nodenext',
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noEmit: true,
  skipLibCheck: true,
  allowImportingTsExtensions: true,
};

/** Type-checks files in a folder of their own. Returns what the compiler says of each, by file name. */
export async function typeCheck(
  folder: string,
  snippets: readonly Snippet[],
  compilerOptions: Readonly<Record<string, unknown>> = STRICTEST,
): Promise<Map<string, string[]>> {
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
  for (const { fileName, text } of snippets) {
    await mkdir(dirname(join(folder, fileName)), { recursive: true });
    await writeFile(join(folder, fileName), text);
  }
  const { stdout, stderr } = await run(process.execPath, [tool('typescript/bin/tsc'), '--pretty', 'false'], {
    cwd: folder,
  });
  const complaints = new Map<string, string[]>(snippets.map(({ fileName }) => [fileName, []]));
  for (const [text, fileName, line, message] of stdout.matchAll(/^(?:(\S+)\((\d+),\d+\): )?(error .*)$/gm)) {
    const snippet = snippets.find((candidate) => candidate.fileName === fileName);
    if (snippet === undefined) throw new Error(`tsc: ${text}`);
    complaints.get(snippet.fileName)?.push(`line ${snippet.sourceLine(Number(line))}: ${message}`);
  }
  if (stderr !== '') throw new Error(`tsc: ${stderr}`);
  return complaints;
}
