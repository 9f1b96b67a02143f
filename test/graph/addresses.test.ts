import { type AddressesContext, addressesMachine } from '../../machines/addresses.ts';
import { startActorRoot } from '../../src/base/actor-root.ts';
import { CmdStreamError } from '../../src/base/errors/cmd-stream-error.ts';
import { Warnings } from '../../src/base/warnings.ts';
import { AddressBook } from '../../src/sender/client/address-book.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { turn } from '../unit/sender/client/fake-link.ts';
import { codeOf } from './support/client-model.ts';
import type { ModelState, Scenario } from './support/model.ts';
import type { Cue, Play } from './support/replay.ts';
import { testMachine } from './support/suite.ts';
import { Inspector } from './support/taken.ts';

const TIMEOUT_MS = 500;
const LATE_MS = 2;
/** So long the process stands still, and no timer of it fires. */
const STILL_MS = 1_000;

/** What a book does beside its actor: it counts failures, and paces what is asked for a reason. */
interface World {
  nowMs: number;
  hasStoodStill: boolean;
  /** Up to when questions are spoken for; and how many came to nothing, one after the other. */
  spentMs: number | undefined;
  failures: number;
  /** How many reasons to ask there were since the interval asked; up to two tell apart what that question cost. */
  reasons: number | undefined;
  questions: number;
  addresses: string[];
  changes: number;
  hasWarned: boolean;
}

interface AddressesScenario extends Scenario<World> {
  readonly isFixed: boolean;
  readonly refreshMs: number;
}

const pauseOf = ({ spentMs, nowMs }: World) => (spentMs === undefined ? 0 : Math.max(0, spentMs - 1_000 - nowMs));

function linkOf(world: () => World) {
  return {
    ask: () => Promise.reject(new Error('nobody runs it')),
    spendPause() {
      const { failures, spentMs, nowMs } = world();
      const pauseMs = [1_000, 1_000, 2_000, 4_000][failures] ?? 5_000;
      world().spentMs = Math.max(spentMs ?? nowMs, nowMs) + pauseMs;
    },
    pauseMs: () => pauseOf(world()),
    failed: () => Object.assign(world(), { failures: Math.min(4, world().failures + 1), hasWarned: true }),
    overdueError: () => new CmdStreamError('handshake-timeout', 'too late'),
    nowMs: () => world().nowMs,
  };
}

const isAsking = ({ snapshot: { value } }: ModelState<World>) => typeof value === 'object' && 'asking' in value;

/** What happens to a resolver that always says the same, at once. */
const HEALTHY = /a:1|address fails/;

const scenarioOf = (name: string, isFixed: boolean, refreshMs: number, only = /./): AddressesScenario => ({
  name,
  isFixed,
  refreshMs,
  world: {
    nowMs: 0,
    hasStoodStill: false,
    spentMs: undefined,
    failures: 0,
    reasons: undefined,
    questions: 0,
    addresses: isFixed ? ['a:1'] : [],
    changes: 0,
    hasWarned: false,
  },
  input: (world) => ({ link: linkOf(world), isFixed, refreshMs, timeoutMs: TIMEOUT_MS, lateMs: LATE_MS }),
  stimuli: (state) =>
    [
      ...(isAsking(state)
        ? [
            ...['a:1', 'b:2'].map((address) => ({
              name: `the resolver says ${address}`,
              event: { type: 'xstate.done.actor.0.addresses.asking', output: [address] },
            })),
            {
              name: 'the resolver fails',
              event: {
                type: 'xstate.error.actor.0.addresses.asking',
                error: new CmdStreamError('connect-failed', 'no'),
              },
            },
            ...(state.world.hasStoodStill ? [] : [{ name: 'the process stands still' }]),
          ]
        : []),
      // Nobody hears what a resolver says too late.
      { name: 'an old question is answered' },
      { name: 'an address fails', event: { type: 'addresses.refresh' } },
      { name: 'stop', event: { type: 'addresses.stop' } },
    ].filter(({ name }) => only.test(name)),
  happen(world, { name }) {
    if (name !== 'the process stands still') return;
    world.hasStoodStill = true;
    world.nowMs += STILL_MS;
  },
  told(world, { type }) {
    if (only !== HEALTHY) return;
    if (type.startsWith('xstate.after.refreshInterval')) world.reasons = 0;
    else if (type === 'addresses.refresh' && world.reasons !== undefined) {
      world.reasons = Math.min(2, world.reasons + 1);
    }
  },
  pass(world, ms) {
    world.nowMs += ms;
  },
  emitted(world, { addresses }) {
    const before = world.addresses;
    Object.assign(world, { addresses, failures: 0 });
    if (before.length > 0 && before.join() !== addresses.join()) world.changes++;
  },
  started(world) {
    world.questions++;
  },
  key: ({ timers, world, snapshot: { context } }) => [
    timers.map(({ inMs }) => inMs),
    (context as AddressesContext).dueMs - world.nowMs,
    codeOf((context as AddressesContext).error),
    Math.max(0, (world.spentMs ?? 0) - world.nowMs),
    world.failures,
    world.reasons,
    world.addresses,
    world.hasStoodStill,
    world.hasWarned,
  ],
  aspect: ({ world, snapshot: { context } }) => `${codeOf((context as AddressesContext).error)} ${world.reasons}`,
});

