import { inject } from 'vitest';
import { programIn } from './programs.ts';

/** A compiled program of the tests, for plain Node. Its source must be among those of `tsconfig.programs.json`. */
export const program = (source: URL): string => programIn(inject('programs'), source);
