import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What takes longest of all by one file; were it begun last, everything else would wait for it. */
const LONGEST = [
  '/test/faults/',
  '/test/simulation/',
  '/test/graph/client.',
  '/test/e2e/process/',
  '/test/e2e/client/sockets-left.',
  '/test/e2e/client/slow-consumers.',
  '/test/e2e/client/renewal.',
  '/test/e2e/sender/user-code.',
  '/test/e2e/',
  '/test/graph/',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const rank = ({ moduleId }: TestSpecification) => {
      const place = LONGEST.findIndex((part) => moduleId.includes(part));
      return place === -1 ? LONGEST.length : place;
    };
    return sorted.toSorted((a, b) => rank(a) - rank(b));
  }
}

/** What needs a process of its own: it puts its hands on modules that are shared, or is a load by itself. */
const APART = ['test/{faults,graph}/**/*.test.ts', 'test/e2e/sender/time.test.ts'];
/** What takes long by nature, and is a part of `npm run test:slow` alone: vitest.slow.config.ts. */
const SLOW = ['test/{slow,browser,types/api}/**', 'test/faults/{hostile,memory}/**'];

const PROGRAMS = 'test/support/programs.ts';

export default defineConfig({
  resolve: {
    alias: [
      { find: /^cmd-stream$/, replacement: fileURLToPath(new URL('./src/index.ts', import.meta.url)) },
      { find: /^cmd-stream\/(\w+)$/, replacement: fileURLToPath(new URL('./src/$1.ts', import.meta.url)) },
    ],
  },
  test: {
    // On a busy machine, too; a test that hangs fails all the same.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { interval: 5, timeout: 60_000 } },
    pool: 'forks',
    // Most of a test waits: two workers more than there are cores.
    maxWorkers: availableParallelism() + 2,
    // Of tests of one file that run side by side; some have a process of up to 1 GiB each.
    maxConcurrency: 3,
    sequence: { sequencer: LongestFirst },
    // What was transformed is kept by its contents: for the other projects of a run, and for the next run.
    experimental: { fsModuleCache: true },
    projects: [
      {
        extends: true,
        // Nothing global is changed here, so that files share what they import: half of the time of most.
        test: { name: 'unit', include: ['test/unit/**/*.test.ts'], isolate: false },
      },
      {
        extends: true,
        // What is changed here is put back by the file that did it.
        test: {
          name: 'whole',
          include: ['test/**/*.test.ts'],
          exclude: ['**/node_modules/**', 'test/unit/**', ...SLOW, ...APART],
          isolate: false,
          globalSetup: ['test/interop/support/build-peers.ts', PROGRAMS],
        },
      },
      {
        extends: true,
        // Left out of `npm test`, whose type check has had them by then.
        test: {
          name: 'types',
          include: [],
          typecheck: {
            enabled: true,
            only: true,
            checker: fileURLToPath(new URL('./node_modules/typescript/bin/tsc', import.meta.url)),
            include: ['test/types/**/*.test-d.ts'],
            tsconfig: './tsconfig.json',
          },
        },
      },
      {
        extends: true,
        test: { name: 'apart', include: APART, exclude: SLOW, globalSetup: [PROGRAMS] },
      },
    ],
  },
});
