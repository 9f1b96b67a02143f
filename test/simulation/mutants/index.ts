import type { Mutant } from './mutant.ts';
import { OF_CONNECTIONS } from './of-connections.ts';
import { OF_REQUESTS } from './of-requests.ts';
import { OF_THE_WHOLE } from './of-the-whole.ts';

/** All faults that are planted to see whether the suite bites. */
export const MUTANTS: readonly Mutant[] = [...OF_REQUESTS, ...OF_CONNECTIONS, ...OF_THE_WHOLE];
