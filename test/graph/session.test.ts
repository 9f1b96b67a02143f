import { sessionMachine } from '../../machines/session.ts';
import { Stage } from './support/network.ts';
import type { Play } from './support/replay.ts';
import { ServerStage } from './support/server-stage.ts';
import {
  AUTHORIZE_MS,
  IDLE_MS,
  type SessionScenario,
  seenOfSession,
  sessionScenario,
  triedWithSession,
} from './support/session-model.ts';
import {
  CANCEL,
  COMES,
  HELLO,
  HELLO_UNREAD,
  MAY,
  MAY_AND_CLOSE,
  MAY_AND_DRAIN,
  MAY_NOT,
  PING,
  type SessionWorld,
  TURNED_AWAY,
  UNTOLD,
  UNTOLD_AND_CLOSE,
  WAITS,
} from './support/session-world.ts';
import { testMachine } from './support/suite.ts';
import { Inspector } from './support/taken.ts';

/** The ServerInfo is two of them, a Result is one. */
const PIECE_BYTES = 4;
const TOO_MUCH = 'so much is too much for it'.repeat(30);

async function open({ atOnce, asks, goClients, slow, ages }: SessionScenario): Promise<Play> {
  const stage = new Stage();
  const inspector = new Inspector();
  const it = new ServerStage(stage, slow ? { maxInFlightBytes: PIECE_BYTES } : {});
  const answers: ((mayComeIn: boolean) => void)[] = [];
  const asked: string[] = [];
  let refused = false;
  await it.start(inspector, {
    idleTimeoutMs: asks ? 1_000_000 : IDLE_MS,
    handshakeTimeoutMs: AUTHORIZE_MS,
    shutdownTimeoutMs: 1_000_000,
    goClients,
    ...(ages === undefined ? {} : { maxConnectionAgeMs: ages.inMs, maxConnectionAgeGraceMs: ages.graceMs }),
    random: () => 0.5,
    onAcceptError: () => {
      refused = true;
    },
    ...(asks
      ? {
          authorize: ({ metadata }) => {
            asked.push(metadata?.name ?? 'nobody');
            return new Promise((resolve) => answers.push(resolve));
          },
        }
      : {}),
  });
  if (atOnce === 'shuts down') it.onConnection = (server) => void server.shutdown();
  if (atOnce === 'closes') it.onConnection = (server) => void server.close();
  // A client that does not read: it does not answer a goodbye by itself.
  await it.connect(false);
  const actor = inspector.find((id) => /:\d+$/.test(id));
  const answer = (mayComeIn: boolean) => answers.pop()?.(mayComeIn);
  const acts: Record<string, () => unknown> = {
    close: () => void it.server?.close(),
    'shut down': () => void it.server?.shutdown(),
    'the client leaves': () => {
      it.client?.stream.resume();
      it.client?.stream.end();
    },
    // With bytes unread that is a reset.
    'the client breaks off': () => it.client?.stream.destroy(),
    [MAY]: () => answer(true),
    [MAY_AND_DRAIN]: () => {
      it.onConnection = (server) => void server.shutdown();
      answer(true);
    },
    [MAY_AND_CLOSE]: () => {
      it.onConnection = (server) => void server.close();
      answer(true);
    },
    [MAY_NOT]: () => answer(false),
    [HELLO]: () => it.hello(),
    [HELLO_UNREAD]: () => it.hello(),
    [PING]: () => it.client?.stream.write(Buffer.of(0)),
    [COMES]: () => it.command(),
    [WAITS]: () => it.command(),
    [TURNED_AWAY]: () => it.command(),
    [CANCEL]: () => it.cancel(),
    'the handler answers': () => it.running.pop()?.answer(),
    'the handler fails': () => it.running.pop()?.fail(new Error('no')),
    [UNTOLD]: () => it.running.pop()?.fail(new Error(TOO_MUCH)),
    [UNTOLD_AND_CLOSE]: () => {
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
      // Of a slow client it depends on what it has read.
      told: slow ? [] : [...it.transport.written.names],
      asked,
      admitted: it.admitted,
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

testMachine<SessionWorld>({
  name: 'session',
  machine: sessionMachine,
  scenarios: [
    sessionScenario('a connection'),
    sessionScenario('a connection that comes when the server is shut down', { atOnce: 'shuts down' }),
    sessionScenario('a connection that comes when the server is closed', { atOnce: 'closes' }),
    sessionScenario('a client of Go that may come in where that is said', { asks: true, goClients: true }),
    sessionScenario('a slow client, and no error Results', { slow: true, goClients: true }),
    sessionScenario('a client that says who it is', { greets: true }),
    sessionScenario('a client that may stay for so long', {
      greets: true,
      ages: { inMs: 400, graceMs: Number.POSITIVE_INFINITY },
    }),
    sessionScenario('a client that may stay for so long, with a grace', {
      greets: true,
      ages: { inMs: 400, graceMs: 100 },
    }),
    sessionScenario('a client that may come in where that is said, once it has said who it is', { asks: true }),
  ],
  open: (given) => open(given as SessionScenario),
  seen: seenOfSession,
  tried: triedWithSession,
  equivalent: {
    'listening: session.drain: leads to retiring':
      'who has not said who it is cannot be told, and has nothing in flight: it ends at once',
    'closing: session.close: leads to listening': CLOSED_ALREADY,
    'closing: session.close: is gone': CLOSED_ALREADY,
    'closing: session.close: leads to ending': CLOSED_ALREADY,
  },
});
