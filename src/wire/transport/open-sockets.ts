import type { Socket } from 'node:net';
import { inNextTurn, systemClock } from '../../base/clock.ts';

/**
 * All sockets of this process's transports, and when they are closed: the system takes a turn or two to close one that was
 * destroyed.
 */
const sockets = new Map<Socket, Promise<void>>();

/** A system that does not close a destroyed socket within this time is waited for no longer. */
const CLOSE_TIMEOUT_MS = 1_000;

/** Remembers a socket while it is there. */
export function rememberSocket(socket: Socket): void {
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      sockets.delete(socket);
      resolve();
    });
  });
  sockets.set(socket, closed);
}

/** Resolves once the sockets that were destroyed are closed, so that nothing is left of them; at once where there are none. */
export async function whenSocketsAreClosed(): Promise<void> {
  const closing = [...sockets].filter(([{ destroyed }]) => destroyed).map(([, closed]) => closed);
  if (closing.length === 0) return;
  await new Promise<void>((resolve) => {
    const timer = systemClock.setTimeout(resolve, CLOSE_TIMEOUT_MS);
    void Promise.all(closing).then(() => {
      systemClock.clearTimeout(timer);
      resolve();
    });
  });
}

/** Resolves once what was closed in this turn of the event loop is gone: the next turn may still come before that. */
export function whenHandlesAreClosed(): Promise<void> {
  return new Promise((resolve) => {
    inNextTurn(systemClock, () => void inNextTurn(systemClock, resolve));
  });
}
