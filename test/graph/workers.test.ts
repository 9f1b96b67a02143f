import { type AnyActorRef, createActor } from 'xstate';
import type { ProcessEvent, WorkerLink } from '../../machines/worker.ts';
import { type WorkersContext, type WorkersEvent, type WorkersInput, workersMachine } from '../../machines/workers.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import type { ModelState, Scenario, Stimulus } from './support/model.ts';
import type { Cue, Play } from './support/replay.ts';
import { testMachine } from './support/suite.ts';
import { Inspector } from './support/taken.ts';

const NEVER_MS = 1_000_000;
const PAUSE_MS = 10;
const DRAIN_MS = 700;
const SHUTDOWN_MS = 300;
const MINUTE_MS = 60_000;
const MAX_DEATHS = 5;
const REASON = 'signal SIGKILL';

type Phase = 'starting' | 'serving' | 'waiting' | 'draining' | 'closing' | 'gone';

/** The workers by their numbers; what the processes were last given to finish; the time of the latest death. */
interface World {
  phases: Phase[];
  drainMs: number;
  atMs: number;
}

/** A setting: how many workers there are, and how many deaths and rolls happen at most. */
interface WorkersScenario extends Scenario<World> {
  readonly size: number;
}

const inputOf = (size: number, worker: (id: number) => WorkerLink): WorkersInput => ({
  link: { worker },
  size,
  startTimeoutMs: NEVER_MS,
  exitTimeoutMs: NEVER_MS,
  shutdownTimeoutMs: SHUTDOWN_MS,
});

const idle: WorkerLink = {
  fork: () => {},
  drain: () => {},
  close: () => {},
  kill: () => {},
  backoffMs: () => PAUSE_MS,
};

const done = (id: number) => ({ type: `xstate.done.actor.worker-${id}`, output: { id } });

function scenario(name: string, size: number, mostDeaths: number, mostWorkers: number): WorkersScenario {
  return {
    name,
    size,
    world: { phases: [], drainMs: 0, atMs: 0 },
    input: (world) =>
      inputOf(size, (id) => {
        world().phases[id] = 'starting';
        return idle;
      }),
    stimuli(state) {
      const { snapshot, world } = state;
      if (snapshot.status !== 'active') return [];
      const { deaths, nextId } = snapshot.context as WorkersContext;
      const waiting = world.phases.flatMap((phase, id) => (phase === 'waiting' ? [id] : []));
      const stimuli: Stimulus[] = [
        { name: 'drain', event: { type: 'workers.drain', timeoutMs: DRAIN_MS }, follow: waiting.map(done) },
        { name: 'close', event: { type: 'workers.close' }, follow: waiting.map(done) },
      ];
      if (nextId < mostWorkers) stimuli.push({ name: 'roll', event: { type: 'workers.roll' } });
      if (waiting.length > 0) stimuli.push({ name: 'the pause is over' });
      world.phases.forEach((phase, id) => {
        if (phase === 'starting') stimuli.push(serves(state, id));
        if (phase === 'draining' || phase === 'closing') stimuli.push({ name: `worker ${id} ends`, event: done(id) });
        if (phase !== 'starting' && phase !== 'serving') return;
        if (deaths.length < mostDeaths) stimuli.push(dies(state, id, 'dies', world.atMs));
        if (deaths.length > 1 && world.atMs === 0) stimuli.push(dies(state, id, 'dies a minute later', MINUTE_MS));
      });
      return stimuli;
    },
    happen(world, { name: what }) {
      const [, id, does] = /^worker (\d+) (.*)$/.exec(what) ?? [];
      if (what === 'the pause is over')
        world.phases = world.phases.map((phase) => (phase === 'waiting' ? 'starting' : phase));
      if (does === 'serves') world.phases[Number(id)] = 'serving';
      if (does === 'ends') world.phases[Number(id)] = 'gone';
      if (does?.startsWith('dies')) world.phases[Number(id)] = 'waiting';
      if (does === 'dies a minute later') world.atMs = MINUTE_MS;
    },
    sent(world, event, to) {
      const id = Number(to?.replace('worker-', ''));
      const phase = world.phases[id];
      const hasProcess = phase === 'starting' || phase === 'serving';
      if (phase === 'waiting') world.phases[id] = 'gone';
      else if (event.type === 'worker.close' && (hasProcess || phase === 'draining')) world.phases[id] = 'closing';
      else if (event.type === 'worker.drain' && hasProcess) {
        world.phases[id] = 'draining';
        world.drainMs = event.timeoutMs as number;
      }
    },
    // Where one of two serves again it is not as where it is the last that does.
    aspect: ({ world: { phases } }) => `${phases.filter((phase) => phase === 'serving').length} serve`,
    key: ({ snapshot, world }) => [remembered(snapshot.context as WorkersContext), world],
  };
}

