import { CmdStreamError } from '../../../../src/base/errors/cmd-stream-error.ts';
import type { FrameChannel, FrameReceiver } from '../../../../src/wire/frame-channel.ts';

/** A channel without a network: the test says what arrives, and sees what was sent. */
export class FakeChannel implements FrameChannel {
  readonly remoteAddress = '10.0.0.1:9000';
  readonly flow = { bufferedBytes: 0, isFull: false, lastFlushedSeq: 0, sentBytes: 0, lastSentMs: 0 };
  receivedBytes = 0;
  pausedMs = 0;
  lastReceivedMs = 0;
  deliveries = 0;
  heldBytes = 0;
  arrivedBytes = 0;
  readonly partialSinceMs = undefined;
  readonly welcome = undefined;
  readonly sent: { readonly seq: number; readonly type: number; readonly value: unknown }[] = [];
  pings = 0;
  destroyed = 0;
  paused = false;
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

  /** What was sent as bytes stands there as bytes. */
  sendEncoded(seq: number, message: Uint8Array): number {
    this.sent.push({ seq, type: message[0] ?? -1, value: message });
    return message.length + 1;
  }

  sendControl(): void {}

  sendPing(): void {
    this.pings++;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  holdFrames(): void {}

  releaseFrames(): void {}

  end(): void {}

  destroy(): void {
    this.destroyed++;
  }
}
