import { vi } from 'vitest';
import { channelMachine } from '../../machines/channel.ts';
import { RESERVED_TYPES } from '../../src/protocol/reserved.ts';
import type { Hello } from '../../src/wire/extension/introduction.ts';
import { NO_METADATA } from '../../src/wire/extension/metadata.ts';
import { encodeServerInfo } from '../../src/wire/server-info.ts';
import { StreamChannel } from '../../src/wire/stream-channel.ts';
import { fixedBound } from '../../src/wire/write-flow.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { bytesOf, FrameLog, MAX_FRAME_BYTES, msgpackCodec, ScriptedStream } from '../unit/wire/support.ts';
import {
  type ChannelWorld,
  channelScenario,
  IN_ORDER,
  NOT_ASKED,
  seenOfChannel,
  triedWithChannel,
  WAITS,
} from './support/channel-model.ts';
import { codeOf } from './support/client-model.ts';
import { controlFrame } from './support/control-frames.ts';
import type { Play } from './support/replay.ts';
import { testMachine } from './support/suite.ts';

const HELLO: Hello = { timeoutMs: 1_000, metadata: NO_METADATA, version: '0', describe: false };
const WELCOME = controlFrame(RESERVED_TYPES.welcome, Buffer.from('{}'));

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
  const handshakes = { info: NOT_ASKED, welcome: NOT_ASKED };
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
  const shake = (which: keyof typeof handshakes, begin: () => Promise<string>) => {
    handshakes[which] = WAITS;
    begin().then(
      (text) => {
        handshakes[which] = text;
      },
      (error) => {
        handshakes[which] = codeOf(error) ?? '';
      },
    );
  };
  const acts: Record<string, () => unknown> = {
    'a client waits for the ServerInfo': () => shake('info', () => channel.receiveServerInfo()),
    'the client says who it is': () => shake('welcome', async () => (await channel.greet(HELLO)) && 'WELCOME'),
    'the WELCOME comes': () => stream.arrive(WELCOME),
    'another frame comes': () => stream.arrive(bytesOf([{ seq: 1, type: 0, value: 1 }])),
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
      ...handshakes,
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
      const lost = { ...handshakes, told: told() };
      if (!opened) openIt();
      return { ...seen, ends, ...lost, late: told() };
    },
    end: settle,
  };
}

/** A machine is compiled when the library is loaded: for each mutant that has to happen anew. */
let loaded: { readonly root: unknown; readonly Channel: typeof StreamChannel } | undefined;

testMachine<ChannelWorld>({
  name: 'channel',
  machine: channelMachine,
  scenarios: [channelScenario],
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
  seen: seenOfChannel,
  tried: triedWithChannel,
});
