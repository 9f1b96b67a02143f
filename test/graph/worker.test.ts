import { createActor, fromTransition } from 'xstate';
import {
  type ProcessEvent,
  type WorkerContext,
  type WorkerInput,
  type WorkerReport,
  workerMachine,
} from '../../machines/worker.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import type { ModelState, Scenario, Stimulus } from './support/model.ts';
import type { Cue, Play } from './support/replay.ts';
import { testMachine } from './support/suite.ts';
import { Inspector } from './support/taken.ts';

const DRAIN_MS = 700;
const TIMES = { id: 3, startTimeoutMs: 400, exitTimeoutMs: 90 };
/** So many deaths in a row tell states apart. */
const MAX_DEATHS = 2;
const DEATH = { type: 'process.exited', reason: 'signal SIGKILL', atMs: 17 } as const;

/** The process, and what was last done to it and told of it. */
interface World {
  process: 'none' | 'forked' | 'listening' | 'serving';
  deed: string;
  told: string;
}

const newWorld = (): World => ({ process: 'none', deed: '', told: '' });

/** The input of a worker whose process is `world`. */
function inputOf(world: () => World, forked: (report: (event: ProcessEvent) => void) => void): WorkerInput {
  const parent = createActor(
    fromTransition((_, report: WorkerReport) => {
      world().told = JSON.stringify(report);
      return undefined;
    }, undefined),
  );
  parent.start();
  const note = (deed: string) => {
    world().deed = deed;
  };
  const link = {
    fork: (report: (event: ProcessEvent) => void) => {
      note('fork');
      world().process = 'forked';
      forked(report);
    },
    drain: (timeoutMs: number) => note(`drain ${timeoutMs}`),
    close: () => note('close'),
    kill: () => note('kill'),
    backoffMs: (deaths: number) => deaths * 50,
  };
  return { ...TIMES, link, parent };
}

const AFTERWARDS = {
  'it listens': 'listening',
  'it serves': 'serving',
  'it dies': 'none',
} as const;

const scenario: Scenario<World> = {
  name: 'a worker',
  world: newWorld(),
  input: (world) => inputOf(world, () => {}),
  stimuli({ snapshot: { context, status }, world: { process } }: ModelState<World>): Stimulus[] {
    if (status !== 'active') return [];
    const all: Stimulus[] = [
      { name: 'drain', event: { type: 'worker.drain', timeoutMs: DRAIN_MS } },
      { name: 'close', event: { type: 'worker.close' } },
    ];
    if (process === 'forked') all.push({ name: 'it listens', event: { type: 'process.listening' } });
    if (process === 'forked' || process === 'listening') {
      all.push({ name: 'it serves', event: { type: 'process.serving' } });
    }
    if (process !== 'none' && (context as WorkerContext).deaths < MAX_DEATHS)
      all.push({ name: 'it dies', event: DEATH });
    return all;
  },
  happen(world, { name }) {
    if (name in AFTERWARDS) world.process = AFTERWARDS[name as keyof typeof AFTERWARDS];
  },
  sent(world, report) {
    world.told = JSON.stringify(report);
  },
  key: ({ snapshot: { context }, world, timers }) => [
    (context as WorkerContext).deaths,
    world,
    timers.map(({ event, inMs }) => [event.type, inMs]),
  ],
};

function open(): Play {
  const clock = new VirtualClock();
  const inspector = new Inspector();
  const world = newWorld();
  let report: (event: ProcessEvent) => void = () => {};
  const input = inputOf(
    () => world,
    (to) => {
      report = to;
    },
  );
  const actor = createActor(workerMachine, { input, clock, inspect: inspector.inspect });
  actor.start();
  return {
    actor,
    taken: () => inspector.take(actor),
    cause({ stimulus: { name, inMs } }: Cue) {
      if (name in AFTERWARDS) world.process = AFTERWARDS[name as keyof typeof AFTERWARDS];
      if (inMs !== undefined) clock.advance(inMs);
      else if (name === 'drain') actor.send({ type: 'worker.drain', timeoutMs: DRAIN_MS });
      else if (name === 'close') actor.send({ type: 'worker.close' });
      else if (name === 'it listens') report({ type: 'process.listening' });
      else if (name === 'it serves') report({ type: 'process.serving' });
      else report(DEATH);
    },
    look: () => ({ ...world, timers: clock.timers, output: actor.getSnapshot().output }),
    end: () => void actor.stop(),
  };
}

testMachine<World>({
  name: 'worker',
  machine: workerMachine,
  scenarios: [scenario],
  open: () => open(),
  seen: ({ snapshot, world, timers }) => ({ ...world, timers: timers.length, output: snapshot.output }),
  remembered: ({ deaths, drainTimeoutMs }: WorkerContext) => ({ deaths, drainTimeoutMs }),
});
