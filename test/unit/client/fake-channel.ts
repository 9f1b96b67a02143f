import { CmdStreamError } from '../../../src/errors/cmd-stream-error.ts';
import type { FrameChannel, FrameReceiver } from '../../../src/wire/frame-channel.ts';

/** A channel without a network: the test says what arrives, and sees what was sent. */
export class FakeChannel implements FrameChannel {
  readonly remoteAddress = '10.0.0.1:9000';
  bufferedBytes = 0;
  full = false;
  lastFlushedSeq = 0;
  sentBytes = 0;
  receivedBytes = 0;
  readingSinceMs = 0;
  lastReceivedMs = 0;
  lastSentMs = 0;
  deliveries = 0;
  readonly sent: { readonly seq: number; readonly type: number; readonly value: unknown }[] = [];
  pings = 0;
  destroyed = 0;
  /** What happens when somebody starts to read. */
  atOpen: ((receiver: FrameReceiver) => void) | undefined;
  #receiver: FrameReceiver | undefined;

  /** Whoever reads. */
  get receiver(): FrameReceiver {
    if (this.#receiver === undefined) throw new Error('nobody has opened the channel');
    return this.#receiver;
  }

  open(receiver: FrameReceiver): void {
    this.#receiver = receiver;
    this.atOpen?.(receiver);
  }

  send(seq: number, type: number, value: unknown): number {
    if (value === 'unsendable') throw new CmdStreamError('encode-failed', 'cannot be encoded');
    this.sent.push({ seq, type, value });
    return 10;
  }

  sendPing(): void {
    this.pings++;
  }

  pause(): void {}

  resume(): void {}

  end(): void {}

  destroy(): void {
    this.destroyed++;
  }
}
