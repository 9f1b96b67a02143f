import { defineConfig } from 'vitest/config';
import config from './vitest.config.ts';

const globalSetup = ['test/support/programs.ts'];
/** What tries one seed in `npm test`. */
const FLEETS = ['test/simulation/{fleet,rolling-restart}.test.ts'];
/** What measures how long an honest client waits beside others. */
const ALONE = 'test/faults/hostile/**/*.test.ts';

/** What takes long by nature: `npm run test:slow`. Each random test of a unit tries all of its cases here. */
export default defineConfig({
  ...config,
  test: {
    ...config.test,
    env: { THOROUGH: '1' },
    testTimeout: 300_000,
    hookTimeout: 300_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'slow',
          include: ['test/{slow,graph,browser,types/api,faults/memory}/**/*.test.ts', ...FLEETS],
          globalSetup,
        },
      },
      {
        extends: true,
        // After all others, and by themselves.
        test: { name: 'alone', include: [ALONE], globalSetup, maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
      {
        extends: true,
        test: {
          name: 'random',
          include: ['test/unit/{base,protocol,sender,testing,wire}/**/*.test.ts'],
          isolate: false,
        },
      },
    ],
  },
});
