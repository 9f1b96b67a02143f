import { type AnyMachineSnapshot, createEmptyActor } from 'xstate';
import type { ClientContext, ClientLink, ClientTimings } from '../../../machines/client.ts';
import type { ModelState, Scenario, Stimulus } from './model.ts';

/** What a client's doubles know: an address book, a socket, and the one Command of the test. */
export interface ClientWorld {
  addresses: string[];
  /** The address that is used, or tried next. */
  chosen: string;
  /** The address of the connection, or of the last attempt. */
  address: string;
  tried: string[];
  connected: boolean;
  /** Since the connection was taken into use, up to what matters. */
  aliveMs: number;
  quietMs: number;
  idleMs: number;
  /** How often something was said on this connection that nothing asked for: that is bounded, or time has no end. */
  unasked: number;
  /** What has become of the Command that was sent last. */
  command: 'none' | 'waiting' | 'answered' | 'connection-lost' | 'closed';
  awaitingIdle: boolean;
  /** Whether the connection has gone by itself. */
  lost: boolean;
  pings: number;
}

/** A setting of clients. */
export interface ClientScenario extends Scenario<ClientWorld> {
  readonly timings: ClientTimings;
  readonly reconnect: boolean;
  readonly addresses: readonly string[];
  /** Whether it stands alone, without a group. */
  readonly alone: boolean;
}

/** How long a drain may take that the user asks for. */
export const DRAIN_MS = 70;

const MAX_UNASKED = 1;

/** Who is told of changes. */
const GROUP = createEmptyActor();

const CONNECTING = '0.client.connecting';
const DIALLING = '0.client.reconnecting.dialling';

/** Where a service has moved to. */
export const nextOf = (address: string) => address.replace(/\d+$/, (port) => String(Number(port) + 1));

/** What happens to a client, in words, and what its machine sees of it. */
export function clientScenario(
  name: string,
  options: {
    stableMs: number;
    keepaliveTimeMs?: number;
    pingTimeoutMs?: number;
    reconnect?: boolean;
    addresses?: readonly string[];
    alone?: boolean;
  },
): ClientScenario {
  const { stableMs, reconnect = true, addresses = ['a:1'], alone = false } = options;
  const timings: ClientTimings = {
    handshakeTimeoutMs: 40,
    keepaliveTimeMs: options.keepaliveTimeMs ?? 30,
    pingTimeoutMs: options.pingTimeoutMs ?? 20,
    drainTimeoutMs: 60,
    backoffInitialMs: 20,
    backoffMaxMs: 40,
    backoffFactor: 2,
    backoffResetMs: stableMs,
  };
  return {
    name,
    timings,
    reconnect,
    addresses,
    alone,
    world: {
      addresses: [...addresses],
      chosen: '',
      address: '',
      tried: [],
      connected: false,
      aliveMs: 0,
      quietMs: 0,
      idleMs: 0,
      unasked: 0,
      command: 'none',
      awaitingIdle: false,
      lost: false,
      pings: 0,
    },
    input: (world) => ({
      id: 0,
      link: linkOf(world),
      timings,
      reconnect,
      random: () => 0.5,
      ...(alone ? {} : { parent: GROUP }),
    }),
    stimuli: (state) => stimuliOf(state, alone),
    happen(world, { name: what, event }) {
      if (what === 'nobody is there' || what === 'another server') giveUp(world);
      if (what === 'a Command is sent' || what.startsWith('the peer says')) world.unasked++;
      if (what === 'a Command is sent') Object.assign(world, { command: 'waiting', idleMs: 0 });
      if (what === 'the Command is answered') world.command = 'answered';
      if (what === 'the Command is answered' || what.startsWith('the peer')) world.quietMs = 0;
      if (what === 'its address is gone') {
        world.addresses = world.addresses.map((address) => (address === world.address ? nextOf(address) : address));
      }
      if (what === 'its address stays') world.addresses = world.addresses.toReversed();
      if (event?.type === 'connection.lost') {
        world.lost = true;
        if (world.aliveMs < stableMs) giveUp(world);
      }
    },
    pass(world, ms) {
      if (!world.connected) return;
      world.quietMs += ms;
      world.idleMs += ms;
      world.aliveMs = Math.min(world.aliveMs + ms, stableMs);
    },
    started(world, source) {
      if (source === 'connect') {
        if (!world.addresses.includes(world.chosen)) world.chosen = world.addresses[0] as string;
        world.address = world.chosen;
        if (!world.tried.includes(world.address)) world.tried.push(world.address);
      } else {
        Object.assign(world, {
          tried: [],
          connected: true,
          aliveMs: 0,
          quietMs: 0,
          idleMs: 0,
          unasked: 0,
          lost: false,
          pings: 0,
        });
      }
    },
    stopped(world, source) {
      if (source !== 'connection') return;
      if (world.command === 'waiting') world.command = world.lost ? 'connection-lost' : 'closed';
      Object.assign(world, { connected: false, quietMs: 0, idleMs: 0, awaitingIdle: false });
    },
    key: ({ snapshot, world, timers }) => {
      const { attempt } = snapshot.context as ClientContext;
      const { chosen, address, tried, connected, aliveMs, quietMs, idleMs, command, awaitingIdle, lost } = world;
      const at = (wanted: string) => world.addresses.indexOf(wanted);
      return [
        // After the second attempt the waits are the longest.
        Math.min(attempt, 1),
        // Which address it is does not matter, only where in the list it stands.
        [at(chosen), at(address), tried.length < world.addresses.length ? tried.map(at) : 'all'],
        // How long it has been quiet counts while a Ping may be sent only.
        [connected, ...(isIn(snapshot, 'ready') ? [quietMs, idleMs] : [quietMs > 0]), aliveMs < stableMs],
        [command === 'waiting', awaitingIdle, lost, world.unasked],
        timers.map(({ event, inMs }) => [event.type, inMs]),
      ];
    },
    aspect: ({ snapshot }) => rememberedByClient(snapshot.context as ClientContext).error ?? '',
  };
}

