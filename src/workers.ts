// For everyone who serves with all cores of a machine.

export type { DrainOptions } from './base/options/drain-options.ts';
export type { CollectedMetrics } from './workers/collected-metrics.ts';
export type { WorkersOptions } from './workers/options.ts';
export { serveWorkers } from './workers/serve-workers.ts';
export type { WorkerStatus, Workers } from './workers/workers.ts';
