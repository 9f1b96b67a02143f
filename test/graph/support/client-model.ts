import { type AnyEventObject, type AnyMachineSnapshot, createEmptyActor } from 'xstate';
import type { ClientContext, ClientLink, ClientTimings } from '../../../machines/client.ts';
import type { ModelState, Scenario, Stimulus } from './model.ts';

/** What a client's doubles know: an address book, its connections, and the one Command of the test. */
export interface ClientWorld {
  addresses: string[];
  /** The address that is used, or tried next. */
  chosen: string;
  /** The address that is, or was last, dialled. */
  dialled: string;
  /** The address of the connection in use, or of the last attempt where there is none. */
  address: string;
  tried: string[];
  dials: number;
  /** Whether the server that is dialled has been told who this is, and has not answered. */
  greeting: boolean;
  /** For how much longer each address is known to be down; and those where dials have failed, the last one last. */
  down: Record<string, number>;
  failed: string[];
  /** Where another service was found. */
  other: string[];
  /** How many connections in a row have not lived at each address. */
  short: Record<string, number>;
  /** The connections that are open, by their numbers; and the one that takes Commands. */
  open: number[];
  current: number | undefined;
  opened: number;
  /** Since the connection in use was taken into use, up to what matters. */
  aliveMs: number;
  /** Whether the connection in use has asked for another. */
  worn: boolean;
  /** What has become of the Command that was sent last, and over which connection. */
  command: 'none' | 'waiting' | 'answered' | 'connection-lost' | 'closed';
  commandAt: number;
  /** How often a Command was sent on this connection: that is bounded. */
  sent: number;
  /** Connections that have said that they are over, and are being ended. */
  ending: number;
}

/** A setting of clients. */
export interface ClientScenario extends Scenario<ClientWorld> {
  readonly timings: ClientTimings;
  readonly reconnect: boolean;
  readonly addresses: readonly string[];
  readonly maxRetired: number | undefined;
  /** Whether it stands alone, without a group. */
  readonly alone: boolean;
  /** Whether servers have the wire extension. */
  readonly greets: boolean;
}

/** How long a drain may take that the user asks for. */
export const DRAIN_MS = 70;

/** What no test waits for: what a connection does by itself has tests of its own. */
export const NEVER_MS = 1_000_000_000;

/** For so long an address is down, where there are several: all other times together are less than a quarter of it. */
const DOWN_MS = 1_000_000;

/** So many Commands are sent over one connection at most. */
const MAX_SENT = 1;

/** What a server does that is shut down. */
const GOODBYE = 'the server says goodbye';
const CLOSES = 'the server closes';

/** What a server with the wire extension does with a client that has said who it is. */
export const WELCOMED = 'it is welcomed';
export const SILENT = 'a server is there, and does not say whether it may come in';
export const NOT_LET_IN = 'it may not come in';
export const LEAVES = 'it is left without an answer';
export const LEAVES_AT_ONCE = 'it is welcomed, and told goodbye in the same breath';
const NOT_WELCOME = new Set([NOT_LET_IN, LEAVES, LEAVES_AT_ONCE]);

/** Its server listens no more, and works for nobody on the connection in use: that is no use to keep. */
const NO_MORE = 'nobody is there any more';

/** Who is told of changes. */
const GROUP = createEmptyActor();

const DIALS = ['connecting', 'reconnecting.dialling', 'connected.dialling', 'connected.steady.goingHome'];

/** Where a service has moved to. */
export const nextOf = (address: string) => address.replace(/\d+$/, (port) => String(Number(port) + 1));

