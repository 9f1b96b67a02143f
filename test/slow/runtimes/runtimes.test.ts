import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RUNTIME_NAMES, runtime } from '../../../.ci/runtimes/runtimes.ts';
import { textOf } from '../../docs/pages.ts';
import { makeCertificates } from '../../e2e/support/certificates.ts';
import { freePort } from '../../support/ports.ts';
import { run } from '../../support/run.ts';
import { copyCheckout, folder, install, pack, project } from '../package/support.ts';

/** What the smoke program says of everything that it does, where each thing goes as it should. */
const SMOKE = `overTcp: 1000 timeout cancelled closed
streams: 50005000 1999999 5
overMutualTls: 5 refused unavailable
reconnecting: 5 5 connection-lost 5
badBytes: ended 5
inMemory: 5
simulated: 124 the same again 0 0
inspected: 5 seen 200 200 200
measured: 1
`;
const SERVED = 'both served, 0 stayed, a new one serves, drained';

let whyNotInstalled: string | undefined;

beforeAll(async () => {
  await copyCheckout();
  whyNotInstalled = await install(await pack());
  if (whyNotInstalled !== undefined) return;
  await cp(join(import.meta.dirname, 'fixtures'), project, { recursive: true });
  const { ca, server, client } = await makeCertificates();
  const files = { ca, server: server.cert, 'server.key': server.key, client: client.cert, 'client.key': client.key };
  for (const [name, text] of Object.entries(files)) await writeFile(join(project, `${name}.pem`), text);
}, 300_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

describe.for(['node', ...RUNTIME_NAMES] as const)('the package, on %s', (name) => {
  const program = name === 'node' ? process.execPath : runtime(name);

  beforeEach((context) => {
    if (program === undefined && process.env.CI === 'true') throw new Error(`there is no ${name}: npm run runtimes`);
    if (program === undefined) context.skip(`skipped: ${name} (npm run runtimes)`);
    if (whyNotInstalled !== undefined) context.skip(`skipped: ${whyNotInstalled}`);
  });

  /** Runs a file of the project. */
  const on = (file: string, ...args: string[]) => {
    const flags = name === 'deno' ? ['run', '--allow-all'] : [];
    const env = { DENO_DIR: join(folder, 'deno'), DENO_NO_UPDATE_CHECK: '1' };
    return run(program ?? '', [...flags, file, ...args], { cwd: project, env });
  };

  it('sends, streams, reconnects, uses mutual TLS, simulates, is inspected and measured', async () => {
    expect(await on('smoke.mjs', project)).toEqual({ code: 0, stdout: SMOKE, stderr: '' });
  });

  it('has a command line, whose demo does as it should', async () => {
    const { code, stdout } = await on('node_modules/cmd-stream/dist/cli.js', 'demo');
    expect(stdout).toMatch(/^11 as expected, 0 not, in /m);
    expect(code).toBe(0);
  });

  it('serves by workers, or says why not', async () => {
    const { code, stdout, stderr } = await on('workers.mjs', String(await freePort()));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [turns, shared] = stdout.trimEnd().split('\n');
    const sharesPort = process.platform === 'linux' && (name !== 'node' || hasReusePort(process.versions.node));
    const refusal = /^invalid-argument: (serveWorkers\(\) needs Node or Bun: this is Deno|option 'via' cannot be)/;
    if (name === 'deno') expect(turns?.replace('round-robin: ', '')).toMatch(refusal);
    else expect(turns).toBe(`round-robin: ${SERVED}`);
    if (name !== 'deno' && sharesPort) expect(shared).toBe(`reuse-port: ${SERVED}`);
    else expect(shared?.replace('reuse-port: ', '')).toMatch(refusal);
  });
});

it('stands in the README for each runtime that is tried', () => {
  const [, named = ''] = /Tried on ([^:]+?)[.:]/.exec(textOf('README.md').replaceAll('\n', ' ')) ?? [];
  for (const name of RUNTIME_NAMES) expect(named.toLowerCase()).toContain(name.replace(/^\w+-/, ''));
});

/** Whether that version of Node can let processes share a port. */
function hasReusePort(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12);
}
