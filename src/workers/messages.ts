import type { MetricFamily } from '../telemetry/metrics/family.ts';

/** The environment variable by which a process is told that it is a worker, and how. */
export const WORKER_VARIABLE = 'CMD_STREAM_WORKER';

/** What a process tells the one that has started it. */
export type FromWorker =
  | { readonly cmdStream: 'serving'; readonly address: string }
  | { readonly cmdStream: 'failed'; readonly message: string }
  /** All that its metrics have, one list for each `createMetrics()`; with the question that it answers. */
  | { readonly cmdStream: 'metrics'; readonly question?: number; readonly families: readonly MetricFamily[] };

/** What it is told. */
export type ToWorker =
  | { readonly cmdStream: 'drain'; readonly timeoutMs: number }
  | { readonly cmdStream: 'close' }
  | { readonly cmdStream: 'collect'; readonly question: number };

/** Recognises messages of the library among those of the user's. */
export function isOurs<Message extends FromWorker | ToWorker>(message: unknown): message is Message {
  return typeof message === 'object' && message !== null && 'cmdStream' in message;
}