/** What happens to a client, in words, and what its machine sees of it. */
export function clientScenario(
  name: string,
  options: {
    stableMs: number;
    reconnect?: boolean;
    addresses?: readonly string[];
    alone?: boolean;
    maxRetired?: number;
    /** How many connections are opened at most. */
    connections?: number;
    /** Whether servers may shut down. */
    ends?: boolean;
    /** Whether servers have the wire extension. */
    greets?: boolean;
  },
): ClientScenario {
  const {
    stableMs,
    reconnect = true,
    addresses = ['a:1'],
    alone = false,
    maxRetired,
    connections = 2,
    ends = false,
    greets = false,
  } = options;
  const timings: ClientTimings = {
    handshakeTimeoutMs: 40,
    keepaliveTimeMs: NEVER_MS,
    pingTimeoutMs: NEVER_MS,
    drainTimeoutMs: NEVER_MS,
    lateTimeMs: NEVER_MS,
    backoffInitialMs: 20,
    backoffMaxMs: addresses.length > 1 ? DOWN_MS : 40,
    backoffFactor: addresses.length > 1 ? 1 : 2,
    backoffResetMs: stableMs,
  };
  return {
    name,
    timings,
    reconnect,
    addresses,
    alone,
    maxRetired,
    greets,
    world: {
      addresses: [...addresses],
      chosen: '',
      dialled: '',
      address: '',
      tried: [],
      dials: 0,
      greeting: false,
      down: {},
      failed: [],
      other: [],
      short: {},
      open: [],
      current: undefined,
      opened: 0,
      aliveMs: 0,
      worn: false,
      command: 'none',
      commandAt: 0,
      sent: 0,
      ending: 0,
    },
    input: (world) => ({
      id: 0,
      link: linkOf(world, timings),
      timings,
      reconnect,
      maxRetired,
      random: () => 0.5,
      ...(alone ? {} : { parent: GROUP }),
    }),
    stimuli: (state) => stimuliOf(state, { alone, connections, ends, greets }),
    happen(world, { name: what, event }) {
      if (what === 'nobody is there' || what === NO_MORE || NOT_WELCOME.has(what)) {
        giveUp(world, world.dialled, timings);
      }
      if (what === SILENT) world.greeting = true;
      // It was open, for a moment.
      if (what === LEAVES_AT_ONCE) world.opened++;
      if (what === 'another server') {
        giveUp(world, world.dialled, timings);
        world.other.push(world.dialled);
      }
      if (what === 'a Command is sent') {
        world.sent++;
        Object.assign(world, { command: 'waiting', commandAt: world.current });
      }
      if (what === 'the Command is answered') world.command = 'answered';
      if (what === 'streams are left') world.worn = true;
      if (what === 'its address is gone') {
        world.addresses = world.addresses.map((address) => (address === world.address ? nextOf(address) : address));
      }
      if (what === 'its home is gone') {
        world.addresses = world.addresses.map((address) => (address === world.dialled ? nextOf(address) : address));
      }
      if (what === 'its address stays') world.addresses = world.addresses.toReversed();
      if (what === GOODBYE) giveUp(world, world.address, timings);
      if ((what === 'the connection is reset' || what === CLOSES || what === NO_MORE) && event !== undefined) {
        const times = world.short[world.address] ?? 0;
        const isShort = world.aliveMs < stableMs;
        if (isShort) giveUp(world, world.address, timings, 2 ** times);
        if (world.addresses.includes(world.address)) world.short[world.address] = isShort ? times + 1 : 0;
      }
    },
    told(world, event) {
      if (event.type === 'connection.leaving') Object.assign(world, { current: undefined, aliveMs: 0, worn: false });
      if (event.type !== 'connection.over') return;
      const number = Number(event.id.split(' ')[1]);
      if (!world.open.includes(number)) return;
      world.ending++;
      world.open = world.open.filter((open) => open !== number);
      if (world.current === number) Object.assign(world, { current: undefined, aliveMs: 0, worn: false });
      if (world.command === 'waiting' && world.commandAt === number) world.command = 'connection-lost';
    },
    pass(world, ms) {
      for (const [address, leftMs] of Object.entries(world.down)) world.down[address] = Math.max(0, leftMs - ms);
      if (world.current !== undefined) world.aliveMs = Math.min(world.aliveMs + ms, stableMs);
    },
    started(world, source) {
      if (source === 'connect') {
        world.chosen = choose(world);
        world.dialled = world.chosen;
        if (world.current === undefined) world.address = world.dialled;
        if (!world.tried.includes(world.dialled)) world.tried.push(world.dialled);
        world.dials++;
        return;
      }
      const number = ++world.opened;
      world.open.push(number);
      world.down[world.dialled] = 0;
      world.other = world.other.filter((address) => address !== world.dialled);
      const address = world.dialled;
      Object.assign(world, { current: number, address, chosen: address, tried: [], dials: 0 });
      Object.assign(world, { aliveMs: 0, worn: false, sent: 0 });
    },
    stopped(world, source) {
      if (source === 'connect') world.greeting = false;
      if (source === 'connect' && world.current !== undefined) world.chosen = world.address;
      if (source !== 'connection') return;
      if (world.ending > 0) {
        world.ending--;
        return;
      }
      if (world.command === 'waiting') world.command = 'closed';
      Object.assign(world, { open: [], current: undefined });
    },
    key: ({ snapshot, world, timers }) => {
      const { attempt, renewals, hurried } = snapshot.context as ClientContext;
      const { chosen, dialled, address, tried, dials, open, current, opened, greeting } = world;
      const { aliveMs, worn, command, commandAt, sent, down, failed, short, other } = world;
      const at = (wanted: string) => world.addresses.indexOf(wanted);
      return [
        // After the second attempt the waits are the longest.
        [Math.min(attempt, 1), Math.min(renewals, 1), hurried],
        // Which address it is does not matter, only where in the list it stands.
        [at(chosen), at(dialled), at(address), tried.length < world.addresses.length ? tried.map(at) : 'all'],
        // Where there is one only, it is dialled whatever is known of it.
        world.addresses.length === 1
          ? []
          : [
              Math.min(dials, 2),
              world.addresses.map((each) => short[each] ?? 0),
              world.addresses.map((each) => Math.ceil(((down[each] ?? 0) * 4) / DOWN_MS)),
              // The order counts where all are down.
              world.addresses.every((each) => (down[each] ?? 0) > 0)
                ? failed.map(at).filter((place) => place >= 0)
                : [],
            ],
        [open.map((number) => [number === current, command === 'waiting' && number === commandAt])],
        world.addresses.map((each) => other.includes(each)),
        [Math.min(opened, connections), aliveMs < stableMs, worn, sent, greeting],
        timers.map(({ event, inMs }) => [event.type, inMs]),
      ];
    },
    aspect: ({ snapshot }) => rememberedByClient(snapshot.context as ClientContext).error ?? '',
  };
}