/** A process serves; where it is the new one of a roll, an old one that has no process is over at once. */
function serves({ snapshot, world }: ModelState<World>, id: number): Stimulus {
  const { nextId, old } = snapshot.context as WorkersContext;
  const isNew = snapshot.matches({ serving: 'rolling' }) && id === nextId - 1;
  const over = isNew ? old.slice(0, 1).filter((oldest) => world.phases[oldest] === 'waiting') : [];
  return { name: `worker ${id} serves`, event: { type: 'worker.serving', id }, follow: over.map(done) };
}

/** A process dies; where that ends all, or the roll that it is the new one of, those without a process are over at once. */
function dies({ snapshot, world }: ModelState<World>, id: number, how: string, atMs: number): Stimulus {
  const { deaths, nextId } = snapshot.context as WorkersContext;
  const isNew = snapshot.matches({ serving: 'rolling' }) && id === nextId - 1;
  const counted = deaths.filter((deathMs) => atMs - deathMs < MINUTE_MS).length + 1;
  const endsAll = snapshot.value === 'starting' || (snapshot.matches('serving') && !isNew && counted >= MAX_DEATHS);
  const over = world.phases.flatMap((phase, each) => (each === id || (endsAll && phase === 'waiting') ? [each] : []));
  const event = { type: 'worker.died', id, reason: REASON, atMs };
  return { name: `worker ${id} ${how}`, event, follow: endsAll || isNew ? over.map(done) : [] };
}

const remembered = ({ workers, nextId, old, deaths, drainTimeoutMs, failure, rollFailure }: WorkersContext) => ({
  workers: workers.map(({ id, isServing, isRetired }) => ({ id, isServing, isRetired })),
  nextId,
  old,
  deaths,
  drainTimeoutMs,
  failure,
  rollFailure,
});

/** What a worker's own chart says, in the words of the model. */
function phaseOf(actor: AnyActorRef): Phase {
  const { value } = actor.getSnapshot() as { value: string | { alive: unknown } };
  if (typeof value === 'string') return value as Phase;
  return value.alive === 'serving' ? 'serving' : 'starting';
}

function open({ size }: WorkersScenario): Play {
  const clock = new VirtualClock();
  const inspector = new Inspector();
  const reports: ((event: ProcessEvent) => void)[] = [];
  let drainMs = 0;
  const input = inputOf(size, (id) => ({
    ...idle,
    fork: (report) => {
      reports[id] = report;
    },
    drain: (timeoutMs) => {
      drainMs = timeoutMs;
    },
  }));
  const actor = createActor(workersMachine, { input, clock, inspect: inspector.inspect });
  actor.start();
  const events: Readonly<Record<string, WorkersEvent>> = {
    drain: { type: 'workers.drain', timeoutMs: DRAIN_MS },
    close: { type: 'workers.close' },
    roll: { type: 'workers.roll' },
  };
  return {
    actor,
    taken: () => inspector.take(actor),
    cause({ stimulus: { name, event } }: Cue) {
      const [, id, does] = /^worker (\d+) (.*)$/.exec(name) ?? [];
      if (name === 'the pause is over') clock.advance(PAUSE_MS);
      else if (id === undefined) actor.send(events[name] as WorkersEvent);
      else if (does === 'serves') reports[Number(id)]?.({ type: 'process.serving' });
      else reports[Number(id)]?.({ type: 'process.exited', reason: REASON, atMs: Number(event?.atMs ?? 0) });
    },
    look: () => ({
      workers: actor.getSnapshot().context.workers.map(({ id, actor: worker }) => `${id} ${phaseOf(worker)}`),
      drainMs,
      status: actor.getSnapshot().status,
    }),
    end: () => void actor.stop(),
  };
}

testMachine<World>({
  name: 'workers',
  machine: workersMachine,
  scenarios: [
    scenario('one worker', 1, MAX_DEATHS, 3),
    scenario('two workers that are rolled', 2, 1, 3),
    scenario('two workers that die', 2, 2, 2),
  ],
  open: (setting) => open(setting as WorkersScenario),
  seen: ({ snapshot, world: { phases, drainMs } }) => ({
    workers: (snapshot.context as WorkersContext).workers.map(({ id }) => `${id} ${phases[id]}`),
    drainMs,
    status: snapshot.status,
  }),
  remembered,
});
