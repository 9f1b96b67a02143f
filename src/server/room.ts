import type { ResultPort } from './service.ts';
import { weigh } from './weigh.ts';

/** Why a Result was dropped that had to wait. */
export const NOT_TAKEN =
  "its Result was dropped: the client does not take its Results, and so many wait that the server's memory is used up (option 'maxTotalBytes' of the server)";

/** Why a Command fails whose handler does not wait. */
export const NOT_AWAITED =
  'the client does not take its Results as fast as the handler gives them: the handler must await context.proxy.send()';

/** Calls back once there is room for a Result. Returns `false`, and will not, where there is no memory for it to wait in. */
export function whenRoomFor(port: ResultPort, result: unknown, goOn: () => void): boolean {
  const bytes = weigh(result);
  if (!port.resultWaits(bytes)) return false;
  port.whenRoom(() => {
    port.resultWent(bytes);
    goOn();
  });
  return true;
}

/** The same as a promise: of whether there is room now. */
export async function roomFor(port: ResultPort, result: unknown): Promise<boolean> {
  while (port.isFull) {
    const isComing = await new Promise<boolean>((resolve) => {
      if (!whenRoomFor(port, result, () => resolve(true))) resolve(false);
    });
    if (!isComing) return false;
  }
  return true;
}
