import { createRequire } from 'node:module';

/** The version of this package. */
export function version(): string {
  // By its own name, since the sources and what is built of them stand at different depths.
  const found: { readonly version: string } = createRequire(import.meta.url)('cmd-stream/package.json');
  return found.version;
}
