import { vi } from 'vitest';
import { type ChannelLink, channelMachine } from '../../machines/channel.ts';
import { encodeServerInfo } from '../../src/wire/server-info.ts';
import { StreamChannel } from '../../src/wire/stream-channel.ts';
import { fixedBound } from '../../src/wire/write-flow.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { bytesOf, FrameLog, MAX_FRAME_BYTES, msgpackCodec, ScriptedStream } from '../unit/wire/support.ts';
import { codeOf } from './support/client-model.ts';
import type { ModelState, Scenario, Stimulus } from './support/model.ts';
import type { Play } from './support/replay.ts';
import { testMachine } from './support/suite.ts';

/** What the doubles know, and what has been done to the channel. */
interface World {
  opened: boolean;
  /** What has become of the handshake: the ServerInfo, or a code. */
  info: string;
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

const NOT_ASKED = 'not asked';
const WAITS = 'waits';
const IN_ORDER = 'in order';

const scenario: Scenario<World> = {
  name: 'either end of a connection',
  world: {
    opened: false,
    info: NOT_ASKED,
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
    if (what === 'it is opened') world.opened = true;
    if (what === 'a write waits') world.waits = true;
    if (what === 'the stream takes what waits') world.waits = false;
    if (what === 'half a frame comes') world.half = true;
    if (/^the stream (closes|breaks)$/.test(what)) world.closed = true;
  },
  key: ({ world: { opened, info, waits, half, closed, reason } }) => [opened, info, waits, half, closed, reason],
  aspect: ({ world: { opened, waits, half } }) => JSON.stringify({ opened, waits, half }),
};

const isIn = (state: ModelState<World>, ...states: State[]) => states.includes(state.snapshot.value as State);
const errorOf = (code: string) => Object.assign(new Error(code), { code });
const failed = (code: string) => ({ type: 'channel.failed', error: errorOf(code) });

function stimuli(state: ModelState<World>): Stimulus[] {
  const { opened, info, waits, half, closed } = state.world;
  const reads = opened && isIn(state, 'open', 'ending', 'ended');
  const taken = waits ? [] : [{ type: 'writes.taken' }];
  const all: Stimulus[] = [
    { name: 'it is ended', event: { type: 'channel.ended' }, follow: taken },
    { name: 'it is destroyed', event: { type: 'channel.destroyed' } },
  ];
  if (info !== WAITS) all.push({ name: 'a client waits for the ServerInfo', event: { type: 'handshake.awaited' } });
  if (!opened && !isIn(state, 'handshake')) all.push({ name: 'it is opened', event: { type: 'channel.opened' } });
  if (isIn(state, 'handshake'))
    all.push({ name: 'the ServerInfo comes', event: { type: 'info.received', info: 'default' } });
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

function linkOf(world: () => World): ChannelLink {
  return {
    introduce: () => {
      world().info = 'default';
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
      if (world().info === WAITS) world().info = world().reason ?? 'connection-lost';
    },
    tellLost: () => {
      if (world().opened) world().told.push(world().reason ?? IN_ORDER);
    },
  };
}

/** A stream in the hands of the test, that counts how often it is told to end. */
class CountingStream extends ScriptedStream {
  ends = 0;

  override end(): void {
    this.ends++;
  }
}

function open(Channel = StreamChannel): Play {
  const clock = new VirtualClock();
  const stream = new CountingStream();
  const log = new FrameLog();
  const codec = msgpackCodec();
  const channel = new Channel(stream, {
    outgoing: codec,
    incoming: codec,
    maxFrameBytes: MAX_FRAME_BYTES,
    bufferBound: fixedBound(1_000),
    clock,
    defer: (task) => clock.defer(task),
  });
  let info = NOT_ASKED;
  let opened = false;
  const settle = async () => {
    clock.runDeferred();
    await new Promise((resolve) => setImmediate(resolve));
  };
  const told = () => log.losses.map((error) => error?.code ?? IN_ORDER);
  const openIt = () => {
    opened = true;
    channel.open(log);
  };
  const frameThat = (fails: () => void) => {
    log.onFrame = () => {
      fails();
      throw new Error('a defect');
    };
    stream.arrive(bytesOf([{ seq: 1, type: 0, value: 1 }]));
  };
  const acts: Record<string, () => unknown> = {
    'a client waits for the ServerInfo': () => {
      info = WAITS;
      channel.receiveServerInfo().then(
        (text) => {
          info = text;
        },
        (error) => {
          info = codeOf(error) ?? '';
        },
      );
    },
    'the ServerInfo comes': () => stream.arrive(encodeServerInfo('default')),
    'it is opened': openIt,
    'it is ended': () => channel.end(),
    'it is destroyed': () => channel.destroy(),
    'half a frame comes': () => stream.arrive(Buffer.of(0x81)),
    'bytes come that are no frame': () => stream.arrive(Buffer.alloc(20, 0xff)),
    'the one who reads fails': () => frameThat(() => {}),
    'the one who reads cuts it off, and fails': () => frameThat(() => channel.destroy()),
    'a write waits': () => {
      stream.takes = false;
      channel.sendPing();
    },
    'the stream takes what waits': () => {
      stream.takes = true;
      stream.drain();
    },
    'the stream throws': () => {
      stream.write = () => {
        throw new Error('no socket any more');
      };
      channel.sendPing();
    },
    'the stream closes': () => stream.close(),
    'the stream breaks': () => stream.close(new Error('read ECONNRESET')),
  };
  let closed = false;
  let half = false;
  return {
    actor: undefined,
    async cause({ stimulus: { name } }) {
      if (/^the stream (closes|breaks)$/.test(name)) closed = true;
      if (name === 'half a frame comes') half = true;
      acts[name]?.();
      await settle();
    },
    look: () => ({
      info,
      told: told(),
      ends: stream.ends,
      destroyed: stream.destroyed,
      keeps: channel.arrivedBytes > 0,
    }),
    /** Writes and reads, lets what waits go, ends and closes it; then comes whoever has not come. */
    async tryOut() {
      const writes = stream.writes.length;
      channel.sendPing();
      await settle();
      const reads = log.frames.length;
      if (opened && !half) stream.arrive(Buffer.of(0));
      const seen = { writes: stream.writes.length > writes, reads: log.frames.length > reads };
      if (stream.bufferedBytes > 0) acts['the stream takes what waits']?.();
      const ends = [stream.ends];
      channel.end();
      await settle();
      ends.push(stream.ends);
      if (!closed) stream.close();
      await settle();
      const lost = { info, told: told() };
      if (!opened) openIt();
      return { ...seen, ends, ...lost, late: told() };
    },
    end: settle,
  };
}

/** What of it a user finds by trying. */
function tried(state: ModelState<World>): unknown {
  const { opened, info, told, reason, ends, waits, half } = state.world;
  const isLive = !isIn(state, 'over');
  const isRead = opened && isIn(state, 'open', 'ending', 'ended');
  const why = isLive ? (half ? 'connection-lost' : undefined) : reason;
  const allTold = isLive && opened ? [...told, why ?? IN_ORDER] : told;
  return {
    writes: isIn(state, 'unread', 'handshake', 'open') && !waits,
    reads: isRead && !half,
    ends: [isIn(state, 'ending') ? ends + 1 : ends, isIn(state, 'unread', 'open', 'ending') ? ends + 1 : ends],
    info: isLive && info === WAITS ? (why ?? 'connection-lost') : info,
    told: allTold,
    late: opened ? allTold : [why ?? IN_ORDER],
  };
}

/** A machine is compiled when the library is loaded: for each mutant that has to happen anew. */
let loaded: { readonly root: unknown; readonly Channel: typeof StreamChannel } | undefined;

testMachine<World>({
  name: 'channel',
  machine: channelMachine,
  scenarios: [scenario],
  open: () => open(),
  async openMutant() {
    if (loaded?.root !== channelMachine.root) {
      vi.resetModules();
      vi.doMock('../../machines/channel.ts', () => ({ channelMachine }));
      const library = await import('../../src/wire/stream-channel.ts');
      loaded = { root: channelMachine.root, Channel: library.StreamChannel };
    }
    return open(loaded.Channel);
  },
  seen: ({ world: { info, told, ends, destroyed, half } }) => ({ info, told, ends, destroyed, keeps: half }),
  tried,
});
