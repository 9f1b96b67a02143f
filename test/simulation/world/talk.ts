import type { SendOptions } from '../../../src/index.ts';
import type { SendPlan } from '../schedule.ts';

/** What the sender tells of itself. */
export const TOKEN = { token: 'of the simulation' };
/** Keys that are handed on, beside those of traces. */
export const HANDED_ON: readonly string[] = ['tenant'];

/** What a send says beside its payload. */
export interface Talk {
  readonly options: Pick<SendOptions, 'metadata' | 'within'>;
  /** Whether its signal is that of the Command within which it is sent. */
  readonly hasSignal: boolean;
  /** What its handler is to be told, of a server that can tell. */
  readonly expected: Readonly<Record<string, string>>;
}

/** The texts of a send, and the Command within which it is sent: as some handler would know it. */
export function talkOf(id: number, plan: SendPlan, nowMs: number, signal: AbortSignal | undefined): Talk {
  const own: Record<string, string> = {};
  if (plan.metadata) own['send-id'] = String(id);
  if (plan.metadata && id % 3 === 0) own.note = `é\u0000${'x'.repeat((id * 37) % 300)}`;
  const options = plan.metadata ? { metadata: own } : {};
  if (plan.withinMs === null) return { options, hasSignal: false, expected: own };
  const hasSignal = signal !== undefined && id % 2 === 0;
  const handedOn = { tenant: 'acme', traceparent: `00-${id}` };
  const within = {
    deadline: nowMs + plan.withinMs,
    signal: hasSignal ? signal : new AbortController().signal,
    metadata: { ...handedOn, secret: 'not to be handed on' },
  };
  return { options: { ...options, within }, hasSignal, expected: { ...handedOn, ...own } };
}
