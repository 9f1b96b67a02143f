import type { FrameChannel } from '../wire/frame-channel.ts';
import type { ResolvedServerOptions } from './options.ts';

/** A Command may take a second for each 64 KiB that have come of it, and the time that it is given beside. */
const LEAST_BYTES_PER_MS = 64;

/**
 * What a client has failed to do in time, for the message of an error; nothing where it has not.
 *
 * @param silentSinceMs - since when nothing has come (monotonic milliseconds).
 * @param awakeSinceMs - since when this process has been there to read: only that time counts.
 */
export function describeSilence(
  { idleTimeoutMs, frameTimeoutMs, maxFrameBytes, clock }: ResolvedServerOptions,
  channel: FrameChannel,
  silentSinceMs: number,
  awakeSinceMs: number,
): string | undefined {
  const nowMs = clock.monotonicMs();
  if (nowMs - Math.max(silentSinceMs, awakeSinceMs) >= idleTimeoutMs) {
    return `was silent for ${idleTimeoutMs} ms (option 'idleTimeoutMs')`;
  }
  const { partialSinceMs = nowMs, arrivedBytes } = channel;
  const allowedMs = frameTimeoutMs + Math.min(arrivedBytes, maxFrameBytes) / LEAST_BYTES_PER_MS;
  if (nowMs - Math.max(partialSinceMs, awakeSinceMs) < allowedMs) return undefined;
  return `did not send the rest of a Command within ${frameTimeoutMs} ms (option 'frameTimeoutMs')`;
}
