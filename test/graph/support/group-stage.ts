import { createSender } from 'cmd-stream';
import { vi } from 'vitest';
import type { AnyActorRef, InspectionEvent } from 'xstate';
import type { GroupContext } from '../../../machines/group.ts';
import { AddressBook } from '../../../src/sender/client/address-book.ts';
import { calc, SUM } from '../../e2e/support/calc.ts';
import { codeOf, nextOf } from './client-model.ts';
import { outcome } from './client-stage.ts';
import { DRAIN_MS, type GroupScenario, type GroupWorld, rememberedByGroup, SOONER_MS } from './group-model.ts';
import type { ModelState } from './model.ts';
import { Network, type Peer, Stage } from './network.ts';
import type { Play } from './replay.ts';
import { Inspector } from './taken.ts';

const NEVER_MS = 1_000_000;
const BACKOFF_MS = 10;

const patient = { timeoutMs: Number.POSITIVE_INFINITY };

/** What a user must see of a sender. */
export function seenOfGroup({ snapshot, timers, passed }: ModelState<GroupWorld>) {
  const { phases, errors, error } = rememberedByGroup(snapshot.context as GroupContext);
  const isEnding = ['draining', 'closing', 'closed'].includes(snapshot.value as string);
  const ready = phases.filter((phase) => phase === 'ready').length;
  return {
    state: snapshot.value,
    // Along which states it came here from the one before.
    told: withoutRepeats(passed).slice(1),
    ready,
    error,
    clients: phases.map((phase, id) => `${phase} ${errors[id]}`),
    done: snapshot.value === 'closed',
    send: ready > 0 ? 'goes out' : isEnding ? 'closed' : phases.includes('connecting') ? 'hangs' : 'unavailable',
    timerInMs: snapshot.value === 'draining' ? Math.min(...timers.map(({ inMs }) => inMs)) : undefined,
  };
}

const withoutRepeats = (values: readonly unknown[]) => values.filter((value, index) => value !== values[index - 1]);

/** Who gets the Commands that are sent at the end of a path, one for each ready client. */
export const triedWithGroup = ({ snapshot }: ModelState<GroupWorld>) =>
  (snapshot.context as GroupContext).phases.flatMap((phase, id) => (phase === 'ready' ? [`client ${id}`] : []));

/** A sender with a group of clients. */
export async function openGroup({ clients, reconnect }: GroupScenario): Promise<Play> {
  const stage = new Stage();
  const network = new Network(stage);
  const inspector = new Inspector();
  let addresses = ['a:1'];
  let fromHook: (() => void) | undefined;
  const spy = vi.spyOn(AddressBook.prototype, 'refresh');
  const sender = await createSender(calc, {
    address: () => addresses,
    addressRefreshMs: Number.POSITIVE_INFINITY,
    clients,
    transport: network,
    clock: stage.clock,
    defer: stage.defer,
    random: () => 0.5,
    inspect: (event: InspectionEvent) => {
      inspector.inspect(event);
      const actor = event.actorRef as AnyActorRef;
      // Whose dial it is that comes next.
      const isDial =
        /^0\.client\.(connecting|reconnecting\.dialling|connected\.dialling|connected\.steady\.goingHome)$/.test(
          actor.id,
        );
      if (event.type === '@xstate.actor' && isDial) network.callers.push(actor._parent?.id ?? '');
    },
    lazy: true,
    timeoutMs: Number.POSITIVE_INFINITY,
    handshakeTimeoutMs: NEVER_MS,
    keepalive: false,
    drainTimeoutMs: NEVER_MS,
    reconnect: reconnect && { initialMs: BACKOFF_MS, maxMs: BACKOFF_MS, factor: 1, resetAfterMs: NEVER_MS },
    hooks: () => ({ onError: () => fromHook?.() }),
  });
  const book = spy.mock.contexts[0] as AddressBook;
  spy.mockRestore();
  await stage.settle();
  const actor = inspector.actor('group');
  const one = calc.Add({ a: 1, b: 1 });
  const peers = new Map<string, Peer>();
  let told: unknown[] = [sender.status.state];
  sender.subscribe((status) => status.type === 'group' && told.push(status.state));
  let done = false;
  void sender.done.then(() => {
    done = true;
  });

  /** The dial of a client; where it waits before it dials again, time passes first. */
  const dialOf = async (client: string) => {
    if (network.dials(client).length === 0) await stage.pass(BACKOFF_MS);
    return network.dials(client)[0];
  };
  const answer = (peer: Peer | undefined) => peer?.result(peer.commands.at(-1) ?? 0, SUM, 2);
  const connectTo = async (client: string, serverInfo: string) => {
    (await dialOf(client))?.accept();
    await stage.settle();
    const peer = network.peers.at(-1) as Peer;
    peers.set(client, peer);
    peer.introduce(serverInfo);
  };
  const ofClient: Record<string, (client: string) => unknown> = {
    'is connected': (client) => connectTo(client, 'default'),
    'finds another server': (client) => connectTo(client, 'other'),
    'finds nobody': async (client) => (await dialOf(client))?.refuse(),
    'is reset': (client) => peers.get(client)?.breakRules(),
    answers: (client) => answer(peers.get(client)),
    // Round robin: of as many as there are ready, one comes there; the others are answered at once.
    'gets a Command': async (client) => {
      for (let sent = 0; sent < sender.status.ready; sent++) sender.send(one).catch(() => {});
      await stage.settle();
      for (const [other, peer] of peers) if (other !== client && !peer.over) answer(peer);
    },
  };
  const ofGroup: Record<string, () => unknown> = {
    close: () => void sender.close(),
    'close, and once more from a hook': () => {
      fromHook = () => void sender.close();
      void sender.close();
    },
    'close, and drain from a hook': () => {
      fromHook = () => void sender.closeAndWait(DRAIN_MS);
      void sender.close();
    },
    drain: () => void sender.closeAndWait(DRAIN_MS),
    'drain sooner': () => void sender.closeAndWait(SOONER_MS),
    'the addresses change': () => {
      addresses = addresses.map(nextOf);
      book.refresh();
    },
  };
  return {
    actor,
    taken: () => inspector.take(actor),
    async cause({ stimulus: { name, inMs } }) {
      const [, client = '', what = ''] = /^(client \d) (.*)$/.exec(name) ?? [];
      if (inMs !== undefined) await stage.pass(inMs);
      else await (client === '' ? ofGroup[name]?.() : ofClient[what]?.(client));
      await stage.settle();
    },
    async look() {
      const { state, ready, error, clients: each } = sender.status;
      const since = told;
      told = [state];
      const looking = new AbortController();
      const send = ready > 0 ? 'goes out' : await outcome(sender.send(one, { ...patient, signal: looking.signal }));
      // One that waits for the first connect is not to be sent.
      looking.abort();
      return {
        state,
        told: withoutRepeats(since).slice(1),
        ready,
        error: codeOf(error),
        clients: each.map((client) => `${client.state} ${codeOf(client.error)}`),
        done,
        send,
        timerInMs: state === 'draining' ? stage.clock.nextTimerInMs : undefined,
      };
    },
    async tryOut() {
      const before = new Map([...peers].map(([client, { commands }]) => [client, commands.length]));
      for (let sent = 0; sent < sender.status.ready; sent++) sender.send(one).catch(() => {});
      await stage.settle();
      return [...peers]
        .filter(([client, { commands }]) => commands.length > (before.get(client) ?? 0))
        .map(([client]) => client)
        .sort();
    },
    async end() {
      fromHook = undefined;
      void sender.close();
      await stage.settle();
    },
  };
}
