import { createActor, fromTransition } from 'xstate';
import { type ConnectionLink, type ConnectionReport, connectionMachine } from '../../../machines/connection.ts';
import { calc, SUM, TEXT, TICK } from '../../e2e/support/calc.ts';
import { NotedCommand } from '../../unit/sender/client/pending.ts';
import { codeOf, NEVER_MS, nextOf } from './client-model.ts';
import { clientObject } from './client-object.ts';
import {
  type ConnectionScenario,
  ENDED,
  MANY,
  MUCH_BYTES,
  NOT_TAKEN,
  STANDSTILL_MS,
  said,
} from './connection-model.ts';
import { Network, type Peer, Stage } from './network.ts';
import type { Play } from './replay.ts';
import { Inspector } from './taken.ts';

/** A connection of a real client over the in-memory transport; the stage has the part of the client's machine. */
export async function openConnection({ timings, may }: ConnectionScenario): Promise<Play> {
  const stage = new Stage();
  const network = new Network(stage);
  const inspector = new Inspector();
  let address = 'a:1';
  const backoff = { backoffInitialMs: 1, backoffMaxMs: 1, backoffFactor: 1, backoffResetMs: NEVER_MS };
  const object = clientObject(
    { ...timings, ...backoff, handshakeTimeoutMs: NEVER_MS },
    stage,
    network,
    () => [address],
    () => {},
  );
  const { client, book } = object;
  book.refresh();
  // It has taken the place of another: the next one has to wait.
  const release = (await connect()).take(() => {});
  const link = notForEver(await connect());
  const peer = network.peers.at(-1) as Peer;
  const reports: string[] = [];
  const parent = createActor(
    fromTransition((state: undefined, report: ConnectionReport) => {
      reports.push(said(report));
      return state;
    }, undefined),
  ).start();
  const { clock } = stage;
  const actor = createActor(connectionMachine, {
    id: link.id,
    clock,
    inspect: inspector.inspect,
    input: { link, timings, parent },
  }).start();
  release();
  const first = send();
  await stage.settle();
  peer.result(first.seq, SUM, 2);
  await stage.settle();

  let command: NotedCommand | undefined;
  let stream: NotedCommand | undefined;
  let givenUp: NotedCommand[] = [];
  const leaveStream = async () => {
    stream = new NotedCommand(calc.Countdown({ from: 3 }));
    client.send(stream);
    await stage.settle();
    peer.result(stream.seq, TICK, { n: 1, last: false });
    await stage.settle();
    client.forget(stream.seq);
  };
  const acts: Record<string, () => unknown> = {
    'the peer closes': () => peer.stream.destroy(),
    'the peer says goodbye': () => (may.greets ? peer.goodbye(command?.seq ?? 0) : peer.error(first.seq, 'closed')),
    [NOT_TAKEN]: () => peer.goodbye(first.seq),
    'another takes its place': () => actor.send({ type: 'connection.retire' }),
    'its client drains': () => actor.send({ type: 'connection.drain' }),
    'its address is gone': () => {
      address = nextOf(address);
      book.refresh();
    },
    'a Command is sent': () => {
      command = send();
      if (may.closes)
        command.failed = (error) => {
          command?.errors.push(error);
          actor.stop();
        };
    },
    'the Command is answered': () => peer.result(command?.seq ?? 0, SUM, 2),
    'a stream is left': leaveStream,
    'many streams are left': async () => {
      for (let left = 0; left < MANY; left++) await leaveStream();
    },
    'many Commands are given up': async () => {
      givenUp = Array.from({ length: MANY }, () => send());
      await stage.settle();
      for (const { seq } of givenUp) client.forget(seq);
    },
    'what was given up is answered': async () => {
      for (const { seq } of givenUp) {
        if (may.greets) peer.ended(seq);
        else peer.result(seq, SUM, 2);
      }
    },
    'its last Result comes': () => peer.result(stream?.seq ?? 0, TICK, { n: 0, last: true }),
    [ENDED]: () => peer.ended(stream?.seq ?? 0),
    // Of a Command that has been answered: it does not show that the peer reads.
    'much comes': () => peer.result(first.seq, TEXT, 'x'.repeat(MUCH_BYTES)),
    'the process stands still': () => clock.standStill(STANDSTILL_MS),
    'the peer answers the first Ping': () => peer.pong(),
    'the peer answers an earlier Ping': () => peer.pong(),
    'the peer answers a repeated Ping': () => peer.pong(),
    'a Pong comes that nobody asked for': () => peer.pong(),
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
      open: !peer.over,
      accepting: object.isAccepting,
      command: stateOf(command),
      told: [...peer.told],
      pings: peer.pings,
      reports,
      timerInMs: clock.nextTimerInMs ?? Number.POSITIVE_INFINITY,
    }),
    tryOut: () => client.send(new NotedCommand(calc.Add({ a: 1, b: 1 }))),
    async end() {
      actor.stop();
      await stage.settle();
    },
  };

  async function connect(): Promise<ConnectionLink> {
    const connecting = client.connect(new AbortController().signal);
    await stage.settle();
    network.dials()[0]?.accept();
    await stage.settle();
    network.peers.at(-1)?.introduce(may.greets ? 'default;x1' : 'default');
    if (may.greets) network.peers.at(-1)?.welcome();
    await stage.settle();
    return connecting;
  }

  function send(): NotedCommand {
    const sent = new NotedCommand(calc.Add({ a: 1, b: 1 }));
    client.send(sent);
    return sent;
  }
}

/** A machine that begins again and again within one turn would never let that turn end. */
function notForEver(link: ConnectionLink): ConnectionLink {
  const take = link.take.bind(link);
  let taken = 0;
  return Object.assign(link, { take: (tell: Parameters<typeof take>[0]) => (++taken > 20 ? () => {} : take(tell)) });
}

function stateOf(command: NotedCommand | undefined): string {
  if (command === undefined) return 'none';
  if (command.returns.length > 0) return 'returned';
  return codeOf(command.errors[0]) ?? (command.results.length > 0 ? 'answered' : 'waiting');
}
