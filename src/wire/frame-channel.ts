import type { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import type { ControlFrame } from './extension/control-frame.ts';
import type { Credit } from './extension/credit.ts';
import type { Head } from './extension/head.ts';
import type { Welcome } from './extension/introduction.ts';

/** Events of a {@link FrameChannel} for the client or session that uses it. */
export interface FrameReceiver {
  /**
   * A frame has arrived: a Result at the client, a Command at the server.
   * @param size - its bytes on the wire.
   * @param weight - about how many bytes of memory its value takes: `size` where it is left out, 0 for a
   * payload that was over the limit and is skipped.
   */
  frame(seq: number, type: number, value: unknown, size: number, weight?: number): void;
  /** The frame with sequence number 0 has arrived: a Pong at the client, a Ping at the server. */
  ping(): void;
  /** A frame of the wire extension has arrived; its body is valid during the call. */
  control(frame: ControlFrame): void;
  /**
   * One Command has failed, and no other: told to clients by channels that carry messages, where one may be lost. Left out
   * by sessions.
   */
  failed?(seq: number, error: CmdStreamError): void;
  /**
   * Bytes have come that are no frame: the rest of one is still to come, or they are skipped.
   * @param size - how many have come just now.
   */
  partial(size: number): void;
  /** The channel was full and has room again. */
  drained(): void;
  /** The channel is over; called exactly once, with the reason unless the peer closed it in order. */
  lost(error: CmdStreamError | undefined): void;
}

/** Gate that decides which frames are taken when: that of a server, which has many clients. The others take what comes. */
export interface FrameGate {
  /** A large frame of `size` bytes is there. Returns whether it is decoded now. */
  admit(size: number): boolean;
  /** A large frame of `size` bytes was not decoded; to be followed by `pause` or `holdFrames`, until it may be. */
  postponed(size: number): void;
  /** Whether one more frame of `size` bytes may be put aside; asked while frames are held. */
  mayHold(size: number): boolean;
  /** A frame of `size` bytes has been put aside. */
  held(size: number): void;
  /** A frame could not be put aside, and was skipped. */
  refused(seq: number, type: number, size: number): void;
}

/** Lets all frames pass as they come. */
export const OPEN_GATE: FrameGate = {
  admit: () => true,
  postponed() {},
  mayHold: () => true,
  held() {},
  refused() {},
};

/** Says whether a frame may still leave. Asked once its bytes are made, since making them calls code of the user's. */
export interface SendGate {
  /** Whether the frame may leave: whoever waits for its answer still does, and the connection takes it. */
  readonly mayLeave: boolean;
}

/** The writing side of a connection, to be looked at: what waits to be written, and what has left. */
export interface Flow {
  /** Bytes accepted by `send` that wait to be written to the network. */
  readonly bufferedBytes: number;
  /** Whether `bufferedBytes` has reached its bound: wait for `drained` before sending more. */
  readonly isFull: boolean;
  /** The sequence number of the last frame that has been handed to the network; what is above has not left. */
  readonly lastFlushedSeq: number;
  /** Bytes accepted by `send` and `sendPing` so far, whether or not they have left. */
  readonly sentBytes: number;
  /** When bytes were last handed to the network (monotonic milliseconds); at the start, when the connection was made. */
  readonly lastSentMs: number;
}

/**
 * A connection that carries frames: what clients and sessions talk to. A byte stream becomes one through
 * `StreamChannel`; an engine that carries messages itself can be one directly.
 */
export interface FrameChannel {
  /** Where the other end is, for messages. */
  readonly remoteAddress: string;
  readonly flow: Flow;
  /** What the server has answered to this client's HELLO; none where it has no wire extension, and at servers. */
  readonly welcome: Welcome | undefined;
  /** Bytes that have arrived so far. */
  readonly receivedBytes: number;
  /** For how long this side has not read, by `pause`, so far: milliseconds. */
  readonly pausedMs: number;
  /** When the last bytes arrived (monotonic milliseconds). */
  readonly lastReceivedMs: number;
  /** How many times frames have been handed over: those of one time arrived together, and nobody had a turn between. */
  readonly deliveries: number;
  /** Bytes of frames that were put aside and wait for {@link releaseFrames}. */
  readonly heldBytes: number;
  /** The memory for what has arrived and is not handed over: what was put aside, and what has come of a frame. */
  readonly arrivedBytes: number;
  /** When the first bytes came of the frame whose rest is still to come (monotonic milliseconds); `undefined`: there is none. */
  readonly partialSinceMs: number | undefined;
  /** Starts delivering to `receiver`, as `gate` lets frames pass; called exactly once. */
  open(receiver: FrameReceiver, gate?: FrameGate): void;
  /**
   * Appends a frame, which leaves at the end of the turn, and returns its size in bytes; 0 where `gate` does not let it
   * leave once it is encoded: no byte of it is kept then.
   * @param head - what goes before it, where both ends have the wire extension.
   * @throws CmdStreamError `encode-failed` or `frame-too-large`; no byte of it is kept.
   */
  send(seq: number, type: number, value: unknown, gate?: SendGate, head?: Head): number;
  /** As `send`, for a message that has been encoded already (by a `MessageEncoder`). */
  sendEncoded(seq: number, message: Uint8Array, gate?: SendGate, head?: Head): number;
  /** Appends a frame of the wire extension, where both ends have it. */
  sendControl(seq: number, type: number, body?: Uint8Array): void;
  /** Appends the frame with sequence number 0. */
  sendPing(): void;
  /** Stops delivering frames and reading: neither a Ping nor the end of the connection is seen. */
  pause(): void;
  /** Delivers and reads again. */
  resume(): void;
  /**
   * Puts frames aside, not decoded, as far as the gate lets it, and goes on reading: what has sequence number 0, and the end
   * of the connection, is told as ever.
   */
  holdFrames(): void;
  /** Delivers frames again, first those that were put aside. */
  releaseFrames(): void;
  /** Nothing is awaited of a Command any more, or sent for it. Left out where nothing is kept for one. */
  readonly settled?: ((seq: number) => void) | undefined;
  /** Writes what waits, then closes. */
  end(): void;
  /** Closes at once. `lost` follows unless it has been told already. */
  destroy(): void;
}

/** A channel of frames at whose start a server can introduce itself. */
export interface ServerChannel extends FrameChannel {
  /** Sends the ServerInfo, before any frame. */
  sendServerInfo(bytes: Uint8Array): void;
  /**
   * Lets no more Commands come, and resolves when all that were on their way are here. Left out where the client is told
   * by a goodbye.
   */
  leave?(): Promise<void>;
  /** What the client of one Command lets be sent for it at first, where that is not the same for all. */
  creditOf?(seq: number): Credit | undefined;
}
