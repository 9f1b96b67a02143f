import { readdir, readFile } from 'node:fs/promises';
import { SourceMap } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import manifest from '../../../package.json' with { type: 'json' };
import { compile, ROOT } from '../../support/compiled.ts';
import { run } from '../../support/run.ts';

/**
 * The most that an entrance may have a process read, in KiB, compressed and as it is: its bundle, and the chunks that it
 * imports. Raised with a reason alone.
 */
const BUDGET: Readonly<Record<string, readonly [number, number]>> = {
  index: [160, 640],
  codec: [14, 45],
  inspect: [168, 660],
  metrics: [164, 650],
  mus: [20, 72],
  nats: [176, 700],
  otel: [162, 645],
  protobuf: [17, 56],
  testing: [174, 690],
  transport: [1, 1],
  // It runs no server itself, and reads the core that the command line shares with it.
  workers: [167, 665],
  // With the commands over NATS; nats.js itself is the user's, and loaded where it is asked for.
  cli: [203, 785],
};

const ENTRANCES = Object.keys(manifest.exports)
  .filter((path) => path !== './package.json')
  .map((path) => (path === '.' ? 'index' : path.slice(2)));

let dist = '';
beforeAll(async () => {
  dist = join((await compile()).folder, 'dist');
}, 60_000);

describe('the bundles', () => {
  it.each([...ENTRANCES, 'cli'])('have a process read as little as they may: %s', async (entrance) => {
    const texts = await Promise.all((await reached(`${entrance}.js`)).map((file) => readFile(join(dist, file))));
    const all = Buffer.concat(texts);
    const [compressed, plain] = BUDGET[entrance] ?? [0, 0];
    expect(gzipSync(all).length / 1024).toBeLessThan(compressed);
    expect(all.length / 1024).toBeLessThan(plain);
  });

  it('load no more than three files for cmd-stream, and neither http nor TLS', async () => {
    const files = await reached('index.js');
    expect(files.length).toBeLessThanOrEqual(3);
    for (const file of files)
      expect(await readFile(join(dist, file), 'utf8')).not.toMatch(/from "node:(http|tls|crypto)"/);
  });

  it('are loaded by require() as well, and are the same copy', async () => {
    const program = `const required = require('cmd-stream');
      import('cmd-stream').then((imported) => console.log(Object.keys(required).every((name) => imported[name] === required[name])))`;
    const args = ['--no-warnings', '--input-type=commonjs', '-e', program];
    expect(await run(process.execPath, args, { cwd: join(dist, '..') })).toMatchObject({ code: 0, stdout: 'true\n' });
  });

  it('share one copy of each class', async () => {
    const texts = await Promise.all((await scripts()).map((file) => readFile(join(dist, file), 'utf8')));
    for (const name of ['CmdStreamError', 'ByteWriter', 'ByteReader', 'Sender', 'CommandFailure']) {
      const declared = texts.flatMap(
        (text) => text.match(new RegExp(`\\bclass ${name}\\b|\\b${name} = class\\b`, 'g')) ?? [],
      );
      expect({ name, declared }).toEqual({ name, declared: [expect.anything()] });
    }
  });

  it('show the sources by their source maps, and where each line of them is', async () => {
    for (const file of (await scripts()).filter((name) => name !== 'transport.js')) {
      const text = await readFile(join(dist, file), 'utf8');
      if (!text.includes('//# sourceMappingURL=')) continue;
      const map = new SourceMap(JSON.parse(await readFile(join(dist, `${file}.map`), 'utf8')));
      for (const [index, source] of map.payload.sources.entries()) {
        const path = source.replace(/^(\.\.\/)+/, '');
        if (/^(src|machines)\//.test(path))
          expect(map.payload.sourcesContent[index]).toBe(await readFile(join(ROOT, path), 'utf8'));
      }
    }
    const core = await readFile(join(dist, 'chunks/core.js'), 'utf8');
    const line = core.split('\n').findIndex((text) => /\bSender\b.*\bclass\b|^class Sender\b/.test(text));
    const map = new SourceMap(JSON.parse(await readFile(join(dist, 'chunks/core.js.map'), 'utf8')));
    expect(map.findEntry(line, 0)).toMatchObject({ originalSource: expect.stringMatching(/src\/sender\/.*\.ts$/) });
  });

  it('speak in their declarations of no package but those that users bring', async () => {
    for (const file of (await readdir(dist, { recursive: true })).filter((name) => name.endsWith('.d.ts'))) {
      const text = await readFile(join(dist, file), 'utf8');
      const packages = [...text.matchAll(/(?:from|import) '([^.'][^']*)'/g)].map(([, name]) => name);
      const foreign = packages.filter(
        (name) => !/^(node:|@bufbuild\/protobuf|@nats-io\/transport-node|@opentelemetry\/api)/.test(name ?? ''),
      );
      expect({ file, foreign }).toEqual({ file, foreign: [] });
    }
  });
});

/** The files that are read for a bundle: itself, and what it imports of the package. */
async function reached(entry: string): Promise<string[]> {
  const files = new Set([entry]);
  for (const file of files) {
    const text = await readFile(join(dist, file), 'utf8');
    for (const [, path = ''] of text.matchAll(/^(?:import|export) [^;]*?"(\.{1,2}\/[^"]+)"/gm)) {
      files.add(new URL(path, pathToFileURL(`/${file}`)).pathname.slice(1));
    }
  }
  return [...files];
}

/** The bundles and their chunks. */
async function scripts(): Promise<string[]> {
  return (await readdir(dist, { recursive: true })).filter((name) => name.endsWith('.js'));
}
