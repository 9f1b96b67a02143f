import { existsSync, mkdtempSync } from 'node:fs';
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import manifest from '../../../package.json' with { type: 'json' };
import { ROOT, tool } from '../../support/compiled.ts';
import { run } from '../../support/run.ts';

/** The folder of all that the tests of the package make. */
export const folder = mkdtempSync(join(tmpdir(), 'cmd-stream-package-'));
/** What a checkout has that matters here, and more than the package may have. */
const checkout = join(folder, 'checkout');
/** The project of a user, with the package installed. */
export const project = join(folder, 'project');

/** What npm says of the package that it made. */
export interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

/** The entrances of the package. */
export const ENTRANCES = Object.keys(manifest.exports)
  .filter((path) => path !== './package.json')
  .map((path) => (path === '.' ? 'index' : path.slice(2)));

/** Copies what a build needs. */
export async function copyCheckout(): Promise<void> {
  const files = [
    'package.json',
    'README.md',
    'LICENSE',
    'ARCHITECTURE.md',
    'CHANGELOG.md',
    'tsconfig.json',
    'tsconfig.build.json',
  ];
  const folders = ['.ci/build', 'machines', 'src', 'visualizations', 'examples', 'docs', 'test/support'];
  for (const path of [...files, ...folders]) await cp(join(ROOT, path), join(checkout, path), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(checkout, 'node_modules'), 'junction');
  // Of an earlier build; a package must not contain it.
  await mkdir(join(checkout, 'dist'), { recursive: true });
  await writeFile(join(checkout, 'dist/stale.js'), '');
}

/** `npm pack`, which builds by the script `prepare`. */
export async function pack(): Promise<Packed> {
  const args = ['pack', '--json', '--foreground-scripts=false', '--pack-destination', folder];
  const { code, stdout, stderr } = await npm(checkout, args);
  if (code !== 0) throw new Error(`npm pack: ${stderr}`);
  const [only]: Packed[] = JSON.parse(stdout);
  if (only === undefined) throw new Error('npm pack made no package');
  return only;
}

/** Installs the package in an empty project. Returns why not, where that is for want of a registry. */
export async function install(packed: Packed): Promise<string | undefined> {
  await mkdir(project);
  await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'project', private: true, type: 'module' }));
  await writeFile(join(project, 'typed.ts'), TYPED);
  const plain = ENTRANCES.filter((name) => !['index', 'nats', 'otel', 'protobuf'].includes(name));
  const entrances = plain.map((name) => `export * as ${name} from 'cmd-stream/${name}';`);
  await writeFile(join(project, 'entrances.ts'), entrances.join('\n'));
  const isOptional = process.env.CI !== 'true';
  const sparing = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund'];
  if (isOptional) sparing.push('--fetch-retries=0');
  const { code, stderr } = await npm(project, ['install', ...sparing, join(folder, packed.filename)]);
  if (code === 0) {
    // Types come from a development dependency of the user's; they are taken from here.
    await mkdir(join(project, 'node_modules/@types'), { recursive: true });
    await symlink(tool('@types/node'), join(project, 'node_modules/@types/node'), 'junction');
    return undefined;
  }
  const isOffline = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED/.test(stderr);
  if (isOffline && isOptional) {
    console.warn('skipped: no package registry');
    return 'no package registry';
  }
  throw new Error(`npm install: ${stderr}`);
}

/** A compiler, installed once on this machine and outside of the checkout; undefined where that cannot be had. */
export async function typeScript(version: string): Promise<string | undefined> {
  const cache = join(tmpdir(), `cmd-stream-typescript-${version}`);
  const compiler = join(cache, 'node_modules/typescript/bin/tsc');
  if (existsSync(compiler)) return compiler;
  await mkdir(cache, { recursive: true });
  const sparing = ['--no-save', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund'];
  const { code, stderr } = await npm(cache, ['install', ...sparing, `typescript@${version}`]);
  if (code === 0) return compiler;
  if (process.env.CI === 'true') throw new Error(`npm install: ${stderr}`);
  console.warn(`skipped: TypeScript ${version} cannot be installed`);
  return undefined;
}

const TYPED = `
import { command, createSender, defineProtocol, type Handlers, result, type Sender, type ServerOptions, serve } from 'cmd-stream';

export const calc = defineProtocol({
  results: { Sum: result<number>() },
  commands: { Add: command<{ a: number; b: number }>().returns('Sum') },
});

export async function main(): Promise<void> {
  const handlers: Handlers<typeof calc, undefined> = { Add: ({ a, b }) => a + b };
  const options: ServerOptions = { port: 0 };
  const server = await serve(calc, undefined, handlers, options);
  const sender: Sender<typeof calc> = await createSender(calc, { address: server.address });
  const five: number = await sender.send(calc.Add({ a: 2, b: 3 }));
  // @ts-expect-error: a Sum is a number; where types were not found, it could be anything.
  const text: string = await sender.send(calc.Add({ a: 2, b: 3 }));
  console.log(five, text);
}
`;

export const node = (...args: string[]) => run(process.execPath, args, { cwd: project });

const npm = (cwd: string, args: readonly string[]) =>
  run('npm', [...args], { cwd, env: npmEnvironment(), timeoutMs: 250_000 });

/** Takes away what an `npm test` around this process tells the scripts of *this* package. */
export function npmEnvironment(): Record<string, undefined> {
  const names = Object.keys(process.env).filter((name) =>
    /^npm_(package|lifecycle|command|config_(local_)?prefix)|^INIT_CWD$/i.test(name),
  );
  return Object.fromEntries(names.map((name) => [name, undefined]));
}
