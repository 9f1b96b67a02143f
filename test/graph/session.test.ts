import type { SessionLink } from '../../machines/session.ts';
import { sessionMachine } from '../../machines/session.ts';
import type { ModelState, Scenario, Stimulus } from './support/model.ts';
import { Stage } from './support/network.ts';
import type { Play } from './support/replay.ts';
import { ServerStage } from './support/server-stage.ts';
import { testMachine } from './support/suite.ts';
import { Inspector } from './support/taken.ts';

const IDLE_MS = 3_000;
const AUTHORIZE_MS = 600;
/** Silence is judged only after a turn in which what has come is read. */
const ONE_TURN_MS = 1;
/** The ServerInfo is two of them, a Result is one. */
/** Of a server that shuts down: so long no Command may have come, and so long it turns them away. */
const QUIET_MS = 250;
const QUIET_TIMEOUT_MS = 1_000;
const PIECE_BYTES = 4;
const LOST = { type: 'connection.lost' };

/** What the doubles know: one Command, and what was told to whom. */
interface World {
  /** How many handlers are running. */
  running: number;
  /** How many pieces of what the server has written wait until the client reads. */
  writing: number;
  executed: number;
  /** How many Commands came that were not executed any more, and how long it is since the last one came; up to what matters. */
  turnedAway: number;
  quietMs: number;
  /** Since when they are turned away; up to what matters. */
  awayMs: number;
  /** Why the signal of the running handler fired; nothing while it did not. */
  aborted: string | undefined;
  lost: (string | undefined)[];
  /** Whether the operator was told that the client may not come in. */
  refused: boolean;
  gone: boolean;
}

/** What the server does in the very moment in which the connection comes. */
type AtOnce = 'serves' | 'shuts down' | 'closes' | 'asks';

interface SessionScenario extends Scenario<World> {
  readonly atOnce: AtOnce;
  readonly errorResults: boolean;
  readonly slow: boolean;
}

function scenario(
  name: string,
  options: { atOnce?: AtOnce; errorResults?: boolean; slow?: boolean } = {},
): SessionScenario {
  const { atOnce = 'serves', errorResults = true, slow = false } = options;
  const begin = {
    serves: [],
    'shuts down': [{ type: 'session.drain' }],
    closes: [{ type: 'session.close' }],
    asks: [],
  }[atOnce];
  return {
    name,
    atOnce,
    errorResults,
    slow,
    timers: [
      { id: 'idle', event: { type: 'idle.elapsed', error: errorOf('connection-lost') }, inMs: IDLE_MS + ONE_TURN_MS },
    ],
    world: {
      writing: slow ? 1 : 0,
      running: 0,
      executed: 0,
      turnedAway: 0,
      awayMs: 0,
      quietMs: atOnce === 'shuts down' ? 0 : QUIET_MS,
      aborted: undefined,
      lost: [],
      refused: false,
      gone: false,
    },
    begin: [
      ...begin,
      ...(atOnce === 'asks' ? [] : [{ type: 'handshake.done' }]),
      ...(atOnce === 'closes' ? [LOST] : []),
    ],
    input: (world) => ({
      link: linkOf(world, errorResults),
      authorizes: atOnce === 'asks',
      authorizeTimeoutMs: AUTHORIZE_MS,
      goodbyeTimeoutMs: 500,
    }),
    // What ends a connection by time ends it at once; that it is time for the goodbye, or for an answer, does not.
    follows: (_state, { type }) => (/goodbyeTimeout|authorizeTimeout|quiet/.test(type) ? [] : [LOST]),
    stimuli: (state) => stimuli(state, errorResults),
    happen(world, { name: what }) {
      if (what === 'a Command comes')
        Object.assign(world, { running: world.running + 1, executed: world.executed + 1, quietMs: 0 });
      if (what === 'shut down') Object.assign(world, { quietMs: 0, awayMs: 0 });
      if (what === TURNED_AWAY) Object.assign(world, { turnedAway: world.turnedAway + 1, quietMs: 0 });
      if (what === 'the handler answers') {
        world.running--;
        if (slow) world.writing++;
      }
      if (what === 'the client reads what there is') world.writing--;
    },
    pass(world, ms) {
      world.quietMs = Math.min(world.quietMs + ms, QUIET_MS);
      world.awayMs = Math.min(world.awayMs + ms, QUIET_TIMEOUT_MS);
    },
    key: ({ snapshot, world: { running, gone, writing, turnedAway, quietMs, awayMs }, timers }) => [
      [running, gone, writing, turnedAway, quietMs, isDrainingIn(snapshot.value) && awayMs],
      timers.map(({ inMs }) => inMs),
    ],
    aspect: ({ world: { running } }) => `${running} running`,
  };
}

