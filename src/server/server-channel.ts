import type { FrameChannel } from '../wire/frame-channel.ts';

/** A channel of frames at whose start a server can introduce itself. */
export interface ServerChannel extends FrameChannel {
  /** Sends the ServerInfo, before any frame. */
  sendServerInfo(bytes: Uint8Array): void;
}