/** What can happen where a client stands, besides time. */
function stimuliOf({ snapshot, world }: ModelState<ClientWorld>, alone: boolean): Stimulus[] {
  if (snapshot.status !== 'active') return [];
  const dial = snapshot.value === 'connecting' ? CONNECTING : isIn(snapshot, 'dialling') ? DIALLING : undefined;
  const stimuli: Stimulus[] = [{ name: 'close', event: { type: 'client.close' } }];
  if (phaseOf(snapshot) !== 'draining') {
    stimuli.push({ name: 'drain', event: { type: 'client.drain', timeoutMs: DRAIN_MS } });
  } else if (alone) {
    // A group that is draining drains its clients once.
    stimuli.push({ name: 'drain for longer', event: { type: 'client.drain', timeoutMs: 2 * DRAIN_MS } });
  }
  if (world.addresses.includes(world.address)) {
    stimuli.push({ name: 'its address is gone', event: { type: 'addresses.changed' } });
    if (world.addresses.length > 1) stimuli.push({ name: 'its address stays', event: { type: 'addresses.changed' } });
  }
  if (dial !== undefined) {
    const failed = (code: string) => ({ type: `xstate.error.actor.${dial}`, error: errorOf(code) });
    stimuli.push(
      { name: 'a server is there', event: { type: `xstate.done.actor.${dial}` } },
      { name: 'nobody is there', event: failed('connect-failed') },
      { name: 'another server', event: failed('server-info-mismatch') },
    );
  }
  if (world.connected) {
    stimuli.push({
      name: 'the connection is reset',
      event: { type: 'connection.lost', error: errorOf('connection-lost') },
    });
    const isAsked = isIn(snapshot, 'pinging') || isIn(snapshot, 'overdue');
    if (isAsked) stimuli.push({ name: 'the peer answers a Ping', event: { type: 'pong.received' } });
    const maySpeak = world.unasked < MAX_UNASKED;
    if (!isAsked && maySpeak) stimuli.push({ name: 'the peer says Pong unasked', event: { type: 'pong.received' } });
    if (world.quietMs > 0 && maySpeak) stimuli.push({ name: 'the peer says something' });
    if (world.command === 'waiting') {
      const event = world.awaitingIdle ? { type: 'pending.settled' } : undefined;
      stimuli.push({ name: 'the Command is answered', event });
    } else if (isIn(snapshot, 'ready') && world.unasked < MAX_UNASKED) stimuli.push({ name: 'a Command is sent' });
  }
  return stimuli;
}

function linkOf(world: () => ClientWorld): ClientLink {
  return {
    connect: async () => {},
    open: () => () => {},
    refuse: () => {},
    sendPing: () => {
      world().pings++;
      world().idleMs = 0;
    },
    quietMs: () => world().quietMs,
    idleMs: () => world().idleMs,
    isIdle: () => world().command !== 'waiting',
    awaitIdle: () => {
      world().awaitingIdle = true;
    },
    isAddressCurrent: () => world().addresses.includes(world().address),
    hasUntriedAddress: () => world().tried.length > 0 && world().tried.length < world().addresses.length,
    isFinal: (error) => codeOf(error) === 'server-info-mismatch',
    overdue: (what) => {
      if (what === 'handshake') giveUp(world());
      else world().lost = true;
      if (what === 'ping') giveUp(world());
      return errorOf(what === 'handshake' ? 'handshake-timeout' : 'connection-lost');
    },
  };
}

function giveUp(world: ClientWorld): void {
  const at = world.addresses.indexOf(world.chosen);
  if (at >= 0) world.chosen = world.addresses[(at + 1) % world.addresses.length] as string;
}

const isIn = ({ value }: AnyMachineSnapshot, state: string) => JSON.stringify(value).includes(`"${state}"`);

const errorOf = (code: string) => Object.assign(new Error(code), { code });

/** The code of an error. */
export const codeOf = (error: unknown): string | undefined =>
  error === undefined ? undefined : (error as { readonly code?: string }).code;

/** What of a client's memory counts. */
export function rememberedByClient({ attempt, delayMs, drainTimeoutMs, error }: ClientContext) {
  return { attempt, delayMs, drainTimeoutMs, error: codeOf(error) };
}

/** The phase that a user sees. */
export function phaseOf({ value }: AnyMachineSnapshot): string {
  if (typeof value === 'string') return value;
  const [[outer, inner]] = Object.entries(value) as [[string, unknown]];
  if (outer === 'reconnecting') return outer;
  return typeof inner === 'string' ? inner : (Object.keys(inner as object)[0] as string);
}
