// npm run runtimes: installs the runtimes that the tests run on, where they are missing, and prints the folder of them all.
import { installRuntime, RUNTIME_NAMES, RUNTIMES_FOLDER } from './runtimes.ts';

for (const name of RUNTIME_NAMES) installRuntime(name);
console.log(RUNTIMES_FOLDER);