/** With this interval a pause is sooner after few failures, and later after many. */
const scenarios = [
  scenarioOf('a fixed list', true, 2_000),
  scenarioOf('a resolver, asked by itself', false, 2_000),
  scenarioOf('a resolver, whose interval spends no pause', false, 2_000, HEALTHY),
  scenarioOf('a resolver, asked for a reason only', false, Number.POSITIVE_INFINITY),
];

function open(scenario: Scenario<World>): Play {
  const { isFixed, refreshMs } = scenario as AddressesScenario;
  const clock = new VirtualClock();
  const monotonicMs = clock.monotonicMs.bind(clock);
  let stoodStillMs = 0;
  clock.monotonicMs = () => monotonicMs() + stoodStillMs;
  const inspector = new Inspector();
  const root = startActorRoot('sender', clock, inspector.inspect);
  const questions: { answer(addresses: string[]): void; fail(error: Error): void }[] = [];
  let changes = 0;
  let hasWarned = false;
  const book = new AddressBook({
    source: isFixed ? ['a:1'] : () => new Promise((answer, fail) => questions.push({ answer, fail })),
    refreshMs,
    timeoutMs: TIMEOUT_MS,
    downMs: 1_000,
    seed: 1,
    mismatched: () => {},
    clock,
    warnings: new Warnings(clock, () => {
      hasWarned = true;
    }),
    changed: () => changes++,
    check: () => {},
    parent: root,
  });
  book.refresh();
  const actor = inspector.actor('addresses');
  const acts: Record<string, () => unknown> = {
    'the resolver says a:1': () => questions.at(-1)?.answer(['a:1']),
    'the resolver says b:2': () => questions.at(-1)?.answer(['b:2']),
    'the resolver fails': () => questions.at(-1)?.fail(new CmdStreamError('connect-failed', 'no')),
    'the process stands still': () => {
      stoodStillMs = STILL_MS;
    },
    'an old question is answered': () => questions.at(-2)?.answer(['c:3']),
    'an address fails': () => book.refresh(),
    stop: () => book.stop(),
  };
  return {
    actor,
    taken: () => inspector.take(actor),
    async cause({ stimulus: { name, inMs } }: Cue) {
      if (inMs === undefined) acts[name]?.();
      else clock.advance(inMs);
      await turn();
    },
    async look() {
      // A question is put in the next turn.
      await turn();
      return {
        questions: questions.length,
        known: ['a:1', 'b:2'].filter((address) => book.size > 0 && book.includes(address)),
        changes,
        hasWarned,
        timerInMs: clock.nextTimerInMs,
      };
    },
    tryOut: () => pickFrom(book),
    async end() {
      book.stop();
      root.stop();
      await turn();
    },
  };
}

/** What a client gets that wants an address now. */
async function pickFrom(book: AddressBook): Promise<unknown> {
  const picked = book.pick(0, new AbortController().signal).catch((error) => ({ failed: codeOf(error.cause) }));
  return Promise.race([picked, turn().then(() => turn().then(() => 'waits'))]);
}

testMachine<World>({
  name: 'addresses',
  machine: addressesMachine,
  scenarios,
  open,
  seen: ({ timers, world: { questions, addresses, changes, hasWarned } }) => ({
    questions,
    known: addresses,
    changes,
    hasWarned,
    timerInMs: timers.length === 0 ? undefined : Math.min(...timers.map(({ inMs }) => inMs)),
  }),
  tried: picked,
  remembered: ({ dueMs, error, isFixed, refreshMs }: AddressesContext) => ({
    dueMs,
    error: codeOf(error),
    isFixed,
    refreshMs,
  }),
});

function picked(state: ModelState<World>): unknown {
  const { world, snapshot } = state;
  if (world.addresses.length > 0) return world.addresses[0];
  const isStopped = snapshot.value === 'stopped';
  // It asks, unless it must pause.
  if (isAsking(state) || (!isStopped && pauseOf(world) <= 0)) return 'waits';
  return { failed: codeOf((snapshot.context as AddressesContext).error) };
}
