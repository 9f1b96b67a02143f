import { describe, expect, it } from 'vitest';
import { sourceFiles } from './sources.ts';

const files = [...sourceFiles('machines'), ...sourceFiles('src')];
const isAdapter = (path: string) => /^src\/(cli\/|base\/[^/]+$)/.test(path);

/** The lines of `text` without comments, with their numbers. */
function codeLines(text: string): [number, string][] {
  const withoutComments = text
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ''))
    .replace(/(^|[^:])\/\/.*$/gm, '$1');
  return withoutComments.split('\n').map((line, index) => [index + 1, line]);
}

function linesWith(pattern: RegExp, among = files): string[] {
  return among.flatMap(({ path, text }) =>
    codeLines(text)
      .filter(([, line]) => pattern.test(line))
      .map(([number, line]) => `${path}:${number}: ${line.trim()}`),
  );
}

describe('the sources', () => {
  it('take time, randomness and turns of the event loop from adapters, and never write to the console', () => {
    const sources = files.filter(({ path }) => !isAdapter(path));
    const pattern =
      /\b(Date\.now|performance\.now|Math\.random|process\.nextTick|console\.\w+)\b|(?<![.\w])(setTimeout|setInterval|setImmediate|queueMicrotask)\((?!timeoutMs: number\)|callback: \(\))/;
    expect(linesWith(pattern, sources)).toEqual([]);
  });

  it('hold no `any` and no suppressed type error', () => {
    expect(linesWith(/:\s*any\s*[;,)=\]}|&]|\bas any\b|<any>|@ts-ignore|@ts-expect-error|@ts-nocheck/)).toEqual([]);
  });

  it('are files of one subject: none is longer than 320 lines', () => {
    const long = files.filter(({ text }) => text.split('\n').length > 320).map(({ path }) => path);
    expect(long).toEqual([]);
  });

  it('document every export', () => {
    const bare = files.flatMap(({ path, text }) => {
      const lines = text.split('\n');
      return lines.flatMap((line, index) => {
        const exported = /^export (?:async )?(?:abstract )?(?:function|class|const|interface|type) (\w+)/.exec(line);
        if (exported === null) return [];
        const above = lines[index - 1]?.trim() ?? '';
        const isOverload = /^export (?:async )?function/.test(above) || above.endsWith(';') || above.startsWith('):');
        return above.endsWith('*/') || isOverload ? [] : [`${path}: ${exported[1]}`];
      });
    });
    expect(bare).toEqual([]);
  });
});
