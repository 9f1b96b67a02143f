import type { ModelState, Scenario, Stimulus } from './model.ts';
import {
  CANCEL,
  COMES,
  firstWorld,
  HELLO,
  HELLO_UNREAD,
  happen,
  linkOf,
  MAY,
  MAY_AND_CLOSE,
  MAY_AND_DRAIN,
  MAY_NOT,
  PING,
  pass,
  QUIET_MS,
  type SessionSetting,
  type SessionWorld,
  started,
  TURNED_AWAY,
  UNTOLD,
  UNTOLD_AND_CLOSE,
  WAITS,
} from './session-world.ts';

export const IDLE_MS = 3_000;
export const AUTHORIZE_MS = 600;
/** Silence is judged only after a turn in which what has come is read. */
const ONE_TURN_MS = 1;
const LOST = { type: 'connection.lost' };
const DRAIN = { type: 'session.drain' };
const CLOSE = { type: 'session.close' };
const AGED = { type: 'age.elapsed' };
const GREETED = { type: 'client.greeted' };

export interface SessionScenario extends Scenario<SessionWorld>, SessionSetting {}

/** One connection of a server. */
export function sessionScenario(name: string, options: Partial<SessionSetting> = {}): SessionScenario {
  const setting = {
    atOnce: 'serves' as const,
    asks: false,
    goClients: false,
    greets: false,
    slow: false,
    ages: undefined,
    ...options,
  };
  const { atOnce, asks, goClients, slow, ages } = setting;
  const begin = { serves: [], 'shuts down': [DRAIN], closes: [CLOSE] }[atOnce];
  const idle = { type: 'idle.elapsed', error: errorOf('connection-lost') };
  return {
    ...setting,
    name,
    // Of a client that is asked about it would depend on when it was heard last.
    timers: asks ? [] : [{ id: 'idle', event: idle, inMs: IDLE_MS + ONE_TURN_MS }],
    world: firstWorld(setting),
    begin: [...begin, ...(asks ? [] : [{ type: 'handshake.done' }]), ...(atOnce === 'closes' ? [LOST] : [])],
    input: (world) => ({
      link: linkOf(world, setting),
      authorizes: asks,
      offers: !goClients,
      authorizeTimeoutMs: AUTHORIZE_MS,
      goodbyeTimeoutMs: 500,
      ageGraceMs: ages?.graceMs ?? Number.POSITIVE_INFINITY,
    }),
    follows: ({ snapshot, world }) =>
      snapshot.matches('closing') || (snapshot.matches('ending') && !world.introduced) ? [LOST] : [],
    stimuli: (state) => stimuli(state, setting),
    timersOf: ({ name: what }) =>
      what === HELLO && ages !== undefined ? [{ id: 'age', event: AGED, inMs: ages.inMs }] : [],
    happen: (world, { name: what }) => happen(world, what, slow),
    told(world, { type }) {
      if (type === GREETED.type) world.greeted = true;
    },
    started,
    pass,
    key: ({ snapshot, world, timers }) => [
      [world.running, world.gone, world.writing, world.turnedAway, world.quietMs],
      [world.greeted, world.early, world.unread, world.cancel, isDrainingIn(snapshot.value) && world.awayMs],
      timers.map(({ inMs }) => inMs),
    ],
    aspect: ({ world: { running, greeted, early } }) => `${running} running, ${greeted}, ${early}`,
  };
}

/** What a user, and the client, must see. */
export function seenOfSession({ world }: ModelState<SessionWorld>): unknown {
  const { gone, executed, aborted, lost, refused, sent, unsent, asked, admitted } = world;
  return { connections: gone ? 0 : 1, executed, aborted, lost, refused, told: [...sent, ...unsent], asked, admitted };
}

/** What must be found by sending one more Command, and reading what there is. */
export function triedWithSession({ snapshot }: ModelState<SessionWorld>): unknown {
  return {
    executed: snapshot.matches('serving'),
    goodbye: !['serving', 'draining', 'retiring', 'listening', 'authorizing'].some((state) => snapshot.matches(state)),
  };
}

const errorOf = (code: string) => Object.assign(new Error(code), { code });