/** What can happen where a client stands, besides time. */
function stimuliOf(
  { snapshot, world }: ModelState<ClientWorld>,
  { alone, connections, ends, greets }: { alone: boolean; connections: number; ends: boolean; greets: boolean },
): Stimulus[] {
  if (snapshot.status !== 'active') return [];
  const phase = phaseOf(snapshot);
  const { open, current, command, commandAt } = world;
  const isWaiting = (number: number) => command === 'waiting' && commandAt === number;
  const settled = open.filter((number) => !isWaiting(number)).map((number) => over(number));
  const stimuli: Stimulus[] = [{ name: 'close', event: { type: 'client.close' } }];
  if (phase !== 'draining') {
    stimuli.push({ name: 'drain', event: { type: 'client.drain', timeoutMs: DRAIN_MS }, follow: settled });
  } else if (alone) {
    // A group that is draining drains its clients once.
    stimuli.push({ name: 'drain for longer', event: { type: 'client.drain', timeoutMs: 2 * DRAIN_MS } });
  }
  if (world.addresses.includes(world.address)) {
    stimuli.push({ name: 'its address is gone', event: { type: 'addresses.changed' } });
    if (world.addresses.length > 1) stimuli.push({ name: 'its address stays', event: { type: 'addresses.changed' } });
  }
  if (isIn(snapshot, 'connected.steady.goingHome') && world.addresses.includes(world.dialled)) {
    stimuli.push({ name: 'its home is gone', event: { type: 'addresses.changed' } });
  }
  // In a group with others.
  if (alone && phase !== 'draining') stimuli.push({ name: 'another comes through', event: { type: 'client.hurry' } });
  const dial = DIALS.find((state) => snapshot.matches(state as never) || isIn(snapshot, state));
  if (dial !== undefined) {
    const failed = (code: string) => ({ type: `xstate.error.actor.0.client.${dial}`, error: errorOf(code) });
    if (world.opened < connections) {
      const done = { type: `xstate.done.actor.0.client.${dial}`, output: { id: `connection ${world.opened + 1}` } };
      // The one whose place is taken has nothing more to do, unless something is pending there.
      const follow = phase === 'ready' && current !== undefined && !isWaiting(current) ? [over(current)] : [];
      stimuli.push({ name: world.greeting ? WELCOMED : 'a server is there', event: done, follow });
    }
    if (greets) stimuli.push(...whileDialling(world.greeting, world.opened < connections, failed));
    const isLeft = phase === 'ready' && world.worn && world.dialled === world.address;
    if (isLeft && current !== undefined && !isWaiting(current)) {
      stimuli.push({ name: NO_MORE, event: over(current, 'connection-lost') });
    } else if (!world.greeting) stimuli.push({ name: 'nobody is there', event: failed('connect-failed') });
    // Which of several is dialled then, the tests of the address book say.
    if (world.addresses.length === 1 && !world.greeting) {
      stimuli.push({ name: 'another server', event: failed('server-info-mismatch') });
    }
  }
  for (const number of open) {
    const name = number === current ? 'the connection is reset' : 'an old connection is reset';
    stimuli.push({ name, event: over(number, 'protocol-error') });
  }
  if (ends && current !== undefined && phase === 'ready') {
    const leaving = { type: 'connection.leaving', id: `connection ${current}`, error: errorOf('closed') };
    stimuli.push(
      { name: GOODBYE, event: leaving, follow: isWaiting(current) ? [] : [over(current)] },
      { name: CLOSES, event: over(current, 'connection-lost', true) },
    );
  }
  if (command === 'waiting') {
    // One that is retired is over then.
    const event = commandAt === current && phase !== 'draining' ? undefined : over(commandAt);
    stimuli.push({ name: 'the Command is answered', event });
  } else if (phase === 'ready' && world.sent < MAX_SENT) stimuli.push({ name: 'a Command is sent' });
  if (phase === 'ready' && !world.worn && world.opened < connections) {
    if (!greets) stimuli.push({ name: 'streams are left', event: { type: 'connection.renew' } });
  }
  return stimuli;
}

