// npm run visualize: writes all drawings; with --check it writes nothing, names those that are not current, and fails.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { drawAll } from './files.ts';

const folder = fileURLToPath(new URL('..', import.meta.url));
const isCheck = process.argv.includes('--check');
let stale = 0;
for (const [name, text] of await drawAll()) {
  const path = join(folder, name);
  if (existsSync(path) && readFileSync(path, 'utf8') === text) continue;
  stale += 1;
  if (!isCheck) writeFileSync(path, text);
  console.log(`visualizations/${name} ${isCheck ? 'is not current' : 'written'}`);
}
if (stale === 0) console.log('All drawings are current.');
else if (isCheck) {
  console.error('Run npm run visualize, and look at what it draws.');
  process.exitCode = 1;
}
