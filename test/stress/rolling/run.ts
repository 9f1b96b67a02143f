import { setTimeout as wait } from 'node:timers/promises';
import { RollingBook } from './book.ts';
import { Callers } from './callers.ts';
import { grpcCaller } from './grpc.ts';
import type { RollingOptions, Variant } from './options.ts';
import { ownCaller } from './own.ts';
import { type ReplicaKind, Replicas } from './replicas.ts';
import type { Caller } from './service.ts';

/** Longer than anything here takes that is as it must be. */
const TIMEOUT_MS = 20_000;
/** Before the first restart, and after the last. */
const CALM_MS = 1000;

/** A run that is over. */
export interface RollingRun {
  readonly kind: ReplicaKind;
  readonly variant: Variant;
  readonly book: RollingBook;
  readonly restarts: number;
  /** The longest that a server took to end. */
  readonly maxStopMs: number;
  readonly elapsedMs: number;
}

/** Restarts all replicas in turn while callers call. */
export async function roll(kind: ReplicaKind, variant: Variant, options: RollingOptions): Promise<RollingRun> {
  const book = new RollingBook();
  const replicas = await Replicas.start(kind, options.replicas, book);
  const kill = () => replicas.kill();
  process.on('exit', kill);
  const startMs = performance.now();
  const senders: Caller[] = [];
  try {
    for (let n = 0; n < variant.senders; n++) {
      senders.push(
        kind === 'own'
          ? await ownCaller(replicas.ports, variant.clients, TIMEOUT_MS)
          : await grpcCaller(replicas.ports, TIMEOUT_MS),
      );
    }
    const callers = new Callers(book, replicas);
    callers.start(options.callers, senders);
    await wait(CALM_MS);
    await restartAll(replicas, options);
    await wait(CALM_MS);
    await callers.stop();
  } finally {
    await Promise.all(senders.map((sender) => sender.close()));
    await replicas.stop();
    process.off('exit', kill);
  }
  book.executions.finish();
  const { count: restarts, maxStopMs } = replicas;
  return { kind, variant, book, restarts, maxStopMs, elapsedMs: performance.now() - startMs };
}

async function restartAll(replicas: Replicas, { rounds, seconds, pauseMs }: RollingOptions): Promise<void> {
  const { length } = replicas.ports;
  const untilMs = performance.now() + (seconds ?? 0) * 1000;
  const isOver = () =>
    seconds === undefined ? replicas.count >= rounds * length : performance.now() >= untilMs && replicas.count > 0;
  while (!isOver()) {
    if (replicas.count > 0) await wait(pauseMs);
    await replicas.restart(replicas.count % length);
  }
}
