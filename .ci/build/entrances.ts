import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The root of the project. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The entrances of the package, each a file of `src`: `index`, `codec`, ... */
export const ENTRANCES = readdirSync(new URL('../../src/', import.meta.url))
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.slice(0, -'.ts'.length));

/** Packages that users bring themselves where they use what needs them. */
export const BROUGHT = [
  /^@bufbuild\/protobuf/,
  /^@nats-io\/transport-node/,
  /^@opentelemetry\//,
  /^@statelyai\/inspect/,
  /^tsx\//,
  /^node:/,
];
