import { type ServerContext, type ServerLink, serverMachine } from '../../machines/server.ts';
import { codeOf } from './support/client-model.ts';
import type { ModelState, Scenario, Stimulus } from './support/model.ts';
import { Stage } from './support/network.ts';
import type { Play } from './support/replay.ts';
import { type Manners, ServerStage } from './support/server-stage.ts';
import { testMachine } from './support/suite.ts';
import { Inspector } from './support/taken.ts';

const SHUTDOWN_MS = 700;
const CLOSE_MS = 1_000;
const LISTEN = '0.server.starting';
const STOP = '0.server.stopping.listener.closing';
const ADDRESS = 'localhost:9000';
const GONE = { type: 'connections.gone' };

/** What the doubles know: one connection, and whether a Command is in flight on it. */
interface World {
  connection: 'none' | 'there' | 'gone';
  busy: boolean;
}

/** Silence is judged only after a turn in which what has come is read. */
const ONE_TURN_MS = 1;

interface ServerScenario extends Scenario<World> {
  /** What the transport does when it is told to stop listening. */
  readonly manners: Manners;
  /** Whether somebody else listens there already. */
  readonly taken: boolean;
  /** Whether the transport never says that a stream is closed. */
  readonly stuck: boolean;
  readonly idleMs: number | undefined;
}

function scenario(
  name: string,
  options: { manners?: Manners; taken?: boolean; stuck?: boolean; idleMs?: number } = {},
): ServerScenario {
  const { manners = 'closes', taken = false, stuck = false, idleMs } = options;
  const refusal = Object.assign(new Error('taken'), { code: 'listen-failed' });
  const stopped = {
    closes: [{ type: `xstate.done.actor.${STOP}` }],
    rejects: [{ type: `xstate.error.actor.${STOP}`, error: new Error('no') }],
    hangs: [],
  }[manners];
  const gone = stuck ? [] : [GONE];
  return {
    name,
    manners,
    taken,
    stuck,
    idleMs,
    world: { connection: 'none', busy: false },
    begin: [
      taken
        ? { type: `xstate.error.actor.${LISTEN}`, error: refusal }
        : { type: `xstate.done.actor.${LISTEN}`, output: { address: ADDRESS } },
    ],
    input: (world) => ({ link: linkOf(world), closeTimeoutMs: CLOSE_MS }),
    stimuli,
    timersOf: ({ name: what }) =>
      what === 'a client connects' && idleMs !== undefined
        ? [{ id: 'idle', event: GONE, inMs: idleMs + ONE_TURN_MS }]
        : [],
    // What time closes is gone in the same turn, where it says so.
    follows: ({ world: { connection } }, { type }) =>
      type.startsWith('xstate.after.shutdownTimeout') && connection === 'there' ? gone : [],
    happen(world, { name: what }) {
      if (what === 'a client connects') world.connection = 'there';
      if (what === 'it sends a Command') world.busy = true;
      if (what === 'the Command is answered') world.busy = false;
    },
    told(world, { type }) {
      if (type === GONE.type) world.connection = 'gone';
    },
    key: ({ world: { connection, busy }, timers }) => [
      connection,
      busy,
      timers.map(({ event, inMs }) => [event.type, inMs]),
    ],
    aspect: ({ world: { connection, busy } }) => `${connection} ${busy}`,
  };

  function stimuli({ snapshot, world: { connection, busy } }: ModelState<World>): Stimulus[] {
    if (snapshot.status !== 'active') return [];
    const isListening = snapshot.value === 'listening';
    const isThere = connection === 'there';
    const first = isListening ? stopped : [];
    // A connection is gone before the transport has answered.
    const cut = isThere && needsClosing(snapshot.value) ? gone : [];
    const ended = isListening && isThere && !busy ? gone : [];
    const shutDown = { type: 'server.shutDown', timeoutMs: SHUTDOWN_MS };
    const all: Stimulus[] = [
      { name: 'close', event: { type: 'server.close' }, follow: [...cut, ...first] },
      { name: 'shut down', event: shutDown, follow: [...ended, ...first] },
    ];
    if (isListening && connection === 'none') all.push({ name: 'a client connects' });
    if (isListening && isThere && !busy) all.push({ name: 'it sends a Command' });
    if (isThere && !stuck) all.push({ name: 'it leaves', event: GONE });
    if (isThere && busy && isDraining(snapshot.value)) {
      all.push({ name: 'the Command is answered', event: stuck ? undefined : GONE });
    } else if (isThere && busy && isListening) all.push({ name: 'the Command is answered' });
    return all;
  }
}

