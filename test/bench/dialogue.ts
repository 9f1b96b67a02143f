import type { Load, LoadResult } from './load.ts';

/** What the bench asks of a process. */
export type Question =
  | { readonly type: 'serve' }
  | { readonly type: 'connect'; readonly port: number }
  | { readonly type: 'run'; readonly load: Load }
  | { readonly type: 'usage' }
  | { readonly type: 'stop' };

/** What each question is answered by. */
export interface AnswerValues {
  /** The port that the server listens on. */
  serve: number;
  connect: undefined;
  run: LoadResult;
  /** The CPU time of the process so far, in microseconds. */
  usage: number;
  stop: undefined;
}

/** An answer on its way. */
export type Answer = { readonly value: unknown } | { readonly error: string };

/** No process of the bench lives longer. */
export const GONE_AFTER_MS = 60 * 60 * 1000;
