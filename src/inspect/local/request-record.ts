import type { AnyActorRef, EventObject } from 'xstate';
import { printable } from '../../base/errors/printable.ts';
import { KEPT, type Outcome, type ShownRequest, type ShownStep } from './shown.ts';

const OUTCOMES: ReadonlySet<unknown> = new Set<Outcome>(['succeeded', 'failed', 'timedOut', 'cancelled']);

/** Fields that a request shows of itself to inspectors. */
interface LinkFields {
  readonly seq: number;
  readonly client: number | undefined;
  readonly timeoutMs: number | undefined;
}

/** Record of what has been seen of one request. Keeps little of a long stream. */
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
  #link: LinkFields = { seq: 0, client: undefined, timeoutMs: undefined };
  /** The Command's payload; as a text of its own, so that nothing of the payload itself is kept. */
  #payload: string | undefined;
  #outcome: Outcome | undefined;
  #length = 0;
  /** Whether it is kept longer than others. */
  isNotable = false;

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

  /** How many characters are kept of it. */
  get length(): number {
    return this.#length;
  }

  /** Takes what came of an event: a snapshot of the request machine. */
  see(event: EventObject & Record<string, unknown>, snapshot: Record<string, unknown>, atMs: number): void {
    const said = saidBy(snapshot);
    this.#link = linkOf(said);
    if (this.#payload === undefined && said.payload !== undefined) {
      this.#payload = inShort(said.payload, KEPT.payloadLength);
      this.#length += this.#payload.length;
    }
    if (event.type === 'command.sent') this.#first.push({ kind: 'sent', atMs, text: `seq ${this.#link.seq}` });
    if (event.type === 'result.received') this.#addResult(event, atMs);
    if (this.#outcome !== undefined || !OUTCOMES.has(snapshot.value)) return;
    this.#outcome = snapshot.value as Outcome;
    this.#actor = undefined;
    const text = describeError(event.error);
    this.#length += text.length;
    this.#last.push({ kind: this.#outcome, atMs, text });
  }

  /** How it ended; nothing while it has not. */
  get outcome(): Outcome | undefined {
    return this.#outcome;
  }

  /** How long it took to its end, or until now. */
  get tookMs(): number {
    return (this.#last.at(-1)?.atMs ?? this.#startedMs) - this.#startedMs;
  }

  /** As the page shows it. */
  get shown(): ShownRequest {
    // The deadline is armed after the Command has left: it is looked up as late as this.
    const { client, seq, timeoutMs } =
      this.#actor === undefined ? this.#link : linkOf(saidBy(this.#actor.getSnapshot()));
    return {
      id: this.id,
      system: this.system,
      number: this.#number,
      command: this.#command,
      client: client === undefined ? undefined : this.#clientName(client),
      seq,
      payload: this.#payload,
      steps: [...this.#first, ...this.#last],
      leftOut: this.#leftOut === 0 ? undefined : { count: this.#leftOut, after: this.#first.length - 1 },
      results: this.#results,
      deadlineMs: timeoutMs === undefined ? undefined : this.#startedMs + timeoutMs,
      outcome: this.#outcome,
      isNotable: this.isNotable,
    };
  }

  #addResult(event: EventObject & Record<string, unknown>, atMs: number): void {
    this.#results++;
    const value =
      event.value === undefined || event.value === '(hidden)' ? '' : ` ${inShort(event.value, KEPT.stepLength)}`;
    const text = `${event.resultType}${value}, ${event.size} B${event.last === true ? ', last' : ''}`;
    this.#length += text.length;
    const step: ShownStep = { kind: 'result', atMs, text };
    if (this.#results <= KEPT.results / 2) this.#first.push(step);
    else this.#last.push(step);
    if (this.#last.length <= KEPT.results / 2) return;
    this.#length -= this.#last.shift()?.text.length ?? 0;
    this.#leftOut++;
  }
}

/** Fields that a request shows of itself, in its snapshot. */
function saidBy(snapshot: unknown): Readonly<Record<string, unknown>> {
  const { context } = (snapshot ?? {}) as { context?: { link?: Record<string, unknown> } };
  return context?.link ?? {};
}

/** The numbers alone: they hold on to nothing. */
function linkOf({ seq, client, timeoutMs }: Readonly<Record<string, unknown>>): LinkFields {
  const numberOr = <Else>(value: unknown, other: Else) => (typeof value === 'number' ? value : other);
  return { seq: numberOr(seq, 0), client: numberOr(client, undefined), timeoutMs: numberOr(timeoutMs, undefined) };
}

function describeError(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const { code, message } = error as { code?: unknown; message?: unknown };
  const text = typeof message === 'string' && message !== '(hidden)' ? message : '';
  const parts = [code, text].filter((part) => part !== undefined && part !== '');
  return printable(parts.join(': '), KEPT.stepLength);
}

/** A value that has been made plain, and is not long therefore, as JSON. */
function inShort(value: unknown, maxLength: number): string {
  return printable(JSON.stringify(value) ?? '', maxLength);
}