const isDraining = (value: unknown) => JSON.stringify(value).includes('"connections":"draining"');
const needsClosing = (value: unknown) => value === 'listening' || isDraining(value);

const linkOf = (world: () => World): ServerLink => ({
  get size() {
    return world().connection === 'there' ? 1 : 0;
  },
  drain: () => {},
  destroy: () => {},
});

const remembered = ({ shutdownTimeoutMs, listener, error }: ServerContext) => ({
  shutdownTimeoutMs,
  address: listener?.address,
  error: codeOf(error),
});

async function open({ manners, taken, stuck, idleMs }: ServerScenario): Promise<Play> {
  const stage = new Stage();
  const inspector = new Inspector();
  const it = new ServerStage(stage, { manners });
  it.transport.stuck = stuck;
  // Clients that cannot be told that it shuts down: a connection ends as soon as nothing is in flight.
  await it.start(
    inspector,
    { goClients: true, shutdownTimeoutMs: 1, ...(idleMs === undefined ? {} : { idleTimeoutMs: idleMs }) },
    taken,
  );
  const actor = inspector.actor('server');
  const acts: Record<string, () => unknown> = {
    close: () => void it.server?.close(),
    'shut down': () => void it.server?.shutdown({ timeoutMs: SHUTDOWN_MS }),
    'a client connects': () => it.connect(true),
    'it sends a Command': () => it.command(),
    'it leaves': () => it.client?.stream.end(),
    'the Command is answered': () => it.running.pop()?.answer(),
  };
  return {
    actor,
    taken: () => inspector.take(actor),
    async cause({ stimulus: { name, inMs } }) {
      if (inMs !== undefined) await stage.pass(inMs);
      else await acts[name]?.();
      await stage.settle();
    },
    look: () => ({ failure: it.failure, connections: it.server?.connections, done: it.done }),
    tryOut: () => it.tryToConnect(),
    end: () => it.end(),
  };
}

const NONE_LEFT = 'no connection is left to drain or to destroy, and `always` leads on to gone in the same step';

testMachine<World>({
  name: 'server',
  machine: serverMachine,
  scenarios: [
    scenario('a server'),
    scenario('a port that is taken', { taken: true }),
    scenario('a transport that fails to close', { manners: 'rejects' }),
    scenario('a transport that never closes', { manners: 'hangs' }),
    scenario('streams that never close', { stuck: true }),
    scenario('streams and a transport that never close', { stuck: true, manners: 'hangs' }),
    scenario('clients that say nothing', { idleMs: 400 }),
  ],
  open: (given) => open(given as ServerScenario),
  seen: ({ snapshot: { value }, world: { connection } }) => ({
    failure: value === 'failed' ? 'listen-failed' : undefined,
    connections: value === 'failed' ? undefined : connection === 'there' ? 1 : 0,
    done: value === 'closed',
  }),
  tried: ({ snapshot: { value } }) => (value === 'listening' ? 'served' : 'refused'),
  remembered,
  equivalent: {
    'stopping.connections.closing: always [isEmpty]: leads to stopping.connections.draining': NONE_LEFT,
    'stopping.connections.closing: connections.gone: leads to stopping.connections.draining': NONE_LEFT,
    'stopping.connections.draining: always [isEmpty]: leads to stopping.connections.closing': NONE_LEFT,
    'stopping.connections.draining: connections.gone: leads to stopping.connections.closing': NONE_LEFT,
  },
});
