import type { Mutant } from './mutant.ts';
import { OF_CONNECTIONS } from './of-connections.ts';
import { OF_FLOW_CONTROL } from './of-flow-control.ts';
import { OF_REQUESTS } from './of-requests.ts';
import { OF_SHUTDOWNS } from './of-shutdowns.ts';
import { OF_THE_EXTENSION } from './of-the-extension.ts';
import { OF_THE_WHOLE } from './of-the-whole.ts';
import { OF_TIME } from './of-time.ts';
import { OF_USER_CODE } from './of-user-code.ts';

/** All faults that are planted. */
export const MUTANTS: readonly Mutant[] = [
  ...OF_CONNECTIONS,
  ...OF_REQUESTS,
  ...OF_THE_WHOLE,
  ...OF_USER_CODE,
  ...OF_FLOW_CONTROL,
  ...OF_TIME,
  ...OF_SHUTDOWNS,
  ...OF_THE_EXTENSION,
];
