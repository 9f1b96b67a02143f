// Comes before the user's file in each process of serveWorkers(), which preloads it.
import cluster from 'node:cluster';
import { isMainThread } from 'node:worker_threads';
import { openWorkerRoom, type ServedInRoom } from '../base/worker-room.ts';
import type { MetricFamily } from '../telemetry/metrics/family.ts';
import { type FromWorker, isOurs, type ToWorker, WORKER_VARIABLE } from './messages.ts';

const given = process.env[WORKER_VARIABLE];
// A process that this one starts is none, although it inherits how this one was started.
delete process.env[WORKER_VARIABLE];
if (given !== undefined && cluster.isWorker && isMainThread) beWorker(given === 'reuse-port');

function beWorker(reusePort: boolean): void {
  const servers = new Set<ServedInRoom>();
  const metrics: { collect(): unknown }[] = [];
  /** What it was told once it is to end; servers that come later are told at once. */
  let farewell: ((server: ServedInRoom) => Promise<void>) | undefined;
  const tell = (message: FromWorker): void => {
    // Whoever has started it may be gone.
    if (process.connected) process.send?.(message, () => {});
  };
  const families = () => metrics.flatMap((each) => each.collect() as readonly MetricFamily[]);

  const sayGoodbye = (how: (server: ServedInRoom) => Promise<void>): void => {
    farewell = how;
    for (const server of servers) void how(server);
    if (servers.size === 0) leave();
  };
  /** Nothing is served any more: the process ends once the user's own code lets it. */
  const leave = (): void => {
    tell({ cmdStream: 'metrics', families: families() });
    cluster.worker?.disconnect();
  };

  openWorkerRoom({
    reusePort,
    served(server) {
      servers.add(server);
      void server.done.then(() => {
        servers.delete(server);
        if (servers.size === 0) leave();
      });
      if (farewell !== undefined) void farewell(server);
      else tell({ cmdStream: 'serving', address: server.address });
    },
    counted: (each) => void metrics.push(each),
  });
  process.on('message', (message: unknown) => {
    if (!isOurs<ToWorker>(message)) return;
    const { cmdStream: what } = message;
    if (what === 'collect') tell({ cmdStream: 'metrics', question: message.question, families: families() });
    else if (what === 'close') sayGoodbye((server) => server.close());
    else sayGoodbye((server) => server.drain({ timeoutMs: message.timeoutMs }));
  });
  process.on('uncaughtExceptionMonitor', (error: unknown) => {
    tell({ cmdStream: 'failed', message: error instanceof Error ? error.message : String(error) });
  });
  // Ctrl-C goes to all processes of a terminal; the one that has started this one tells what is to happen.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => sayGoodbye((server) => server.drain({ timeoutMs: 10_000 })));
}
