import type { FrameChannel } from '../../wire/frame-channel.ts';

/** How slow a link may be: what is under way gets the time that it takes at so many bytes a second. */
const SLOWEST_BYTES_PER_SECOND = 64 * 1024;
/** Bytes of what has left that the kernels of both sides, and what stands between them, may hold. */
const MAX_HANDED_OVER_BYTES = 16 * 1024 * 1024;
/** Bytes that a peer may have to send before its Pong. Without a bound one that sends for ever would never have to read. */
const MAX_BEFORE_PONG_BYTES = 64 * 1024 * 1024;

/**
 * Evidence that a connection has of whether its peer reads. That bytes arrive does not show it: a server that has stopped
 * reading may go on sending. It is shown by a Pong, and by a Result of a Command that was sent after the last such sign.
 */
export class Liveness {
  /** A Result with this sequence number, or a higher one, shows that the peer reads. */
  provingSeq = 1;
  /** The sequence number of the last Command that was sent. */
  lastSeq = 0;
  /** When the peer was last seen to read (monotonic milliseconds). */
  provedMs: number;
  readonly #channel: FrameChannel;
  /** How far, in bytes, the peer has certainly read; and how far it will have when the next sign comes. */
  #readBytes = 0;
  #provingBytes = 0;
  /** Signs that the peer reads, so far; and how many there were when the last Ping was sent. */
  #signs = 0;
  #signsBefore = 0;
  #pings = 0;
  #pongs = 0;
  /** Which Pong answers the last Ping that {@link sendPing} has sent. */
  #awaitedPong = 0;
  /** When the last Ping was sent, and what had been sent and received by then. */
  #pingMs = 0;
  #pingSeq = 0;
  #pingSentBytes = 0;
  #pingReceivedBytes = 0;
  #pingPausedMs = 0;
  /** How much longer its Pong may take, since this process stood still meanwhile. */
  #excusedMs = 0;

  constructor(channel: FrameChannel) {
    this.#channel = channel;
    this.provedMs = channel.lastReceivedMs;
  }

  /** A Result has arrived whose sequence number is {@link provingSeq} or higher. */
  proved(): void {
    this.#signs++;
    this.provedMs = this.#channel.lastReceivedMs;
    this.#readBytes = this.#provingBytes;
    this.#provingBytes = this.#channel.flow.sentBytes;
    this.provingSeq = this.lastSeq + 1;
  }

  sendPing(nowMs: number): void {
    const channel = this.#channel;
    this.#awaitedPong = ++this.#pings;
    this.#signsBefore = this.#signs;
    this.#pingMs = nowMs;
    this.#pingSeq = this.lastSeq;
    this.#pingSentBytes = channel.flow.sentBytes;
    this.#pingReceivedBytes = channel.receivedBytes;
    this.#pingPausedMs = channel.pausedMs;
    this.#excusedMs = 0;
    channel.sendPing();
  }

  /** Sends one more, unless there is something on its way already. What is awaited is the answer to the last one still. */
  repeatPing(): void {
    if (this.#channel.flow.bufferedBytes > 0) return;
    this.#pings++;
    this.#channel.sendPing();
  }

  /** A Pong has arrived. Returns whether it is the answer to the last Ping; one that nobody asked for means nothing. */
  receivePong(): boolean {
    if (this.#pongs === this.#pings) return false;
    this.#pongs++;
    if (this.#pongs !== this.#awaitedPong) return false;
    this.#signs++;
    this.provedMs = this.#channel.lastReceivedMs;
    this.#readBytes = this.#pingSentBytes;
    this.#provingBytes = this.#pingSentBytes;
    this.provingSeq = this.#pingSeq + 1;
    return true;
  }

  /** Whether the peer has been seen to read since the last Ping. */
  get hasAnswered(): boolean {
    return this.#signs > this.#signsBefore;
  }

  /**
   * Looks at how late it is that a Pong is found to be late. That is for how long this process did not look: the peer gets
   * that time again, once a Ping and at most `pingTimeoutMs`, as what lies there may have to be read before the Pong.
   */
  excuseLateness(nowMs: number, pingTimeoutMs: number): void {
    if (this.#excusedMs > 0) return;
    const lateMs = Math.max(0, -this.pongDueInMs(nowMs, pingTimeoutMs));
    this.#excusedMs = lateMs + Math.min(lateMs, pingTimeoutMs);
  }

  /**
   * How long the Pong may still take: `pingTimeoutMs`, and the time for what lies in front of the Ping and, on its way
   * back, of the Pong. It counts from when the Ping left, and only while this side reads and is not excused.
   */
  pongDueInMs(nowMs: number, pingTimeoutMs: number): number {
    const { flow, receivedBytes, pausedMs } = this.#channel;
    const { bufferedBytes, sentBytes, lastSentMs } = flow;
    const isWaiting = bufferedBytes >= sentBytes - this.#pingSentBytes;
    const leftMs = Math.max(this.#pingMs, isWaiting ? lastSentMs : 0);
    const sinceMs = leftMs + pausedMs - this.#pingPausedMs + this.#excusedMs;
    const ahead = Math.min(this.#pingSentBytes - this.#readBytes, bufferedBytes + MAX_HANDED_OVER_BYTES);
    const back = Math.min(receivedBytes - this.#pingReceivedBytes, MAX_BEFORE_PONG_BYTES);
    return sinceMs + pingTimeoutMs + ((ahead + back) * 1000) / SLOWEST_BYTES_PER_SECOND - nowMs;
  }
}
