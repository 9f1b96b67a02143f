import { MAX_VARINT_BYTES } from '../base/bytes/varint.ts';
import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';

/** The most bytes in front of a payload: sequence number, type, length. `maxFrameBytes` does not count them. */
export const MAX_HEADER_BYTES = 3 * MAX_VARINT_BYTES;

/**
 * A longer payload is decoded only when there is time for it: hostile ones take up to 0.12 us a byte, so that shorter ones
 * are about a millisecond at most.
 */
export const LARGE_FRAME_BYTES = 8 * 1024;

/** A payload over the limit is skipped up to this length, or 16 times the limit; a longer one is no frame. */
const MAX_SKIPPED_BYTES = 2 ** 30;

/** The error for a frame of `bytes` bytes that is over the limit. */
export function frameTooLarge(bytes: number, maxFrameBytes: number): CmdStreamError {
  return new CmdStreamError(
    'frame-too-large',
    `a frame of ${bytes} bytes is over the limit of ${maxFrameBytes} (option 'maxFrameBytes')`,
  );
}

/**
 * Checks whether a payload over the limit is worth skipping.
 * @throws CmdStreamError `protocol-error` for a length that nobody means: to wait for its end is to wait for ever.
 */
export function checkSkipped(length: number, maxFrameBytes: number): void {
  if (length <= Math.max(MAX_SKIPPED_BYTES, 16 * maxFrameBytes)) return;
  throw new CmdStreamError(
    'protocol-error',
    `a frame of ${length} bytes is announced, far over the limit of ${maxFrameBytes} (option 'maxFrameBytes')`,
  );
}
