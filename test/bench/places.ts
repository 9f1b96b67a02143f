import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { delimiter, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Whether this runs compiled (`npm run bench`), not from the sources (as a test does). */
export const IS_COMPILED = extname(import.meta.url) === '.js';

const BENCH = fileURLToPath(new URL(IS_COMPILED ? '..' : '.', import.meta.url));

/** The project. */
export const ROOT = join(BENCH, '../..');

/** The folder of the peers: a package of its own, so that `npm ci` of the project stays lean. */
export const PEERS = join(BENCH, 'peers');

/** The Go module of the peer in Go. */
export const GO_MODULE = join(ROOT, 'test/interop/go');

/** What the chart and the document are made of, and where they are. */
export const RESULTS = join(ROOT, 'docs/performance/results.json');
export const CHART = join(ROOT, 'docs/performance/chart.svg');
export const TELEMETRY_RESULTS = join(ROOT, 'docs/performance/telemetry.json');
export const TELEMETRY_CHART = join(ROOT, 'docs/performance/telemetry.svg');
export const DOCUMENT = join(ROOT, 'docs/performance.md');

/** The module of a peer: `peers/ws.ts`, or what it is compiled to. */
export function peerModule(name: string): string {
  return IS_COMPILED ? join(PEERS, 'out/peers', `${name}.js`) : join(PEERS, `${name}.ts`);
}

/** The version of an installed package; nothing where it is not installed. */
export function installedVersion(name: string, folder = PEERS): string | undefined {
  const path = join(folder, 'node_modules', name, 'package.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version : undefined;
}

/** Whether there is a program of that name. */
export function hasProgram(name: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
