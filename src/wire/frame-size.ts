import { MAX_VARINT_BYTES } from '../bytes/varint.ts';
import { CmdStreamError } from '../errors/cmd-stream-error.ts';

/** The most bytes in front of a payload: sequence number, type, length. `maxFrameBytes` does not count them. */
export const MAX_HEADER_BYTES = 3 * MAX_VARINT_BYTES;

/** The error for a frame of `bytes` bytes that is over the limit. */
export function frameTooLarge(bytes: number, maxFrameBytes: number): CmdStreamError {
  return new CmdStreamError(
    'frame-too-large',
    `a frame of ${bytes} bytes is over the limit of ${maxFrameBytes} (option 'maxFrameBytes')`,
  );
}
