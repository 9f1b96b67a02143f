import type { CmdStreamError } from '../errors/cmd-stream-error.ts';

/** What a {@link FrameChannel} tells the client or session that uses it. */
export interface FrameReceiver {
  /**
   * A frame has arrived: a Result at the client, a Command at the server.
   * @param size - its bytes on the wire.
   */
  frame(seq: number, type: number, value: unknown, size: number): void;
  /** The frame with sequence number 0 has arrived: a Pong at the client, a Ping at the server. */
  ping(): void;
  /**
   * The rest of a frame is still to come.
   * @param size - the bytes that have come of it just now.
   */
  partial(size: number): void;
  /** The channel was full and has room again. */
  drained(): void;
  /** The channel is over; called exactly once, with the reason unless the peer closed it in order. */
  lost(error: CmdStreamError | undefined): void;
}

/**
 * A connection that carries frames: what clients and sessions talk to. A byte stream becomes one through
 * `StreamChannel`; an engine that carries messages itself can be one directly.
 */
export interface FrameChannel {
  /** Where the other end is, for messages. */
  readonly remoteAddress: string;
  /** Bytes accepted by `send` that wait to be written to the network. */
  readonly bufferedBytes: number;
  /** Whether `bufferedBytes` has reached its bound: wait for `drained` before sending more. */
  readonly full: boolean;
  /** The sequence number of the last frame that has been handed to the network; what is above has not left. */
  readonly lastFlushedSeq: number;
  /** Bytes accepted by `send` and `sendPing` so far, whether or not they have left. */
  readonly sentBytes: number;
  /** Bytes that have arrived so far. */
  readonly receivedBytes: number;
  /** Since when this side reads (monotonic milliseconds); Infinity while it is paused. */
  readonly readingSinceMs: number;
  /** When the last bytes arrived (monotonic milliseconds). */
  readonly lastReceivedMs: number;
  /** When bytes were last handed to the network (monotonic milliseconds). */
  readonly lastSentMs: number;
  /** How many times frames have been handed over: those of one time arrived together, and nobody had a turn between. */
  readonly deliveries: number;
  /** Starts delivering to `receiver`; called exactly once. */
  open(receiver: FrameReceiver): void;
  /**
   * Appends a frame, which leaves at the end of the turn, and returns its size in bytes.
   * @throws CmdStreamError `encode-failed` or `frame-too-large`; no byte of it is kept.
   */
  send(seq: number, type: number, value: unknown): number;
  /** Appends the frame with sequence number 0. */
  sendPing(): void;
  /** Stops delivering frames and reading. */
  pause(): void;
  /** Delivers and reads again. */
  resume(): void;
  /** Writes what waits, then closes. */
  end(): void;
  /** Closes at once. `lost` follows unless it has been told already. */
  destroy(): void;
}
