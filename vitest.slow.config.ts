import { defineConfig } from 'vitest/config';
import config from './vitest.config.ts';

const globalSetup = ['test/support/programs.ts'];

/** What takes long by nature: `npm run test:slow`. Each random test of a unit tries all of its cases here. */
export default defineConfig({
  ...config,
  test: {
    ...config.test,
    env: { THOROUGH: '1' },
    testTimeout: 300_000,
    hookTimeout: 300_000,
    projects: [
      { extends: true, test: { name: 'slow', include: ['test/{slow,graph,faults/memory}/**/*.test.ts'], globalSetup } },
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
