import { systemClock } from '../../../src/base/clock.ts';
import { msgpack } from '../../../src/protocol/codec/msgpack/msgpack.ts';
import type { StreamChannelOptions } from '../../../src/wire/stream-channel.ts';
import type { ByteStream, ByteStreamConsumer } from '../../../src/wire/transport/transport.ts';
import { fixedBound } from '../../../src/wire/write-flow.ts';

/** A stream whose other end takes everything and says what the piece has it say: no network costs anything here. */
export class DevNull implements ByteStream {
  readonly remoteAddress = 'nowhere';
  readonly bufferedBytes = 0;
  consumer: ByteStreamConsumer | undefined;

  open(consumer: ByteStreamConsumer): void {
    this.consumer = consumer;
  }

  write(): boolean {
    return true;
  }

  pause(): void {}

  resume(): void {}

  end(): void {}

  destroy(): void {}
}

/** The msgpack codec for one type of message. */
export function boundCodec() {
  return msgpack().bind({ kind: 'command', types: ['Echo'], maxPayloadBytes: 4 << 20 });
}

/** What channels are made with; turns end when `flush` is called. */
export function wireOptions(): StreamChannelOptions & { flush(): void } {
  let deferred: (() => void) | undefined;
  return {
    outgoing: boundCodec(),
    incoming: boundCodec(),
    maxFrameBytes: 4 << 20,
    bufferBound: fixedBound(16 << 20),
    clock: systemClock,
    defer: (task) => {
      deferred = task;
    },
    flush() {
      deferred?.();
      deferred = undefined;
    },
  };
}
