import { createSender } from 'cmd-stream';
import { vi } from 'vitest';
import type { AnyActorRef } from 'xstate';
import { AddressBook } from '../../../src/sender/client/address-book.ts';
import { Homes } from '../../../src/sender/client/homes.ts';
import { calc, SUM, TICK } from '../../e2e/support/calc.ts';
import { openAlone } from './client-alone.ts';
import {
  type ClientScenario,
  type ClientWorld,
  codeOf,
  DRAIN_MS,
  LEAVES,
  LEAVES_AT_ONCE,
  NEVER_MS,
  NOT_LET_IN,
  nextOf,
  phaseOf,
  SILENT,
  WELCOMED,
} from './client-model.ts';
import type { ModelState } from './model.ts';
import { Network, type Peer, Stage } from './network.ts';
import type { Play } from './replay.ts';
import { Inspector } from './taken.ts';

// Where a client belongs is decided by the addresses' texts; here by their order, so that all texts are alike.
vi.spyOn(Homes.prototype, 'of').mockImplementation(function (this: Homes) {
  return this.addresses[0];
});

/** A real client, in whatever it is in. */
export interface RealClient {
  readonly actor: AnyActorRef | undefined;
  readonly book: AddressBook;
  /** What its user is told of it. */
  status(): {
    readonly state: string;
    readonly attempt: number;
    readonly delayMs: number;
    readonly error: unknown;
    readonly address: string;
  };
  send(): Promise<unknown>;
  /** Sends a Command that is answered by a stream. Returns what leaves it. */
  beginStream(): () => void;
  /** Another client of its group has come through, where it has one. */
  hurry?(): void;
  close(): void;
  drain(timeoutMs: number): void;
}

/** What a user must see of a client. */
export function seenOfClient(state: ModelState<ClientWorld>) {
  const { snapshot, world, timers } = state;
  const phase = phaseOf(snapshot);
  const { attempt, delayMs, error } = snapshot.context as { attempt: number; delayMs: number; error: unknown };
  const isDialling = /inTime|late/.test(JSON.stringify(snapshot.value));
  return {
    status: { state: phase, attempt, delayMs, error: codeOf(error), address: world.address },
    dialling: isDialling && !world.greeting ? [world.dialled] : [],
    connections: world.open.length + (world.greeting ? 1 : 0),
    command: world.command,
    send: phase === 'ready' ? 'goes out' : phase === 'draining' || phase === 'closed' ? 'closed' : 'unavailable',
    timerInMs: Math.min(...timers.map(({ inMs }) => inMs)),
  };
}

/** What happens to a Command that is sent at the end of a path. */
export const triedWithClient = (state: ModelState<ClientWorld>) =>
  phaseOf(state.snapshot) === 'ready' ? 2 : 'refused';