function linkOf(world: () => World, errorResults: boolean): SessionLink {
  return {
    authorize: () => {},
    reportRefused: () => {
      world().refused = true;
    },
    introduce: () => {},
    isBusy: () => world().running > 0,
    isWriting: () => world().writing > 0,
    quietInMs: () => (errorResults ? Math.min(QUIET_MS - world().quietMs, QUIET_TIMEOUT_MS - world().awayMs) : 0),
    end: () => {},
    destroy: () => {},
    abandon: (error) => {
      if (world().running > 0) world().aborted ??= (error as { code?: string } | undefined)?.code ?? 'closed';
    },
    reportLost: (error) => void world().lost.push((error as { code?: string } | undefined)?.code),
    forget: () => {
      world().gone = true;
    },
  };
}

const TURNED_AWAY = 'a Command comes, and is not executed';
const UNTOLD = 'the handler fails, and the client cannot be told';
const TOO_MUCH = 'so much is too much for it'.repeat(30);

const errorOf = (code: string) => Object.assign(new Error(code), { code });

function stimuli({ snapshot, world, timers }: ModelState<World>, errorResults: boolean): Stimulus[] {
  if (snapshot.status !== 'active') return [];
  const isServing = snapshot.value === 'serving';
  const isDraining = isDrainingIn(snapshot.value);
  const isOpen = isServing || isDraining;
  const all: Stimulus[] = [
    { name: 'close', event: { type: 'session.close' }, follow: [LOST] },
    { name: 'the client leaves', event: LOST },
    { name: 'the client breaks off', event: { ...LOST, error: errorOf('connection-lost') } },
  ];
  if (snapshot.matches('authorizing')) {
    all.push(
      // A client that has been told nothing has nothing to read before the goodbye.
      { name: 'shut down', event: { type: 'session.drain' }, follow: [LOST] },
      { name: 'the client may come in', event: { type: 'client.admitted' } },
      {
        name: 'the client may not come in',
        event: { type: 'client.refused', error: errorOf('refused') },
        follow: [LOST],
      },
    );
  }
  if (isServing) {
    all.push({ name: 'shut down', event: { type: 'session.drain' } });
    if (world.running + world.writing < 2) all.push({ name: 'a Command comes' });
  }
  if (isDraining && errorResults) {
    // In the last moment before it would be ended, again and again.
    const leftMs = world.running > 0 ? Number.POSITIVE_INFINITY : Math.min(...timers.map(({ inMs }) => inMs));
    if (world.turnedAway === 0 || (leftMs === 1 && world.quietMs > 1)) all.push({ name: TURNED_AWAY });
    if (leftMs > 1 && leftMs <= QUIET_MS) all.push({ name: 'almost all of the time goes by', inMs: leftMs - 1 });
  }
  if (isOpen) {
    if (world.running > 0) {
      const untold = { type: 'connection.failed', error: errorOf('encode-failed') };
      const failed = { type: 'command.failed', error: errorOf('command-failed') };
      all.push({
        name: 'the handler answers',
        event: isServing || world.running > 1 ? undefined : { type: 'commands.settled' },
      });
      if (errorResults) {
        all.push(
          { name: UNTOLD, event: untold, follow: [LOST] },
          { name: `${UNTOLD}, and the operator closes`, event: untold, follow: [{ type: 'session.close' }, LOST] },
        );
      } else all.push({ name: 'the handler fails', event: failed });
    }
  }
  if (world.writing > 0) all.push({ name: 'the client reads what there is' });
  return all;
}

const isDrainingIn = (value: unknown) => typeof value === 'object' && value !== null && 'draining' in value;

