import type { ChannelLink } from '../../../machines/channel.ts';
import { codeOf } from './client-model.ts';
import type { ModelState, Scenario, Stimulus } from './model.ts';

/** Knowledge of the doubles, and what has been done to the channel. */
export interface ChannelWorld {
  opened: boolean;
  /** What has become of the handshake: the ServerInfo, or a code; and of the one after HELLO, where the client says it. */
  info: string;
  welcome: string;
  told: string[];
  reason: string | undefined;
  ends: number;
  destroyed: boolean;
  /** Whether the stream has not taken what was written. */
  waits: boolean;
  /** Whether the start of a frame is kept. */
  half: boolean;
  /** Whether the stream has said that it is closed. */
  closed: boolean;
}

type State = 'unread' | 'handshake' | 'open' | 'ending' | 'ended' | 'closing' | 'over';

export const NOT_ASKED = 'not asked';
export const WAITS = 'waits';
export const IN_ORDER = 'in order';

/** A connection, and all that can happen to it. */
export const channelScenario: Scenario<ChannelWorld> = {
  name: 'either end of a connection',
  world: {
    opened: false,
    info: NOT_ASKED,
    welcome: NOT_ASKED,
    told: [],
    reason: undefined,
    ends: 0,
    destroyed: false,
    waits: false,
    half: false,
    closed: false,
  },
  input: (world) => ({ link: linkOf(world) }),
  stimuli,
  happen(world, { name: what }) {
    if (what === 'a client waits for the ServerInfo') world.info = WAITS;
    if (what === 'the client says who it is') world.welcome = WAITS;
    if (what === 'it is opened') world.opened = true;
    if (what === 'a write waits') world.waits = true;
    if (what === 'the stream takes what waits') world.waits = false;
    if (what === 'half a frame comes') world.half = true;
    if (/^the stream (closes|breaks)$/.test(what)) world.closed = true;
  },
  key: ({ world: { opened, info, welcome, waits, half, closed, reason } }) => [
    [opened, info, welcome, waits],
    [half, closed, reason],
  ],
  aspect: ({ world: { opened, welcome, waits, half } }) =>
    JSON.stringify({ opened, greets: welcome === WAITS, waits, half }),
};

const isIn = (state: ModelState<ChannelWorld>, ...states: State[]) => states.includes(state.snapshot.value as State);
const errorOf = (code: string) => Object.assign(new Error(code), { code });
const failed = (code: string) => ({ type: 'channel.failed', error: errorOf(code) });

function stimuli(state: ModelState<ChannelWorld>): Stimulus[] {
  const { opened, info, welcome, waits, half, closed } = state.world;
  const reads = opened && isIn(state, 'open', 'ending', 'ended');
  const taken = waits ? [] : [{ type: 'writes.taken' }];
  const all: Stimulus[] = [
    { name: 'it is ended', event: { type: 'channel.ended' }, follow: taken },
    { name: 'it is destroyed', event: { type: 'channel.destroyed' } },
  ];
  const awaited = { type: 'handshake.awaited' };
  if (info !== WAITS && welcome !== WAITS) all.push({ name: 'a client waits for the ServerInfo', event: awaited });
  if (info === 'default' && welcome === NOT_ASKED) all.push({ name: 'the client says who it is', event: awaited });
  if (!opened && !isIn(state, 'handshake')) all.push({ name: 'it is opened', event: { type: 'channel.opened' } });
  if (isIn(state, 'handshake')) {
    const name = welcome === WAITS ? 'the WELCOME comes' : 'the ServerInfo comes';
    all.push({ name, event: { type: 'introduction.received', introduction: undefined } });
    if (welcome === WAITS) all.push({ name: 'another frame comes', event: failed('protocol-error') });
  }
  if (isIn(state, 'open') && !half) all.push({ name: 'half a frame comes' });
  if (reads || isIn(state, 'handshake'))
    all.push({ name: 'bytes come that are no frame', event: failed('protocol-error') });
  if (isIn(state, 'closing', 'over')) all.push({ name: 'bytes come that are no frame' });
  if (reads && !half)
    all.push(
      { name: 'the one who reads fails', event: failed('internal') },
      {
        name: 'the one who reads cuts it off, and fails',
        event: { type: 'channel.destroyed' },
        follow: [failed('internal')],
      },
    );
  if (isIn(state, 'unread', 'handshake', 'open') && !waits)
    all.push({ name: 'a write waits' }, { name: 'the stream throws', event: failed('connection-lost') });
  if (waits) all.push({ name: 'the stream takes what waits', event: { type: 'writes.taken' } });
  if (!closed) {
    const error = reads && half ? errorOf('connection-lost') : undefined;
    all.push(
      { name: 'the stream closes', event: { type: 'stream.closed', error } },
      { name: 'the stream breaks', event: { type: 'stream.closed', error: errorOf('connection-lost') } },
    );
  }
  return all;
}

function linkOf(world: () => ChannelWorld): ChannelLink {
  return {
    introduce: () => {
      Object.assign(world(), world().welcome === WAITS ? { welcome: 'WELCOME' } : { info: 'default' });
    },
    endStream: () => {
      world().ends++;
    },
    destroyStream: () => {
      world().destroyed = true;
    },
    drop: () => {
      world().half = false;
    },
    keepReason: (event) => {
      if ('error' in event) world().reason = codeOf(event.error);
    },
    rejectHandshake: () => {
      const { info, welcome, reason = 'connection-lost' } = world();
      if (info === WAITS) world().info = reason;
      if (welcome === WAITS) world().welcome = reason;
    },
    tellLost: () => {
      if (world().opened) world().told.push(world().reason ?? IN_ORDER);
    },
  };
}

/** What a user must see of a channel. */
export function seenOfChannel({ world }: ModelState<ChannelWorld>): unknown {
  const { info, welcome, told, ends, destroyed, half } = world;
  return { info, welcome, told, ends, destroyed, keeps: half };
}

/** What of a channel a user finds by trying. */
export function triedWithChannel(state: ModelState<ChannelWorld>): unknown {
  const { opened, info, welcome, told, reason, ends, waits, half } = state.world;
  const isLive = !isIn(state, 'over');
  const isRead = opened && isIn(state, 'open', 'ending', 'ended');
  const why = isLive ? (half ? 'connection-lost' : undefined) : reason;
  const endOf = (handshake: string) => (isLive && handshake === WAITS ? (why ?? 'connection-lost') : handshake);
  const allTold = isLive && opened ? [...told, why ?? IN_ORDER] : told;
  return {
    writes: isIn(state, 'unread', 'handshake', 'open') && !waits,
    reads: isRead && !half,
    ends: [isIn(state, 'ending') ? ends + 1 : ends, isIn(state, 'unread', 'open', 'ending') ? ends + 1 : ends],
    info: endOf(info),
    welcome: endOf(welcome),
    told: allTold,
    late: opened ? allTold : [why ?? IN_ORDER],
  };
}
