// Builds what the package has beside its texts, into dist or the folder that is given: npx tsx .ci/build/main.ts [FOLDER]
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { buildCode } from './code.ts';
import { ROOT } from './entrances.ts';
import { buildTypes } from './types.ts';

const folder = resolve(process.argv[2] ?? join(ROOT, 'dist'));
await rm(folder, { recursive: true, force: true });
await Promise.all([buildCode(folder), buildTypes(folder)]);
