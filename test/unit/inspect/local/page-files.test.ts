import { tmpdir } from 'node:os';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { MACHINES } from '../../../../src/inspect/local/machines.ts';
import { packageRoot, readPage } from '../../../../src/inspect/local/page-files.ts';
import { SUBJECTS } from '../../../../visualizations/draw/machines.ts';
import { ROOT } from '../../../support/compiled.ts';

const same = (path: string) => path.replace(/\/$/, '');

it('A13: the files of the page are found from the sources, and from what is built of them', async () => {
  for (const file of ['src/inspect/local/page-files.ts', 'dist/inspect.js', 'dist/chunks/inspector.js']) {
    expect(same(await packageRoot(pathToFileURL(`${ROOT}/${file}`).href, tmpdir()))).toBe(same(ROOT));
  }
});

it('A13: the files of the page are found from a bundle where the package is installed', async () => {
  const bundle = pathToFileURL(`${tmpdir()}/bundle.mjs`).href;
  for (const here of [undefined, bundle]) expect(same(await packageRoot(here, ROOT))).toBe(same(ROOT));
});

it('A13: says so in a bundle without the package', async () => {
  await expect(packageRoot(undefined, tmpdir())).rejects.toMatchObject({
    code: 'listen-failed',
    message: expect.stringContaining('leave it out of the bundle'),
  });
});

it('every machine whose actors live for long is shown, by its drawing', async () => {
  // Requests come and go too fast, and channels run compiled alone.
  const drawn = SUBJECTS.filter(({ machine }) => !['request', 'channel'].includes(machine.id)).map(
    ({ machine, file }) => [machine.id, file],
  );
  expect(Object.entries(MACHINES).map(([id, { drawing }]) => [id, drawing])).toEqual(expect.arrayContaining(drawn));
  expect(Object.keys(MACHINES)).toHaveLength(drawn.length);
  const files = await readPage();
  for (const [, file] of drawn) expect(files.has(`/charts/${file}.svg`)).toBe(true);
});
