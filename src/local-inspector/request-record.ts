import type { AnyActorRef, EventObject } from 'xstate';
import { KEPT, type Outcome, type ShownRequest, type ShownStep } from './shown.ts';

const OUTCOMES: ReadonlySet<unknown> = new Set<Outcome>(['succeeded', 'failed', 'timedOut', 'cancelled']);

/** What a request says of itself to inspectors. */
interface Work {
  readonly seq?: number;
  readonly client?: number;
  readonly timeoutMs?: number;
  readonly payload?: unknown;
}

/** What has been seen of one request. Keeps little of a long stream. */
export class RequestRecord {
  readonly id: string;
  readonly system: string;
  /** Until it has ended: what hangs on it, its payload for one, is not kept for longer. */
  #actor: AnyActorRef | undefined;
  readonly #clientName: (id: number) => string;
  readonly #number: number;
  readonly #command: string;
  readonly #startedMs: number;
  readonly #first: ShownStep[] = [];
  /** The last Results of a long stream, and the end. */
  #last: ShownStep[] = [];
  #results = 0;
  #leftOut = 0;
  #work: Work = {};
  #outcome: Outcome | undefined;

  /** @param clientName - the name of a client of the same sender, by its number. */
  constructor(actor: AnyActorRef, system: string, atMs: number, clientName: (id: number) => string) {
    this.id = actor.sessionId;
    this.system = system;
    this.#actor = actor;
    this.#clientName = clientName;
    const [, number = '0', command = actor.id] = /^request (\d+) (.*)$/.exec(actor.id) ?? [];
    this.#number = Number(number);
    this.#command = command;
    this.#startedMs = atMs;
    this.#first.push({ kind: 'queued', atMs, text: '' });
  }

  /** Takes what came of an event: a snapshot of the request machine. */
  see(event: EventObject & Record<string, unknown>, snapshot: Record<string, unknown>, atMs: number): void {
    this.#work = workOf(snapshot);
    if (event.type === 'command.sent') this.#first.push({ kind: 'sent', atMs, text: `seq ${this.#work.seq ?? 0}` });
    if (event.type === 'result.received') this.#addResult(event, atMs);
    if (this.#outcome !== undefined || !OUTCOMES.has(snapshot.value)) return;
    this.#outcome = snapshot.value as Outcome;
    this.#actor = undefined;
    this.#last.push({ kind: this.#outcome, atMs, text: describeError(event.error) });
  }

  /** As the page shows it. */
  get shown(): ShownRequest {
    // The deadline is armed after the Command has left: it is looked up as late as this.
    if (this.#actor !== undefined) this.#work = { ...this.#work, ...workOf(this.#actor.getSnapshot()) };
    const { client, seq = 0, timeoutMs, payload } = this.#work;
    return {
      id: this.id,
      system: this.system,
      number: this.#number,
      command: this.#command,
      client: client === undefined ? undefined : this.#clientName(client),
      seq,
      payload: payload === undefined ? undefined : inShort(payload),
      steps: [...this.#first, ...this.#last],
      leftOut: this.#leftOut === 0 ? undefined : { count: this.#leftOut, after: this.#first.length - 1 },
      results: this.#results,
      deadlineMs: timeoutMs === undefined ? undefined : this.#startedMs + timeoutMs,
      outcome: this.#outcome,
    };
  }

  #addResult(event: EventObject & Record<string, unknown>, atMs: number): void {
    this.#results++;
    const value = event.value === undefined || event.value === '(hidden)' ? '' : ` ${inShort(event.value)}`;
    const text = `${event.resultType}${value}, ${event.size} B${event.last === true ? ', last' : ''}`;
    const step: ShownStep = { kind: 'result', atMs, text };
    if (this.#results <= KEPT.results / 2) this.#first.push(step);
    else this.#last.push(step);
    if (this.#last.length <= KEPT.results / 2) return;
    this.#last.shift();
    this.#leftOut++;
  }
}

function workOf(snapshot: unknown): Work {
  const { context } = (snapshot ?? {}) as { context?: { work?: Work } };
  return context?.work ?? {};
}

function describeError(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const { code, message } = error as { code?: unknown; message?: unknown };
  const text = typeof message === 'string' && message !== '(hidden)' ? message : '';
  return [code, text].filter((part) => part !== undefined && part !== '').join(': ');
}

function inShort(value: unknown): string {
  const text = JSON.stringify(value) ?? '';
  return text.length > KEPT.textLength ? `${text.slice(0, KEPT.textLength)}...` : text;
}
