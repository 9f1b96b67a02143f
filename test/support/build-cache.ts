import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the project. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const HOUR_MS = 3_600_000;

/**
 * A folder that `build` has filled, named after what it is built from: whoever asks later gets the same one, as long as the
 * sources are the same.
 * @param from - files and folders of the project; of folders all that is TypeScript or JSON.
 */
export async function builtOnce(
  name: string,
  from: readonly string[],
  build: (folder: string) => Promise<void>,
): Promise<string> {
  const folder = join(tmpdir(), name + (await fingerprint(from)));
  if (await isThere(folder)) return folder;
  await removeOld(name);
  const unfinished = await mkdtemp(`${folder}-`);
  try {
    await build(unfinished);
    await rename(unfinished, folder);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    // Where another was faster, its build is as good.
    if (!(await isThere(folder))) throw error;
  }
  return folder;
}

/** Changes with the place and the contents of what is built. */
async function fingerprint(from: readonly string[]): Promise<string> {
  const hash = createHash('sha256').update(ROOT);
  for (const root of from) {
    const path = join(ROOT, root);
    for (const file of (await stat(path)).isDirectory() ? await filesIn(path) : [path]) {
      if (/\.(ts|json)$/.test(file)) hash.update(`\0${file}\0`).update(await readFile(file));
    }
  }
  return hash.digest('hex').slice(0, 16);
}

/** What lies below a folder, without what was built or installed there. */
async function filesIn(folder: string): Promise<string[]> {
  const files: string[] = [];
  for (const entry of (await readdir(folder, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) files.push(path);
    else if (entry.name !== 'node_modules' && entry.name !== 'out') files.push(...(await filesIn(path)));
  }
  return files;
}

async function isThere(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}

/** Earlier builds are of no use; those of the last hour may still be in somebody's. */
async function removeOld(prefix: string): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(prefix)) continue;
    const path = join(tmpdir(), name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    if (Date.now() - mtimeMs > HOUR_MS) await rm(path, { recursive: true, force: true });
  }
}