async function open({ atOnce, errorResults, slow }: SessionScenario): Promise<Play> {
  const stage = new Stage();
  const inspector = new Inspector();
  const it = new ServerStage(stage, slow ? { maxInFlightBytes: PIECE_BYTES } : {});
  const answers: ((mayComeIn: boolean) => void)[] = [];
  let refused = false;
  await it.start(inspector, {
    idleTimeoutMs: IDLE_MS,
    handshakeTimeoutMs: AUTHORIZE_MS,
    shutdownTimeoutMs: 1_000_000,
    errorResults,
    onAcceptError: () => {
      refused = true;
    },
    ...(atOnce === 'asks' ? { authorize: () => new Promise((resolve) => answers.push(resolve)) } : {}),
  });
  if (atOnce === 'shuts down') it.onConnection = (server) => void server.shutdown();
  if (atOnce === 'closes') it.onConnection = (server) => void server.close();
  // A client that does not read: it does not answer a goodbye by itself.
  await it.connect(false);
  const actor = inspector.find((id) => /:\d+$/.test(id));
  const acts: Record<string, () => unknown> = {
    close: () => void it.server?.close(),
    'shut down': () => void it.server?.shutdown(),
    'the client leaves': () => {
      it.client?.stream.resume();
      it.client?.stream.end();
    },
    // With bytes unread that is a reset.
    'the client breaks off': () => it.client?.stream.destroy(),
    'the client may come in': () => answers.pop()?.(true),
    'the client may not come in': () => answers.pop()?.(false),
    'a Command comes': () => it.command(),
    [TURNED_AWAY]: () => it.command(),
    'the handler answers': () => it.running.pop()?.answer(),
    'the handler fails': () => it.running.pop()?.fail(new Error('no')),
    [UNTOLD]: () => it.running.pop()?.fail(new Error(TOO_MUCH)),
    [`${UNTOLD}, and the operator closes`]: () => {
      it.onLost = (server) => void server.close();
      it.running.pop()?.fail(new Error(TOO_MUCH));
    },
    'the client reads what there is': () => it.client?.readOnce(),
  };
  return {
    actor,
    taken: () => inspector.take(actor),
    async cause({ stimulus: { name, inMs } }) {
      if (inMs !== undefined) await stage.pass(inMs);
      else await acts[name]?.();
      await stage.settle();
    },
    look: () => ({
      connections: it.server?.connections,
      executed: it.executed,
      aborted: it.aborted,
      lost: it.lost,
      refused,
    }),
    async tryOut() {
      const before = it.executed;
      it.command();
      await stage.settle();
      const executed = it.executed > before;
      it.client?.stream.resume();
      await stage.settle();
      return { executed, goodbye: it.client?.closed };
    },
    end: () => it.end(),
  };
}

const CLOSED_ALREADY =
  'the connection is destroyed and its Commands are abandoned; that it is lost comes in the same turn';

const TOLD_NOTHING =
  'nothing was written to the client, and nothing of it has come: to a transport without sockets both are the same end';

testMachine<World>({
  name: 'session',
  machine: sessionMachine,
  scenarios: [
    scenario('a connection'),
    scenario('a connection that comes when the server is shut down', { atOnce: 'shuts down' }),
    scenario('a connection that comes when the server is closed', { atOnce: 'closes' }),
    scenario('a connection whose client may come in where that is said', { atOnce: 'asks' }),
    scenario('a slow client, and no error Results', { slow: true, errorResults: false }),
  ],
  open: (given) => open(given as SessionScenario),
  seen: ({ world: { gone, executed, aborted, lost, refused } }) => ({
    connections: gone ? 0 : 1,
    executed,
    aborted,
    lost,
    refused,
  }),
  tried: ({ snapshot }) => ({
    executed: snapshot.value === 'serving',
    goodbye: !['serving', 'draining', 'authorizing'].some((state) => snapshot.matches(state)),
  }),
  equivalent: {
    'authorizing.overdue: after oneTurn: leads to closing': TOLD_NOTHING,
    'authorizing: client.refused: leads to closing': TOLD_NOTHING,
    'authorizing: session.drain: leads to closing': TOLD_NOTHING,
    'closing: session.close: leads to authorizing': CLOSED_ALREADY,
    'closing: session.close: is gone': CLOSED_ALREADY,
    'closing: session.close: leads to ending': CLOSED_ALREADY,
  },
});
