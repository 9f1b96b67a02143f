import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Compiled, compile, ROOT } from '../support/compiled.ts';
import { freePort } from '../support/ports.ts';
import { listening, run, start } from '../support/run.ts';
import { codeBlocks, inlineCode, type Piece, proseLines, tableRows } from './markdown.ts';
import { codesSnippet, namesSnippet } from './names.ts';
import { examplesOf, GUIDE, textOf } from './pages.ts';
import { typeCheck } from './snippets.ts';

const PACKAGE: {
  name: string;
  bin: Record<string, string>;
  scripts: Record<string, string>;
  devDependencies: Record<string, string>;
} = JSON.parse(textOf('package.json'));
const TABLE_OF_NAMES = 'docs/coming-from-sender-go.md';

const blocks = GUIDE.flatMap((page) => codeBlocks(textOf(page)));
const snippets = GUIDE.flatMap(examplesOf);

const errorCells = tableRows(proseLines(textOf('docs/guide/errors.md'))).map(([cell]) => cell!);
const errorCodes = inlineCode(errorCells).map(({ text }) => text);
const codes = codesSnippet(errorCodes, errorCells[0]!.line);

/** What a page calls by name. In tables of errors that is their codes, and on the left of Go's names what is Go's. */
function ownCode(page: string): Piece[] {
  const prose = proseLines(textOf(page));
  const cells = page === TABLE_OF_NAMES ? tableRows(prose).map(([, cell]) => cell!) : [];
  return inlineCode([...prose.filter(({ text }) => !text.startsWith('|')), ...cells]);
}
const isShell = ({ text }: Piece) => /^(npx|npm run) /.test(text);
const isFolder = ({ text }: Piece) => text.endsWith('/');
const names = [...GUIDE, TABLE_OF_NAMES].map((page) => ({
  page,
  snippet: namesSnippet(
    `names-${page.replaceAll('/', '-')}.ts`,
    ownCode(page).filter((piece) => !isShell(piece) && !isFolder(piece)),
  ),
}));
const shellInText = GUIDE.flatMap((page) => ownCode(page).filter(isShell));

const quickStart = snippets.filter(({ fileName }) => ['calc.ts', 'server.ts', 'client.ts'].includes(fileName));

let compiled: Compiled;
/** In the package's own folder, so that `cmd-stream` is found. */
let folder = '';
let complaints: Map<string, string[]>;

beforeAll(async () => {
  compiled = await compile();
  folder = await mkdtemp(join(compiled.folder, 'readme-'));
  complaints = await typeCheck(folder, [...snippets, ...names.map(({ snippet }) => snippet), codes]);
});

afterAll(async () => {
  if (folder !== '') await rm(folder, { recursive: true, force: true });
});

describe('the README and the guide', () => {
  it.each(snippets.map(({ fileName }) => fileName))('have a snippet %s that compiles', (fileName) => {
    expect(complaints.get(fileName)).toEqual([]);
  });

  it.each(names)('$page mentions options, methods and functions that are there', ({ snippet }) => {
    expect(complaints.get(snippet.fileName)).toEqual([]);
  });

  it('list every error code once, and none that is not there', () => {
    expect(complaints.get(codes.fileName)).toEqual([]);
    expect(new Set(errorCodes).size).toBe(errorCodes.length);
  });

  it('name folders that are there, and keep the front page short', () => {
    const folders = ownCode('README.md').filter(isFolder);
    expect(folders.length).toBeGreaterThan(0);
    expect(folders.filter(({ text }) => !existsSync(join(ROOT, text)))).toEqual([]);
    expect(textOf('README.md').split('\n').length).toBeLessThan(300);
  });

  it('have a quick start that compiles with the settings it tells', async () => {
    const own = await mkdtemp(join(compiled.folder, 'quick-start-'));
    try {
      const { code } = blocks.find(({ language }) => language === 'json')!;
      const { compilerOptions }: { compilerOptions: Record<string, unknown> } = JSON.parse(code);
      const { allowImportingTsExtensions, noEmit, ...others } = compilerOptions;
      expect({ allowImportingTsExtensions, noEmit }).toEqual({ allowImportingTsExtensions: true, noEmit: true });
      const building = { ...others, rewriteRelativeImportExtensions: true, outDir: 'out' };
      for (const options of [compilerOptions, building]) {
        const complaints = await typeCheck(own, quickStart, options);
        expect([...complaints.values()].flat()).toEqual([]);
      }
      // Also for a Node that does not know `await using`.
      expect(await run(process.execPath, ['--check', 'out/client.js'], { cwd: own })).toMatchObject({ code: 0 });
    } finally {
      await rm(own, { recursive: true, force: true });
    }
  });

  it('have a quick start that runs: the server serves, and the client gets its Results', async () => {
    const port = await freePort();
    for (const fileName of ['server.ts', 'client.ts']) {
      const { text } = snippets.find((snippet) => snippet.fileName === fileName)!;
      expect(text).toContain('9000');
      await writeFile(join(folder, fileName), text.replaceAll('9000', String(port)));
    }
    await using server = start(process.execPath, ['--import', 'tsx', 'server.ts'], { cwd: folder });
    await listening(port);
    const client = await run(process.execPath, ['--import', 'tsx', 'client.ts'], { cwd: folder });
    expect(client).toEqual({ code: 0, stdout: '2 + 3 = 5, 4 + 5 = 9\n3\n2\n1\n', stderr: '' });
    expect(server.stdout).toBe(`serving at 127.0.0.1:${port}\nadding 2 and 3\nadding 4 and 5\n`);
    expect(server.stderr).toBe('');
  });
});

