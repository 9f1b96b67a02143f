import type { FrameChannel } from '../wire/frame-channel.ts';
import type { ResolvedServerOptions } from './options.ts';

/** A Command may take a second for each 64 KiB that have come of it, and the time that it is given beside. */
const LEAST_BYTES_PER_MS = 64;

/** Silence of a client, as its server observes it. */
export interface Silence {
  /** Start of the time in which nothing has come (monotonic milliseconds). */
  readonly silentSinceMs: number;
  /** Whether what comes is read. */
  readonly isReading: boolean;
}

/**
 * Description of what a client has failed to do in time, for the message of an error; nothing where it has not.
 *
 * @param awakeSinceMs - since when this process has been there to read: only that time counts.
 */
export function describeSilence(
  { idleTimeoutMs, stalledTimeoutMs, frameTimeoutMs, maxFrameBytes, clock }: ResolvedServerOptions,
  channel: FrameChannel,
  { silentSinceMs, isReading }: Silence,
  awakeSinceMs: number,
): string | undefined {
  const nowMs = clock.monotonicMs();
  const timeoutMs = isReading ? idleTimeoutMs : stalledTimeoutMs;
  if (nowMs - Math.max(silentSinceMs, awakeSinceMs) >= timeoutMs) {
    return `was silent for ${timeoutMs} ms (option 'idleTimeoutMs')`;
  }
  const { partialSinceMs = nowMs, arrivedBytes } = channel;
  const allowedMs = frameTimeoutMs + Math.min(arrivedBytes, maxFrameBytes) / LEAST_BYTES_PER_MS;
  if (nowMs - Math.max(partialSinceMs, awakeSinceMs) < allowedMs) return undefined;
  return `did not send the rest of a Command within ${frameTimeoutMs} ms (option 'frameTimeoutMs')`;
}
