import { readFile, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import manifest from '../../../package.json' with { type: 'json' };
import { type Surface, surfaces } from './report.ts';

const ENTRANCES = Object.keys(manifest.exports)
  .filter((path) => path !== './package.json')
  .map((path) => (path === '.' ? 'index' : path.slice(2)));

/** What nobody imports: values that types speak of, keys of what is there for types alone, steps on the way to a type. */
const NO_TYPES = ['ptr', 'slice', 'map', 'record', 'types', 'IsUnion', 'IsSeveral', 'GivenFor', 'OptionalKeys'];

const goldenOf = (entrance: string) => new URL(`./${entrance}.api.md`, import.meta.url);

let all: readonly Surface[];
beforeAll(async () => {
  all = await surfaces(ENTRANCES);
});

/** Each change of what users can import is seen here: `API=write npm run test:slow -- test/types/api`, and a line in CHANGELOG.md. */
describe.each(ENTRANCES)('the types of the entrance %s', (entrance) => {
  it('are those of its report', async () => {
    const { report = '' } = all.find((surface) => surface.entrance === entrance) ?? {};
    if (process.env.API === 'write') await writeFile(goldenOf(entrance), report);
    expect(report).toBe(await readFile(goldenOf(entrance), 'utf8'));
  });
});

it('every type that a signature names can be imported', () => {
  const names = all.flatMap(({ report }) => exportsOf(report));
  const missing = all.flatMap(({ entrance, unexported }) =>
    unexported
      .filter((name) => !names.includes(name) && !NO_TYPES.includes(name))
      .map((name) => `${entrance}: ${name}`),
  );
  expect(missing).toEqual([]);
});

/** The names that a report says are exported. */
function exportsOf(report: string): string[] {
  const declared = [...report.matchAll(/^export (?:abstract )?(?:class|interface|type|function|const) (\w+)/gm)];
  const listed = [...report.matchAll(/^export \{ (\w+) \}/gm)];
  return [...declared, ...listed].map(([, name = '']) => name);
}