/** A client, over the in-memory transport. */
export async function openClient(scenario: ClientScenario): Promise<Play> {
  const stage = new Stage();
  const network = new Network(stage);
  const inspector = new Inspector();
  let addresses = [...scenario.addresses];
  const open = scenario.alone ? openAlone : openSender;
  const client = await open(scenario, stage, network, inspector, () => addresses);
  await stage.settle();
  let command = 'none';
  /** Who has been told who this is, and has not answered. */
  let asking: Peer | undefined;
  const peer = (): Peer | undefined => network.peers.findLast((each) => !each.over && each !== asking);
  const change = (to: string[]) => {
    addresses = to;
    client.book.refresh();
  };
  const acceptAs = async (serverInfo: string) => {
    network.dials()[0]?.accept();
    await stage.settle();
    peer()?.introduce(serverInfo);
    return peer();
  };
  const welcome = (refused?: string) => {
    asking?.welcome(refused);
    asking = undefined;
  };
  /** Who has the Command that was sent last, and its sequence number. */
  let asked: { readonly peer: Peer | undefined; readonly seq: number } | undefined;
  const noteAsked = async () => {
    await stage.settle();
    asked = { peer: peer(), seq: peer()?.commands.at(-1) ?? 0 };
  };
  const answer = () => asked?.peer?.result(asked.seq, SUM, 2);
  const acts: Record<string, () => unknown> = {
    close: () => client.close(),
    'another comes through': () => client.hurry?.(),
    drain: () => client.drain(DRAIN_MS),
    'drain for longer': () => client.drain(2 * DRAIN_MS),
    'its address is gone': () => {
      const { address } = client.status();
      change(addresses.map((each) => (each === address ? nextOf(each) : each)));
    },
    'its home is gone': () => {
      const [home] = network.dials();
      change(addresses.map((each) => (each === home?.address ? nextOf(each) : each)));
    },
    'its address stays': () => change(addresses.toReversed()),
    'a server is there': async () => {
      if (scenario.greets) (await acceptAs('default;x1'))?.welcome();
      else await acceptAs('default');
    },
    [SILENT]: async () => {
      asking = await acceptAs('default;x1');
    },
    [WELCOMED]: () => welcome(),
    [NOT_LET_IN]: () => welcome('not this one'),
    [LEAVES]: () => asking?.stream.destroy(),
    [LEAVES_AT_ONCE]: () => {
      asking?.welcomeAndLeave();
      asking = undefined;
    },
    'another server': () => acceptAs('other'),
    'nobody is there': () => network.dials()[0]?.refuse(),
    'nobody is there any more': () => network.dials()[0]?.refuse(),
    'the connection is reset': () => peer()?.breakRules(),
    'an old connection is reset': () => network.peers.find(({ over }) => !over)?.breakRules(),
    'the server closes': () => peer()?.stream.destroy(),
    'the server says goodbye': () => (scenario.greets ? peer()?.goodbye(1_000) : peer()?.error(1_000, 'closed')),
    // So many that it cannot wait.
    'streams are left': async () => {
      for (let left = 0; left < 8; left++) {
        const leave = client.beginStream();
        await stage.settle();
        peer()?.result(peer()?.commands.at(-1) ?? 0, TICK, { n: 1, last: false });
        await stage.settle();
        leave();
      }
    },
    'a Command is sent': () => {
      command = 'waiting';
      client.send().then(
        () => {
          command = 'answered';
        },
        (error) => {
          command = codeOf(error) ?? 'no code';
        },
      );
      return noteAsked();
    },
    'the Command is answered': answer,
  };
  return {
    get actor() {
      return client.actor;
    },
    taken: () => inspector.take(client.actor),
    async cause({ stimulus: { name, inMs } }) {
      if (inMs !== undefined) await stage.pass(inMs);
      else await acts[name]?.();
      await stage.settle();
    },
    async look() {
      const { state, attempt, delayMs, error, address } = client.status();
      const timerInMs = stage.clock.nextTimerInMs ?? Number.POSITIVE_INFINITY;
      return {
        status: { state, attempt, delayMs, error: codeOf(error), address },
        dialling: network.dials().map((dial) => dial.address),
        connections: network.peers.filter(({ over }) => !over).length,
        command,
        send: state === 'ready' ? 'goes out' : await outcome(client.send()),
        timerInMs: timerInMs > NEVER_MS / 2 ? Number.POSITIVE_INFINITY : timerInMs,
      };
    },
    async tryOut() {
      if (client.status().state !== 'ready') return 'refused';
      const sent = client.send();
      await noteAsked();
      answer();
      await stage.settle();
      return outcome(sent);
    },
    async end() {
      client.close();
      await stage.settle();
    },
  };
}

/** The only client of a sender. */
async function openSender(
  { timings, reconnect }: ClientScenario,
  { clock, defer }: Stage,
  transport: Network,
  inspector: Inspector,
  address: () => string[],
): Promise<RealClient> {
  // The sender's address book asks at its own times; the test wants it to ask now.
  const spy = vi.spyOn(AddressBook.prototype, 'refresh');
  const sender = await createSender(calc, {
    address,
    addressRefreshMs: Number.POSITIVE_INFINITY,
    transport,
    clock,
    defer,
    random: () => 0.5,
    inspect: inspector.inspect,
    lazy: true,
    timeoutMs: Number.POSITIVE_INFINITY,
    handshakeTimeoutMs: timings.handshakeTimeoutMs,
    keepalive: { timeMs: timings.keepaliveTimeMs, timeoutMs: timings.pingTimeoutMs },
    drainTimeoutMs: timings.drainTimeoutMs,
    reconnect: reconnect && {
      initialMs: timings.backoffInitialMs,
      maxMs: timings.backoffMaxMs,
      factor: timings.backoffFactor,
      resetAfterMs: timings.backoffResetMs,
    },
  });
  const book = spy.mock.contexts[0] as AddressBook;
  spy.mockRestore();
  return {
    get actor() {
      return inspector.actor('client 0');
    },
    book,
    status: () => sender.status.clients[0] as ReturnType<RealClient['status']>,
    // Past the sender, whose sends wait for the very first connect.
    send: () =>
      new Promise((resolve, reject) => {
        try {
          sender.group.send(calc.Add({ a: 1, b: 1 }), { result: ({ value }) => resolve(value), failed: reject });
        } catch (error) {
          reject(error);
        }
      }),
    beginStream: () => {
      const { seq, clientId } = sender.group.send(calc.Countdown({ from: 3 }), { result: () => {}, failed: () => {} });
      return () => sender.group.forget(seq, clientId);
    },
    close: () => void sender.close(),
    drain: (timeoutMs) => void sender.closeAndWait(timeoutMs),
  };
}

/** What a send comes to; `hangs` where it does not settle at once. */
export function outcome(sent: Promise<unknown>): Promise<unknown> {
  const settled = sent.catch((error) => codeOf(error));
  const later = new Promise((resolve) => setImmediate(() => setImmediate(() => resolve('hangs'))));
  return Promise.race([settled, later]);
}
