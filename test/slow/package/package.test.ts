import { existsSync } from 'node:fs';
import { readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { checkPackage, createPackageFromTarballData, type Problem } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { links, proseLines } from '../../docs/markdown.ts';
import { GUIDE, textOf } from '../../docs/pages.ts';
import { ROOT, tool, tsc } from '../../support/compiled.ts';
import { run } from '../../support/run.ts';
import {
  copyCheckout,
  ENTRANCES,
  folder,
  install,
  node,
  npmEnvironment,
  type Packed,
  pack,
  project,
  typeScript,
} from './support.ts';

/** What npm downloaded for the library while it had dependencies was 1.65 MB, and 7.1 MB as installed. */
const MOST_TARBALL_BYTES = 1_100_000;
const MOST_INSTALLED_BYTES = 4_200_000;

/** What the package has beside what is built: folders, and what of them. */
const BESIDE = {
  'src/inspect/local/page': /\.(html|css|js|svg)$/,
  visualizations: /\.(md|mmd|svg)$|^walked\.json$/,
  examples: /\.ts$/,
  'examples/shop': /\.ts$/,
  machines: /\.ts$/,
  docs: /\.md$/,
  'docs/guide': /\.md$/,
  'docs/decisions': /\.md$/,
  'docs/operations': /\.(json|yml)$/,
  'docs/performance': /\.svg$/,
};

/** The lowest of the compilers that the README tells, and later ones: each is tried. */
const COMPILERS = ['5.6', '5.9', '6.0'];

let packed: Packed;
let whyNotInstalled: string | undefined;

beforeAll(async () => {
  await copyCheckout();
  packed = await pack();
  whyNotInstalled = await install(packed);
}, 300_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the package', () => {
  it('contains what is built of each source, the inspector page, what the README shows, and nothing else', async () => {
    const built = packed.files.map(({ path }) => path).filter((path) => path.startsWith('dist/'));
    const inFolder = /^dist\/(chunks\/)?[\w-]+\.(js|js\.map|d\.ts)$|^dist\/licenses\.txt$/;
    expect(built.filter((path) => !inFolder.test(path))).toEqual([]);
    for (const entrance of ENTRANCES)
      expect(built).toEqual(expect.arrayContaining([`dist/${entrance}.js`, `dist/${entrance}.d.ts`]));
    expect(built).not.toContain('dist/stale.js');
    const beside = await Promise.all(
      Object.entries(BESIDE).map(async ([folder, type]) =>
        (await readdir(join(ROOT, folder))).filter((name) => type.test(name)).map((name) => `${folder}/${name}`),
      ),
    );
    const texts = ['ARCHITECTURE.md', 'CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'];
    const expected = [...built, ...beside.flat(), ...texts];
    expect(beside.flat()).toEqual(
      expect.arrayContaining(['visualizations/client.svg', 'src/inspect/local/page/main.js']),
    );
    expect(packed.files.map(({ path }) => path).sort()).toEqual(expected.sort());
  });

  it('is what publint and attw want of a package of modules', async () => {
    const tarball = await readFile(join(folder, packed.filename));
    const bytes = tarball.buffer.slice(tarball.byteOffset, tarball.byteOffset + tarball.length) as ArrayBuffer;
    const { messages } = await publint({ pack: { tarball: bytes }, strict: true });
    expect(messages).toEqual([]);
    const checked = await checkPackage(createPackageFromTarballData(tarball));
    // As the profile esm-only of attw: whoever has no modules gets them by require(), of Node 20.19 and later.
    const problems = checked.types === false ? ['no types'] : checked.problems.filter(concernsModules);
    expect(problems).toEqual([]);
  });

  it('is no larger than what it replaced: a tarball of 636 kB and six packages beside it', () => {
    expect(packed.size).toBeLessThan(MOST_TARBALL_BYTES);
    expect(packed.unpackedSize).toBeLessThan(MOST_INSTALLED_BYTES);
  });

  it('contains all that its README and its guide link to', () => {
    const paths = packed.files.map(({ path }) => path);
    const linked = GUIDE.flatMap((page) =>
      links(proseLines(textOf(page)))
        .filter(({ text }) => !/^https:|^#/.test(text))
        .map(({ text }) => posix.join(posix.dirname(page), text.replace(/#.*/, ''))),
    );
    expect(linked.length).toBeGreaterThan(10);
    const isThere = (link: string) => paths.some((path) => path === link || path.startsWith(`${link}/`));
    expect(linked.filter((link) => !isThere(link))).toEqual([]);
  });
});

describe('the package, installed', () => {
  beforeEach((context) => {
    if (whyNotInstalled !== undefined) context.skip(`skipped: ${whyNotInstalled}`);
  });

  it('brings no package beside itself, and so no script that runs when it is installed', async () => {
    const installed = await readdir(join(project, 'node_modules'));
    expect(installed.filter((name) => !name.startsWith('.'))).toEqual(['@types', 'cmd-stream']);
    const own = JSON.parse(await readFile(join(project, 'node_modules/cmd-stream/package.json'), 'utf8'));
    for (const name of ['preinstall', 'install', 'postinstall']) expect(own.scripts).not.toHaveProperty(name);
  });

  it('sends a Command over TCP when it is imported by JavaScript', async () => {
    await writeFile(
      join(project, 'main.js'),
      `import { command, createSender, defineProtocol, result, serve } from 'cmd-stream';
      const calc = defineProtocol({ results: { Sum: result() }, commands: { Add: command().returns('Sum') } });
      const server = await serve(calc, undefined, { Add: ({ a, b }) => a + b });
      const sender = await createSender(calc, { address: server.address });
      console.log(await sender.send(calc.Add({ a: 2, b: 3 })));
      await sender.drain();
      await server.shutdown();
      `,
    );
    expect(await node('main.js')).toEqual({ code: 0, stdout: '5\n', stderr: '' });
  });

  it('has codecs beside it, of which Protobuf asks for the package that it stands on', async () => {
    await writeFile(
      join(project, 'codecs.js'),
      `import { mus, struct, varint } from 'cmd-stream/mus';
      import { command, createSender, defineProtocol, result, serve } from 'cmd-stream';
      const calc = defineProtocol({ results: { Sum: result() }, commands: { Add: command().returns('Sum') } });
      const codec = mus({ commands: { Add: struct({ a: varint.int, b: varint.int }) }, results: { Sum: varint.int } });
      const server = await serve(calc, undefined, { Add: ({ a, b }) => a + b }, { codec });
      const sender = await createSender(calc, { address: server.address, codec });
      console.log(await sender.send(calc.Add({ a: 2, b: 3 })));
      await sender.drain();
      await server.shutdown();
      await import('cmd-stream/protobuf').catch(({ code, message }) => console.log(code, message.split("'")[1]));
      `,
    );
    expect(await node('codecs.js')).toEqual({
      code: 0,
      stdout: '5\nERR_MODULE_NOT_FOUND @bufbuild/protobuf\n',
      stderr: '',
    });
  });

  it('has an inspector beside it that brings its page, and asks for no package', async () => {
    await writeFile(
      join(project, 'inspected.js'),
      `import { createLocalInspector } from 'cmd-stream/inspect';
      import { command, createSender, defineProtocol, result, serve } from 'cmd-stream';
      const calc = defineProtocol({ results: { Sum: result() }, commands: { Add: command().returns('Sum') } });
      const inspector = await createLocalInspector();
      const server = await serve(calc, undefined, { Add: ({ a, b }) => a + b }, { inspect: inspector });
      const sender = await createSender(calc, { address: server.address, inspect: inspector });
      console.log(await sender.send(calc.Add({ a: 2, b: 3 })));
      for (const path of ['', 'main.js', 'charts/client.svg']) console.log((await fetch(inspector.url + path)).status);
      await sender.drain();
      await server.shutdown();
      await inspector.close();
      `,
    );
    expect(await node('inspected.js')).toEqual({ code: 0, stdout: '5\n200\n200\n200\n', stderr: '' });
    expect(existsSync(join(project, 'node_modules/@statelyai'))).toBe(false);
  });

  it('is loaded by require(), of which it is the same copy', async () => {
    await writeFile(
      join(project, 'required.cjs'),
      `const { CmdStreamError, createSender } = require('cmd-stream');
      const { testService } = require('cmd-stream/testing');
      import('cmd-stream').then((imported) => console.log(typeof testService, createSender === imported.createSender, CmdStreamError === imported.CmdStreamError));
      `,
    );
    expect(await node('--no-warnings', 'required.cjs')).toEqual({
      code: 0,
      stdout: 'function true true\n',
      stderr: '',
    });
  });

  it('hides what is inside of it', async () => {
    await writeFile(
      join(project, 'inside.js'),
      `for (const path of ['', '/dist/chunks/core.js', '/dist/index.js', '/src/index.ts', '/machines/client.ts'])
        await import('cmd-stream' + path).then(() => console.log(path, 'open'), ({ code }) => console.log(path, code));
      `,
    );
    const { stdout } = await node('inside.js');
    const [itself, ...inside] = stdout.trimEnd().split('\n');
    expect(itself).toBe(' open');
    expect(inside).toHaveLength(4);
    for (const line of inside) expect(line).toMatch(/ ERR_PACKAGE_PATH_NOT_EXPORTED$/);
  });

  // `skipLibCheck: false`, so that the declarations themselves are checked as well.
  it.concurrent.each([
    { module: 'nodenext', moduleResolution: 'nodenext' },
    { module: 'esnext', moduleResolution: 'bundler' },
  ])('has types for a strict project whose modules are resolved by $moduleResolution', async (modules) => {
    const name = `tsconfig.${modules.moduleResolution}.json`;
    const strict = {
      strict: true,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      noEmit: true,
    };
    const compilerOptions = { ...modules, ...strict, target: 'es2022', types: ['node'] };
    await writeFile(join(project, name), JSON.stringify({ compilerOptions, files: ['typed.ts', 'entrances.ts'] }));
    await tsc(project, '-p', name);
  });

  it('has types for the lowest TypeScript that the README tells', () => {
    expect(/TypeScript (\d+\.\d+) or later/.exec(textOf('README.md'))?.[1]).toBe(COMPILERS[0]);
  });

  it.for(COMPILERS)('has types for TypeScript %s', async (version, context) => {
    const compiler = await typeScript(version);
    if (compiler === undefined) return context.skip(`skipped: TypeScript ${version} cannot be installed`);
    const strict = { strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, noEmit: true };
    for (const modules of [{ module: 'nodenext' }, { module: 'esnext', moduleResolution: 'bundler' }]) {
      const compilerOptions = {
        ...modules,
        ...strict,
        target: 'es2022',
        types: ['node'],
        lib: ['es2022', 'esnext.disposable'],
      };
      const config = { compilerOptions, files: ['typed.ts', 'entrances.ts'] };
      const name = `tsconfig.${version}.${modules.module}.json`;
      await writeFile(join(project, name), JSON.stringify(config));
      expect(await node(compiler, '-p', name)).toEqual({ code: 0, stdout: '', stderr: '' });
    }
  });

  it('has a command line', async () => {
    const help = await run('npx', ['cmd-stream', '--help'], { cwd: project, env: npmEnvironment() });
    expect(help.code).toBe(0);
    expect(help.stdout).toMatch(/^cmd-stream: typed Commands to a server and Results back\n/);
  });

  it('has a command line that loads protocols of the project, as TypeScript where tsx is installed', async () => {
    const args = ['127.0.0.1:1', 'Multiply', '--protocol', 'typed.ts'];
    const call = () => node('node_modules/cmd-stream/dist/cli.js', 'call', ...args);
    if (!Reflect.get(process.features, 'typescript')) {
      expect((await call()).stderr).toMatch(/^cmd-stream call: cannot load typed.ts: .*install tsx/);
      await symlink(tool('tsx'), join(project, 'node_modules/tsx'), 'junction');
    }
    expect((await call()).stderr).toMatch(
      /^cmd-stream call: the protocol has no Command 'Multiply'; it has Add; try 'cmd-stream call --help'\n/,
    );
  });
});

/** Whether a problem is one where modules are understood: not for node10, nor for require() before Node 20.19. */
const concernsModules = (problem: Problem): boolean =>
  !('resolutionKind' in problem && ['node10', 'node16-cjs'].includes(problem.resolutionKind));
