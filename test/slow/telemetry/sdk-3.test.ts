import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rename, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { compile, tool } from '../../support/compiled.ts';
import { run } from '../../support/run.ts';

/** The line 3 of OpenTelemetry's SDK. */
const SDK = ['sdk-trace', 'sdk-metrics', 'core', 'context-async-hooks'].map((name) => `@opentelemetry/${name}@~3.1.0`);
/** The lowest Node that it takes; as a package where the tests run on a lower one. */
const LOWEST_NODE = 22;
const majorOf = (version: string) => Number.parseInt(version, 10);
const NODE_PACKAGE = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
const bringsNode = majorOf(process.versions.node) < LOWEST_NODE;

/** The folder of the SDK; undefined where that cannot be had. */
let installed: string | undefined;
/** A project below it, that has the library as well. */
let project = '';

beforeAll(async () => {
  installed = await install();
  if (installed === undefined) return;
  project = await mkdtemp(join(installed, 'project-'));
  const modules = join(project, 'node_modules');
  // A copy: from behind a link it would see the packages of OpenTelemetry that are installed here.
  const { folder } = await compile();
  for (const path of ['dist', 'package.json'])
    await cp(join(folder, path), join(modules, 'cmd-stream', path), { recursive: true });
  for (const name of ['xstate', 'msgpackr', '@standard-schema'])
    await symlink(tool(name), join(modules, name), 'junction');
  await cp(join(import.meta.dirname, 'fixtures/sdk-3.mjs'), join(project, 'main.mjs'));
}, 120_000);

afterAll(async () => {
  if (project !== '') await rm(project, { recursive: true, force: true });
});

describe(`the SDK 3 of OpenTelemetry, on Node ${LOWEST_NODE} or later`, () => {
  beforeEach((context) => {
    if (installed === undefined) context.skip('skipped: no package registry');
  });

  it('has the spans of both sides, one below the other, and the metrics', async () => {
    const modules = join(installed as string, 'node_modules');
    const program = bringsNode ? join(modules, NODE_PACKAGE, 'bin/node') : process.execPath;
    const { code, stdout, stderr } = await run(program, ['main.mjs'], { cwd: project });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { node, spans, metrics } = JSON.parse(stdout);
    expect(majorOf(node)).toBeGreaterThanOrEqual(LOWEST_NODE);
    for (const name of ['sdk-trace', 'sdk-metrics']) {
      const { version } = JSON.parse(await readFile(join(modules, '@opentelemetry', name, 'package.json'), 'utf8'));
      expect(majorOf(version)).toBe(3);
    }
    expect(spans).toEqual([
      'CLIENT calc/Add OK, below visit',
      'CLIENT calc/Fail command-failed, below visit',
      'INTERNAL in the handler, below SERVER calc/Add',
      'INTERNAL visit',
      'SERVER calc/Add OK, below CLIENT calc/Add',
      'SERVER calc/Fail command-failed, below CLIENT calc/Fail',
    ]);
    for (const side of ['client', 'server'])
      expect(metrics[`rpc.${side}.call.duration`]).toEqual([
        'HISTOGRAM in s: calc/Add OK 1',
        'HISTOGRAM in s: calc/Fail command-failed 1',
      ]);
    expect(metrics['cmd_stream.client.connections']).toContain('GAUGE in {connection}: ready 1');
    expect(metrics['cmd_stream.server.connections.accepted']).toEqual(['SUM in {connection}: 1']);
  });
});

/** Installs the SDK once on this machine, outside of the checkout. */
async function install(): Promise<string | undefined> {
  const packages = ['@opentelemetry/api@^1.10', ...SDK, ...(bringsNode ? [`${NODE_PACKAGE}@${LOWEST_NODE}`] : [])];
  const folder = join(tmpdir(), `cmd-stream-${packages.join('-').replaceAll(/[^\w.-]+/g, '_')}`);
  if (existsSync(folder)) return folder;
  const unfinished = await mkdtemp(`${folder}-`);
  await mkdir(join(unfinished, 'node_modules'));
  const sparing = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund'];
  // An `npm test` around this process tells its own folder by the environment.
  const args = ['install', '--prefix', unfinished, ...sparing, ...packages];
  const { code, stderr } = await run('npm', args, { cwd: unfinished });
  if (code !== 0) {
    await rm(unfinished, { recursive: true, force: true });
    if (process.env.CI === 'true') throw new Error(`npm install: ${stderr}`);
    console.warn('skipped: no package registry');
    return undefined;
  }
  // Where another was faster, its folder is as good.
  await rename(unfinished, folder).catch(() => rm(unfinished, { recursive: true, force: true }));
  return folder;
}