const commands = [
  ...blocks.filter(({ language }) => language === 'sh').flatMap(({ code }) => code.trimEnd().split('\n')),
  ...shellInText.map(({ text }) => text),
].map((line) => line.replace(/\s+#.*/, ''));

describe('the shell commands of the README and the guide', () => {
  it.concurrent.each(commands)('%s', async (command) => {
    await check(command);
  });
});

async function check(command: string): Promise<void> {
  const script = /^npm ci && npm (\w+)$/.exec(command)?.[1];
  if (script !== undefined) {
    expect(PACKAGE.scripts).toHaveProperty(script);
    if (script === 'start') expect(PACKAGE.scripts.start).toBe(`node ${PACKAGE.bin['cmd-stream']} demo`);
    return;
  }
  if (command === 'npm init -y && npm pkg set type=module') return;
  const installed = /^npm install (?:--save-dev )?([^-].*)$/.exec(command)?.[1]?.split(' ');
  if (installed !== undefined) {
    const known = [PACKAGE.name, ...Object.keys(PACKAGE.devDependencies)];
    expect(known).toEqual(expect.arrayContaining(installed));
    return;
  }
  const file = /^npx tsx (\w+\.ts)$/.exec(command)?.[1];
  if (file !== undefined) {
    // They run in the test of the quick start.
    expect(['server.ts', 'client.ts']).toContain(file);
    return;
  }
  const named = /^npm run (\w+)( -- --[\w -]+)?$/.exec(command)?.[1];
  if (named !== undefined) {
    // They have tests of their own.
    expect(PACKAGE.scripts).toHaveProperty(named);
    return;
  }
  const example = /^npx tsx (?:node_modules\/cmd-stream\/)?(examples\/[\w-]+\.ts)$/.exec(command)?.[1];
  if (example !== undefined) {
    // They run in a test of their own.
    expect(existsSync(join(ROOT, example))).toBe(true);
    return;
  }
  const args = /^npx cmd-stream (.*)$/.exec(command)?.[1];
  if (args === undefined) throw new Error(`no test knows how to check '${command}'`);
  await checkCommandLine([...args.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => (quoted ?? bare) as string));
}

async function checkCommandLine(args: readonly string[]): Promise<void> {
  const port = await freePort();
  const script = join(compiled.folder, PACKAGE.bin['cmd-stream']!);
  // Where the quick start has made its files.
  const cmdStream = (words: readonly string[]) =>
    start(process.execPath, [script, ...words.map((word) => word.replace('9000', String(port)))], { cwd: folder });

  switch (args[0]) {
    case 'serve': {
      await using server = cmdStream(args);
      await server.says(/^(serving|4 workers serve) .*:(\d+)[ ;]/m);
      return;
    }
    case 'call': {
      await using server = cmdStream(['serve', '--port', '9000']);
      await server.says(/^serving/);
      expect(await cmdStream(args).ended).toEqual({ code: 0, stdout: '5\n', stderr: '' });
      return;
    }
    case 'coverage': {
      const labels = 'chart="request",from="queued",event="command.sent",to="sent"';
      await writeFile(join(folder, 'scrape.txt'), `cmd_stream_transitions_total{${labels}} 1\n`);
      expect(await cmdStream(args).ended).toMatchObject({ code: 0, stderr: '' });
      return;
    }
    case 'ls':
    case 'describe':
    case 'status':
    case 'ping': {
      await using server = cmdStream(['serve', '--port', '9000']);
      await server.says(/^serving/);
      expect(await cmdStream(args).ended).toMatchObject({ code: 0, stderr: '' });
      return;
    }
    case 'inspect': {
      await using inspector = cmdStream([...args, '--port', '9000']);
      await inspector.says(/^inspector: http:/);
      return;
    }
    default:
      expect(await cmdStream(args).ended).toMatchObject({ code: 0, stderr: '' });
  }
}
