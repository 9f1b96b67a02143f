// npm run bench:imports: what it takes to import the library, beside a script that imports nothing and beside others.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PEERS, ROOT } from '../places.ts';
import { installPeers } from '../prepare.ts';

/** How often each is imported, by turns. */
const ROUNDS = 9;

/** What is imported: the program, as a module. */
const OWN: Readonly<Record<string, string>> = {
  'an empty script': '',
  'cmd-stream': importing(join(ROOT, 'dist/index.js')),
  'cmd-stream/testing': importing(join(ROOT, 'dist/testing.js')),
};
const OTHERS: Readonly<Record<string, readonly string[]>> = {
  'grpc-js': ['@grpc/grpc-js'],
  nats: ['@nats-io/transport-node'],
  tRPC: ['@trpc/client', '@trpc/server'],
};

function importing(...files: string[]): string {
  return files.map((file) => `await import(${JSON.stringify(pathToFileURL(file).href)});`).join('\n');
}

/** The programs of the peers, where they are installed. */
function others(): Record<string, string> {
  if (!existsSync(join(PEERS, 'node_modules'))) return {};
  const { resolve } = createRequire(join(PEERS, 'package.json'));
  return Object.fromEntries(
    Object.entries(OTHERS).map(([name, packages]) => [name, importing(...packages.map((one) => resolve(one)))]),
  );
}

function elapsedMs(program: string): number {
  const startMs = performance.now();
  const args = ['--input-type=module', '--eval', program];
  const { status } = spawnSync(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error(`it ended with ${status}: ${program}`);
  return performance.now() - startMs;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] as number;
}

if (process.argv.includes('--peers')) installPeers();
const programs = { ...OWN, ...others() };
const times = new Map(Object.keys(programs).map((name) => [name, [] as number[]]));
for (let round = 0; round < ROUNDS; round++)
  for (const [name, program] of Object.entries(programs)) times.get(name)?.push(elapsedMs(program));
const emptyMs = median(times.get('an empty script') ?? []);
for (const [name, all] of times) {
  const ms = median(all);
  console.log(
    `${name.padEnd(20)} ${ms.toFixed(0).padStart(4)} ms  ${(ms - emptyMs).toFixed(0).padStart(4)} ms over an empty script`,
  );
}
