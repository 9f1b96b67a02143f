import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type OutputChunk, rolldown } from 'rolldown';
import { BROUGHT, ENTRANCES, ROOT } from './entrances.ts';

/** Packages that are a part of the bundle, with the file of their licence. */
const BUNDLED = ['msgpackr', 'xstate'];

/**
 * Puts a bundle for each entrance and for the command line into a folder. What several of them use stands in two chunks that
 * they share, so that there is one copy of each class; comments are left to the declarations and the source maps.
 */
export async function buildCode(folder: string): Promise<readonly OutputChunk[]> {
  const input = Object.fromEntries(ENTRANCES.map((name) => [name, `src/${name}.ts`]));
  const bundle = await rolldown({
    cwd: ROOT,
    input: {
      ...input,
      cli: 'src/cli/main.ts',
      'command-line': 'src/cli/command-line.ts',
      'worker-process': 'src/workers/worker-process.ts',
    },
    external: BROUGHT,
    platform: 'node',
    transform: { target: 'es2022' },
  });
  const { output } = await bundle.write({
    dir: folder,
    format: 'esm',
    sourcemap: true,
    comments: { legal: true, annotation: false, jsdoc: false },
    chunkFileNames: 'chunks/[name].js',
    codeSplitting: {
      // A group takes with it what its files import, unless an earlier one has it.
      groups: [
        {
          name: 'base',
          test: /src\/(base\/(bytes|errors|options)\/|protocol\/codec\/[\w-]+\.ts)/,
          minShareCount: 2,
          priority: 3,
        },
        {
          name: 'core',
          test: /\/(src(?!\/inspect(\/local|\.ts)|\/workers|\/cli)|machines(?!\/workers?\.ts)|node_modules)\//,
          minShareCount: 2,
          priority: 2,
        },
        // The page of the inspector stands on node:http, which nobody else needs; nor needs anybody else node:cluster.
        { name: 'workers', test: /(src\/workers\/|machines\/workers?\.ts)/, minShareCount: 2, priority: 1 },
        { name: 'inspector', test: /src\/inspect\/local\//, minShareCount: 2, priority: 1 },
      ],
    },
  });
  await bundle.close();
  for (const file of output) if (file.fileName.endsWith('.map')) await forgetPackages(join(folder, file.fileName));
  await writeFile(join(folder, 'licenses.txt'), await licenses());
  return output.filter((file) => file.type === 'chunk');
}

/** Takes the sources of packages out of a map: they are to be had from those. */
async function forgetPackages(path: string): Promise<void> {
  const map: SourceMap = JSON.parse(await readFile(path, 'utf8'));
  map.sourcesContent = map.sourcesContent.map((text, index) =>
    map.sources[index]?.includes('node_modules/') ? null : text,
  );
  await writeFile(path, JSON.stringify(map));
}

/** The part of a source map that is looked at. */
interface SourceMap {
  readonly sources: readonly string[];
  sourcesContent: readonly (string | null)[];
}

/** The licences of what is bundled, as they ask for. */
async function licenses(): Promise<string> {
  const texts = BUNDLED.map(async (name) => {
    const { version } = JSON.parse(await readFile(join(ROOT, 'node_modules', name, 'package.json'), 'utf8'));
    const text = await readFile(join(ROOT, 'node_modules', name, 'LICENSE'), 'utf8');
    return `${name} ${version}\n\n${text.trim()}\n`;
  });
  return `The bundles contain parts of these packages.\n\n${(await Promise.all(texts)).join('\n---\n\n')}`;
}
