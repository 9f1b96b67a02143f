import { type Actor, createActor, toPromise, waitFor } from 'xstate';
import { type WorkersEvent, workersMachine } from '../../machines/workers.ts';
import { startActorRoot } from '../base/actor-root.ts';
import { systemClock } from '../base/clock.ts';
import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import { type DrainOptions, resolveDrainOptions } from '../base/options/drain-options.ts';
import { paced, RefusalPace } from '../base/refusal-pace.ts';
import type { CollectedMetrics } from './collected-metrics.ts';
import { Fleet } from './fleet.ts';
import type { ResolvedWorkersOptions } from './options.ts';

/** A worker as it is now. */
export interface WorkerStatus {
  /** Its process; `undefined` where there is none: it waits for the next. */
  readonly pid: number | undefined;
  /** `serving`; `starting`; `draining`: it finishes what is in flight; `waiting`: its process has died. */
  readonly state: 'starting' | 'serving' | 'draining' | 'waiting';
}

/** Processes that serve one file; made by `serveWorkers`. */
export class Workers {
  /** Where they listen: `127.0.0.1:9000`. */
  readonly address: string;
  /** Resolves once all are gone because that was asked for; rejects with `listen-failed` where five died within a minute. */
  readonly done: Promise<void>;

  readonly #actor: Actor<typeof workersMachine>;
  readonly #fleet: Fleet;
  readonly #shutdownTimeoutMs: number;

  /** @internal For `serveWorkers` only. */
  constructor(
    actor: Actor<typeof workersMachine>,
    fleet: Fleet,
    done: Promise<void>,
    { shutdownTimeoutMs }: ResolvedWorkersOptions,
  ) {
    this.address = fleet.address;
    this.done = done;
    this.#actor = actor;
    this.#fleet = fleet;
    this.#shutdownTimeoutMs = shutdownTimeoutMs;
  }

  /** Each worker, those that say goodbye included. */
  get workers(): readonly WorkerStatus[] {
    return this.#actor.getSnapshot().context.workers.map(({ id, actor }) => {
      const snapshot = actor.getSnapshot();
      const state = snapshot.matches({ alive: 'serving' })
        ? 'serving'
        : snapshot.matches('alive')
          ? 'starting'
          : snapshot.matches('waiting')
            ? 'waiting'
            : 'draining';
      return { pid: this.#fleet.pidOf(id), state };
    });
  }

  /**
   * Replaces all processes, one by one: a new one serves before an old one says goodbye, and that one finishes what it has
   * in flight. Resolves once the old ones are gone. A call while it is under way waits for the same end.
   *
   * @throws CmdStreamError `listen-failed` where a new process dies before it serves: the old ones stay, those that are
   * replaced already excepted; `closed` where they are closed or closing.
   */
  roll(): Promise<void> {
    return paced(systemClock, this.#roll());
  }

  async #roll(): Promise<void> {
    this.#actor.send({ type: 'workers.roll' });
    const snapshot = await waitFor(
      this.#actor,
      (now) => !now.matches({ serving: 'rolling' }) && !now.context.workers.some(({ isRetired }) => isRetired),
    );
    const { rollFailure, failure } = snapshot.context;
    if (!snapshot.matches('serving')) {
      const why = failure === undefined ? '' : `: ${failure}`;
      throw new CmdStreamError('closed', `the workers at ${this.address} are closed or closing${why}`);
    }
    if (rollFailure === undefined) return;
    throw new CmdStreamError('listen-failed', `a new worker has died, and the old ones stay: ${rollFailure}`);
  }

  /**
   * Has every worker finish what it has in flight, and end; its time is `timeoutMs`, by default the option
   * `shutdownTimeoutMs`. Resolves once all are gone.
   *
   * @throws CmdStreamError `invalid-argument` for a timeout that is none.
   */
  drain(options?: DrainOptions): Promise<void> {
    return paced(systemClock, this.#drain('drain', options));
  }

  /** The same as {@link Workers.drain}, as for a server. */
  shutdown(options?: DrainOptions): Promise<void> {
    return paced(systemClock, this.#drain('shutdown', options));
  }

  async #drain(method: string, options: DrainOptions | undefined): Promise<void> {
    const timeoutMs = resolveDrainOptions(method, options, this.#shutdownTimeoutMs);
    await this.#end({ type: 'workers.drain', timeoutMs });
  }

  /** Has every worker close its connections now, and end. */
  close(): Promise<void> {
    return this.#end({ type: 'workers.close' });
  }

  /**
   * Metrics of all workers, summed: what each `createMetrics()` of the file has counted, those of processes that are gone
   * included. To be given to `metricsText`. A worker that does not answer within a second counts as it was before.
   */
  metrics(): Promise<CollectedMetrics> {
    return this.#fleet.metrics();
  }

  /** `await using workers = ...`: {@link Workers.drain} with the default timeout. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain();
  }

  async #end(event: WorkersEvent): Promise<void> {
    if (this.#actor.getSnapshot().status === 'active') this.#actor.send(event);
    else await RefusalPace.of(systemClock).next();
    await this.done.catch(() => undefined);
  }
}

/** Starts processes. @throws CmdStreamError `listen-failed` where one ends before all serve. */
export async function startWorkers(
  path: string,
  execArgv: readonly string[],
  options: ResolvedWorkersOptions,
): Promise<Workers> {
  const fleet = new Fleet(path, execArgv, options);
  const root = startActorRoot('workers-root', systemClock, options.inspect?.watch);
  const { workers: size, startTimeoutMs, exitTimeoutMs, shutdownTimeoutMs } = options;
  const input = { link: fleet, size, startTimeoutMs, exitTimeoutMs, shutdownTimeoutMs };
  const actor = createActor(workersMachine, { parent: root, id: 'workers', input });
  const done = toPromise(actor).then(() => {
    root.stop();
    const { failure } = actor.getSnapshot().context;
    if (failure === undefined) return;
    throw new CmdStreamError('listen-failed', `the workers of ${path} have died: ${failure}`);
  });
  // It is told to whoever asks.
  done.catch(() => undefined);
  actor.start();
  const started = await waitFor(actor, (snapshot) => snapshot.matches('serving') || snapshot.status === 'done');
  if (!started.matches('serving')) await done;
  const workers = new Workers(actor, fleet, done, options);
  const [first, other] = fleet.addresses;
  if (options.via === 'round-robin' || other === undefined) return workers;
  await workers.close();
  const message = `option 'via' can be 'reuse-port' only where serve() in ${path} is given a port; got ${first} and ${other}`;
  throw new CmdStreamError('invalid-argument', message);
}
