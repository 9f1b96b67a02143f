import type { CmdStreamError } from '../../base/errors/cmd-stream-error.ts';
import { type PathStep, tellPath } from '../../base/errors/error-path.ts';
import type { EndingHook } from '../hooks/ending-hook.ts';
import { type ClientChanges, clientSteps } from './client-changes.ts';

/** A send that has failed, as far as its path tells of it. */
export interface FailedSend {
  /** 0 where it was not sent. */
  readonly seq: number;
  readonly clientId: number | undefined;
  readonly address: string | undefined;
  /** How many Results it has had. */
  readonly received: number;
  /** When it was called (whole monotonic milliseconds); `undefined` where that was not noted. */
  readonly calledMs: number | undefined;
  /** How many changes of clients there had been then. */
  readonly changesBefore: number;
}

const END_STATES: Readonly<Record<EndingHook, string>> = {
  onError: 'failed',
  onTimeout: 'timedOut',
  onCancel: 'cancelled',
};

/** Notes on an error the way of its send, and what its client went through meanwhile. Nothing is made of it unless it is asked for. */
export function tellRequestPath(
  error: CmdStreamError,
  send: FailedSend,
  ending: EndingHook,
  changes: ClientChanges,
): void {
  const { seq, clientId, address, received, calledMs, changesBefore } = send;
  const { all, count, nowMs } = changes;
  tellPath(error, () => {
    const steps: PathStep[] = [
      { afterMs: calledMs === undefined ? undefined : 0, actor: 'request', state: 'queued', note: undefined },
    ];
    if (seq > 0) {
      steps.push({
        afterMs: undefined,
        actor: 'request',
        state: 'sent',
        note: `${seq} of client ${clientId} to ${address}`,
      });
    }
    if (received > 0) {
      const note = received === 1 ? 'one Result' : `${received} Results`;
      steps.push({ afterMs: undefined, actor: 'request', state: 'receiving', note });
    }
    // That its connection is lost a client tells a moment after it has failed what was under way.
    const next = changes.all.find((change) => change.clientId === clientId && change.number > count);
    const known = error.code === 'connection-lost' && next !== undefined ? [...all, next] : all;
    if (calledMs !== undefined) steps.push(...clientSteps(known, { calledMs, changesBefore, clientId }));
    const afterMs = calledMs === undefined ? undefined : Math.max(0, Math.round(nowMs - calledMs));
    return [...steps, { afterMs, actor: 'request', state: END_STATES[ending], note: undefined }];
  });
}