function stimuli(state: ModelState<SessionWorld>, setting: SessionSetting): Stimulus[] {
  const { snapshot, world } = state;
  if (snapshot.status !== 'active') return [];
  const all: Stimulus[] = [
    { name: 'close', event: CLOSE, follow: [LOST] },
    { name: 'the client breaks off', event: { ...LOST, error: errorOf('connection-lost') } },
  ];
  // Behind what nobody reads nobody sees it.
  if (world.unread === 'nothing') all.push({ name: 'the client leaves', event: LOST });
  if (snapshot.matches('listening')) all.push(...whileListening());
  if (snapshot.matches('authorizing')) all.push(...whileAuthorizing(world, setting));
  if (snapshot.matches('serving')) {
    all.push({ name: 'shut down', event: DRAIN });
    if (world.running + world.writing < 2) all.push({ name: COMES });
  }
  if (isDrainingIn(snapshot.value) && !setting.goClients) all.push(...whileDraining(state));
  if (snapshot.matches('serving') || isDrainingIn(snapshot.value)) {
    if (setting.greets && !world.greeted) all.push({ name: HELLO, event: GREETED });
    if (world.running === 1 && world.cancel === 'can') all.push({ name: CANCEL });
    if (world.running > 0) all.push(...whileBusy(state, setting));
  }
  if (world.writing > 0) all.push({ name: 'the client reads what there is' });
  return all;
}

function whileListening(): Stimulus[] {
  const spoke = { type: 'client.spoke' };
  return [
    { name: 'shut down', event: DRAIN },
    { name: HELLO, event: GREETED },
    { name: PING, event: spoke },
    { name: WAITS, event: spoke },
  ];
}

function whileAuthorizing(world: SessionWorld, { goClients }: SessionSetting): Stimulus[] {
  // A client that has been told nothing has nothing to read before the goodbye.
  const gone = world.introduced ? [] : [LOST];
  const admitted = { type: 'client.admitted' };
  const read = world.unread === 'HELLO' ? [GREETED] : [];
  const all: Stimulus[] = [
    { name: 'shut down', event: DRAIN, follow: gone },
    { name: MAY, event: admitted, follow: read },
    { name: MAY_AND_DRAIN, event: admitted, follow: [DRAIN, ...read] },
    { name: MAY_AND_CLOSE, event: admitted, follow: [CLOSE, LOST] },
    { name: MAY_NOT, event: { type: 'client.refused', error: errorOf('refused') }, follow: gone },
  ];
  if (goClients || world.unread !== 'nothing') return all;
  if (world.early !== 'Command') all.push({ name: WAITS });
  if (!world.greeted) all.push({ name: HELLO_UNREAD });
  return all;
}

function whileDraining({ world, timers }: ModelState<SessionWorld>): Stimulus[] {
  const all: Stimulus[] = [];
  // In the last moment before it would be ended, again and again.
  const leftMs = world.running > 0 ? Number.POSITIVE_INFINITY : Math.min(...timers.map(({ inMs }) => inMs));
  if (world.turnedAway === 0 || (leftMs === 1 && world.quietMs > 1)) all.push({ name: TURNED_AWAY });
  if (leftMs > 1 && leftMs <= QUIET_MS) all.push({ name: 'almost all of the time goes by', inMs: leftMs - 1 });
  return all;
}

function whileBusy({ snapshot, world }: ModelState<SessionWorld>, { goClients }: SessionSetting): Stimulus[] {
  const isLast = isDrainingIn(snapshot.value) && world.running === 1;
  const all: Stimulus[] = [{ name: 'the handler answers', event: isLast ? { type: 'commands.settled' } : undefined }];
  // Of one that was given up nobody is told how it failed.
  if (world.cancel === 'was' && world.running === 1) return all;
  const untold = { type: 'connection.failed', error: errorOf('encode-failed') };
  if (goClients) {
    const failed = { type: 'command.failed', error: errorOf('command-failed') };
    all.push({ name: 'the handler fails', event: failed });
  } else {
    all.push(
      { name: UNTOLD, event: untold, follow: [LOST] },
      { name: UNTOLD_AND_CLOSE, event: untold, follow: [CLOSE, LOST] },
    );
  }
  return all;
}

const isDrainingIn = (value: unknown) =>
  typeof value === 'object' && value !== null && ('draining' in value || 'retiring' in value);
