import type { Worker } from 'node:cluster';
import { systemClock } from '../base/clock.ts';

const LAST_ANSWERS_MS = 200;

/** A connection as node:cluster hands it over. */
interface Handle {
  close(): void;
}

/** A message of node:cluster's own, to a process or from it. */
interface ClusterMessage {
  readonly cmd?: unknown;
  readonly act?: unknown;
  readonly seq?: unknown;
  readonly ack?: unknown;
}

/**
 * Closes the connections that a process was handed and has not taken, once it is gone. node:cluster would keep them open, and wait
 * for an answer that never comes: their clients would hear nothing.
 */
export function closeUntaken({ process }: Worker): void {
  const untaken = new Map<unknown, Handle>();
  const send = process.send.bind(process) as (...args: unknown[]) => boolean;
  const noting = (message: ClusterMessage, handle?: Handle, ...more: unknown[]): boolean => {
    if (message.cmd === 'NODE_CLUSTER' && message.act === 'newconn' && handle) untaken.set(message.seq, handle);
    return send(message, handle, ...more);
  };
  Object.assign(process, { send: noting });
  process.on('internalMessage', ({ ack }: ClusterMessage) => void untaken.delete(ack));

  process.once('exit', () => {
    const close = () => {
      systemClock.clearTimeout(timer);
      process.off('disconnect', close);
      for (const handle of untaken.values()) handle.close();
      untaken.clear();
    };
    // Its last answers may still come; the end of a channel that waits to hand something over is not told.
    const timer = systemClock.setTimeout(close, process.connected ? LAST_ANSWERS_MS : 0);
    process.once('disconnect', close);
  });
}
