import { describe, expect, it } from 'vitest';
import { findCycle, importsOf, sourceFiles } from './sources.ts';

const machines = sourceFiles('machines');
const src = sourceFiles('src');

describe('imports', () => {
  it('are found by the reader that these tests use', () => {
    const text = `import a from './a.ts';\nimport {\n  b,\n} from '../b.ts';\nexport { c } from 'c';\nawait import('./d.ts');`;
    expect(importsOf('src/x/y.ts', text)).toEqual(['src/x/a.ts', 'src/b.ts', 'c', 'src/x/d.ts']);
    expect(
      findCycle(
        new Map([
          ['a', new Set(['b'])],
          ['b', new Set(['a'])],
        ]),
      ),
    ).toEqual(['a', 'b', 'a']);
  });

  it('of a machine are xstate and sibling machines only', () => {
    const strangers = machines.flatMap(({ path, imports }) =>
      imports
        .filter((target) => target !== 'xstate' && !target.startsWith('machines/'))
        .map((target) => `${path} -> ${target}`),
    );
    expect(strangers).toEqual([]);
  });

  it('of src lead to src, to machines, to Node and to the packages that it is allowed', () => {
    const allowed = [
      'xstate',
      'msgpackr/pack',
      '@standard-schema/spec',
      'tsx/esm/api',
      '@bufbuild/protobuf',
      '@bufbuild/protobuf/wkt',
      '@nats-io/transport-node',
      '@opentelemetry/api',
      '@statelyai/inspect',
      '@statelyai/inspect/server',
    ];
    const strangers = src.flatMap(({ path, imports }) =>
      imports
        .filter((target) => !/^(src|machines)\/|^node:/.test(target) && !allowed.includes(target))
        .map((target) => `${path} -> ${target}`),
    );
    expect(strangers).toEqual([]);
  });

  it('do not lead to what is for tests: that is reached by its own entrance alone', () => {
    const isTesting = (path: string) => path === 'src/testing.ts' || path.startsWith('src/testing/');
    const strangers = src
      .filter(({ path }) => !isTesting(path))
      .flatMap(({ path, imports }) => imports.filter(isTesting).map((target) => `${path} -> ${target}`));
    expect(strangers).toEqual([]);
    expect(src.filter(({ path }) => isTesting(path)).length).toBeGreaterThan(5);
  });

  it('of nats.js are in its room alone: whoever does without a broker need not have it', () => {
    const users = src.filter(({ imports }) => imports.some((target) => target.startsWith('@nats-io/')));
    // The command line loads it where it is told to go over NATS.
    const others = users.filter(({ path }) => !path.startsWith('src/nats/')).map(({ path }) => path);
    expect(others).toEqual(['src/cli/nats-options.ts']);
    const entrance = (target: string) => target.startsWith('src/nats/');
    const strangers = src.filter(({ path, imports }) => !/^src\/nats[./]/.test(path) && imports.some(entrance));
    expect([users.length > 3, strangers.map(({ path }) => path)]).toEqual([true, []]);
  });

  it('form no cycle of files', () => {
    const all = [...machines, ...src, ...sourceFiles('visualizations')];
    const graph = new Map(all.map(({ path, imports }) => [path, new Set(imports)]));
    expect(findCycle(graph)).toBeUndefined();
  });
});
