import type { Load, LoadResult } from './load.ts';
import type { ServerAddress } from './system.ts';

/**
 * What the bench asks of a process, one question at a time, over Node's channel between processes: lines of JSON on the
 * file descriptor that NODE_CHANNEL_FD names, so that a program in another language can be asked as well.
 */
export type Question =
  | { readonly type: 'serve'; readonly delayMs: number }
  | { readonly type: 'connect'; readonly address: ServerAddress; readonly connections: number }
  | { readonly type: 'run'; readonly load: Load }
  | { readonly type: 'usage' }
  | { readonly type: 'stop' };

/** Where a server is, and which processes it is made of beside the one that was asked. */
export interface Serving {
  readonly address: ServerAddress;
  readonly pids: readonly number[];
}

/** What a process has used. */
export interface Usage {
  /** CPU time so far, in microseconds, of the user and of the kernel for it. */
  readonly cpuUs: number;
  /** The most memory that was resident since this was last asked. */
  readonly peakBytes: number;
}

/** What each question is answered by. */
export interface AnswerValues {
  serve: Serving;
  /** Closes the connections that there were before. */
  connect: undefined;
  run: LoadResult;
  usage: Usage;
  stop: undefined;
}

/** An answer on its way. */
export type Answer = { readonly value: unknown } | { readonly error: string };

/** No process of the bench lives longer. */
export const GONE_AFTER_MS = 3 * 60 * 60 * 1000;