/** What a server with the wire extension can do besides. */
function whileDialling(isGreeting: boolean, mayOpen: boolean, failed: (code: string) => AnyEventObject): Stimulus[] {
  if (!isGreeting) return [{ name: SILENT }];
  return [
    ...(mayOpen ? [{ name: LEAVES_AT_ONCE, event: failed('connection-lost') }] : []),
    { name: NOT_LET_IN, event: failed('refused') },
    { name: LEAVES, event: failed('connection-lost') },
  ];
}

const over = (number: number, code?: string, inOrder = false): AnyEventObject => ({
  type: 'connection.over',
  inOrder,
  id: `connection ${number}`,
  error: code === undefined ? undefined : errorOf(code),
});

function linkOf(world: () => ClientWorld, timings: ClientTimings): ClientLink {
  return {
    connect: async () => ({}) as never,
    isDialCurrent: () => world().addresses.includes(world().dialled),
    isAddressCurrent: () => world().addresses.includes(world().address),
    isAway: (id) => {
      const { opened, dialled, address } = world();
      return (id === `connection ${opened + 1}` ? dialled : address) !== homeOf(world());
    },
    mayGoHome: () => isUp(world(), homeOf(world())),
    // Who has lived for so long is stable in all scenarios.
    isWorthMoving: () => world().addresses.some((address) => isUp(world(), address)),
    hasUntriedAddress: () => world().dials > 0 && world().dials < world().addresses.length,
    handshakeGraceMs: () => 0,
    // Longer than any wait here.
    turnInMs: () => Number.POSITIVE_INFINITY,
    isOtherService: () => world().addresses.every((address) => world().other.includes(address)),
    giveUpDial: () => giveUp(world(), world().dialled, timings),
    overdueError: () => errorOf('handshake-timeout'),
  };
}

/** The first address of the list is the client's own. */
const homeOf = ({ addresses }: ClientWorld): string => addresses[0] as string;

const isUp = ({ addresses, down }: ClientWorld, address: string): boolean =>
  addresses.includes(address) && (down[address] ?? 0) <= 0;

/** The address that is dialled next. */
function choose(world: ClientWorld): string {
  const { addresses, chosen, tried, failed, other } = world;
  const good = [homeOf(world), chosen, ...addresses].find((address) => isUp(world, address));
  const byFailure = failed.filter((address) => addresses.includes(address));
  const ofService = byFailure.filter((address) => !other.includes(address));
  const worth = ofService.length > 0 ? ofService : byFailure;
  return good ?? worth.find((address) => !tried.includes(address)) ?? (worth[0] as string);
}

/** A dial has failed, or a connection has not lived. */
function giveUp(world: ClientWorld, address: string, { backoffMaxMs }: ClientTimings, times = 1): void {
  if (!world.addresses.includes(address)) return;
  world.down[address] = backoffMaxMs * times;
  world.other = world.other.filter((one) => one !== address);
  world.failed = [...world.failed.filter((other) => other !== address), address];
}

const isIn = ({ value }: AnyMachineSnapshot, path: string) => {
  let inner: unknown = value;
  for (const key of path.split('.')) {
    if (inner === key) return true;
    inner = (inner as Record<string, unknown> | undefined)?.[key];
  }
  return inner !== undefined;
};

const errorOf = (code: string) => Object.assign(new Error(code), { code });

/** The code of an error. */
export const codeOf = (error: unknown): string | undefined =>
  error === undefined ? undefined : (error as { readonly code?: string }).code;

/** What of a client's memory counts. */
export function rememberedByClient(context: ClientContext) {
  const { attempt, delayMs, hurried, drainTimeoutMs, renewals, error } = context;
  const connections = context.connections.map((id) => id.split(' ')[1]);
  return { attempt, delayMs, hurried, drainTimeoutMs, renewals, connections, error: codeOf(error) };
}

/** The phase that a user sees. */
export function phaseOf({ value }: AnyMachineSnapshot): string {
  const outer = typeof value === 'string' ? value : (Object.keys(value)[0] as string);
  return outer === 'connected' ? 'ready' : outer;
}
