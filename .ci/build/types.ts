import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Plugin, rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';
import { BROUGHT, ENTRANCES, ROOT } from './entrances.ts';

/** Declarations import each other as the sources do, by names that end in `.ts`. */
const BESIDE: Plugin = {
  name: 'beside',
  resolveId: (name, importer) =>
    /^\..*\.ts$/.test(name) && importer !== undefined ? join(dirname(importer), name.replace(/ts$/, 'd.ts')) : null,
};

/** The compiler spells the default out where it infers a type; those before 5.7 know no parameter there. */
const PLAIN_BYTES: Plugin = {
  name: 'plain-bytes',
  renderChunk: (code) => code.replaceAll('Uint8Array<ArrayBufferLike>', 'Uint8Array'),
};

/** Puts the declarations of each entrance into a folder: what it exports, and nothing that only the sources need. */
export async function buildTypes(folder: string): Promise<void> {
  // Within the project: there the declarations find the packages that they import.
  const apart = await mkdtemp(join(ROOT, 'node_modules/.types-'));
  try {
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    execFileSync(process.execPath, [tsc, '-p', join(ROOT, 'tsconfig.build.json'), '--outDir', apart], {
      stdio: 'inherit',
    });
    const bundle = await rollup({
      input: Object.fromEntries(ENTRANCES.map((name) => [name, join(apart, `src/${name}.d.ts`)])),
      external: BROUGHT,
      plugins: [BESIDE, dts({ includeExternal: ['@standard-schema/spec'] }), PLAIN_BYTES],
    });
    await bundle.write({ dir: folder, entryFileNames: '[name].d.ts', chunkFileNames: 'chunks/[name].ts' });
    await bundle.close();
  } finally {
    await rm(apart, { recursive: true });
  }
}
