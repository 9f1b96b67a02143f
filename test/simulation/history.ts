import type { LogEntry } from '../../src/testing.ts';
import { Corruption } from './corruption.ts';
import type { Run } from './run.ts';
import type { Schedule } from './schedule.ts';

/** Something that must not have happened. */
export interface Violation {
  /** Which promise it breaks: `3`, or the model that says otherwise: `breaker`, `dispatch`. */
  readonly promise: string;
  readonly message: string;
  readonly atMs: number;
  /** The send that it is about, if it is about one. */
  readonly id?: number | undefined;
}

/** Where a moment stands among all that happened. */
export interface Moment {
  readonly atMs: number;
  /** The entry's place in the log. */
  readonly index: number;
}

/** How the hooks heard that a send had ended; `answered`: with its last Result. */
export interface Ending extends Moment {
  readonly how: 'answered' | 'failed' | 'timedOut' | 'cancelled';
  readonly code: string;
  readonly mayHaveExecuted: boolean;
  readonly seq: number;
  readonly client: number | null;
}

/** All that the log says of one send. */
export interface History {
  readonly id: number;
  readonly call: Moment & {
    readonly method: string;
    readonly command: string;
    readonly payload: string;
    readonly style: string | undefined;
    readonly timeoutMs: number | null;
    readonly count: number;
    readonly wanted: number | null;
    readonly aborted: boolean;
    /** Whether it waits for a client although none is about to be ready. */
    readonly isPatient: boolean | undefined;
    readonly padBytes: number;
    /** The texts that go along; of a probe and what goes past the sender, none. */
    readonly metadata?: Readonly<Record<string, string>>;
  };
  /** When its signal fired. */
  abort: Moment | undefined;
  /** When its hooks were asked. */
  asked: Moment | undefined;
  /** Where the ticket of the group says that it went; for sends that go past the sender. */
  carried: (Moment & Pick<Ending, 'seq' | 'client'> & { readonly pending: boolean }) | undefined;
  readonly answers: (Moment & {
    readonly n: number;
    readonly last: boolean;
    readonly size: number;
    readonly seq: number;
    client: number;
  })[];
  /** The Results of a stream that its handlers gave, sent or not. */
  readonly given: (Moment & { readonly n: number; readonly client: string; readonly seq: number })[];
  readonly endings: Ending[];
  readonly values: (Moment & { readonly of: number | null; readonly n: number | null })[];
  /** `pending`: whether the group still knew of it then; said of sends that go past the sender. */
  readonly settled: (Moment & {
    readonly code: string;
    readonly mayHaveExecuted: boolean | null;
    readonly pending?: boolean;
  })[];
  /**
   * `client`: as the server calls the end that the Command came from; `isLate`: whether its payload is what that became
   * after the call.
   */
  readonly executions: (Moment & { readonly host: string; readonly client: unknown; readonly isLate: boolean })[];
  /** Servers that were shutting down and turned it away. */
  readonly refusals: (Moment & { readonly seq: number; readonly client: unknown })[];
}

/** A run as the promises look at it. */
export interface Past {
  readonly run: Run;
  readonly schedule: Schedule;
  readonly entries: readonly LogEntry[];
  readonly sends: ReadonlyMap<number, History>;
  /** Whether bytes were changed on their way: what they say is nobody's fault then, */
  readonly corrupted: boolean;
  /** and what can be believed all the same. */
  readonly corruption: Corruption;
  /** Whether a server that was shutting down turned Commands away unread, so that nobody knows which: they were too long. */
  readonly refusedUnread: boolean;
  /** Whether the user's hooks tell of each send. */
  readonly hooked: boolean;
  /** When the sender began to close. */
  readonly ending: Moment | undefined;
}

/** What is read of an entry's details. */
interface Details {
  readonly id: number;
  readonly [name: string]: unknown;
}

/** Sorts the log of a run by sends. */
export function pastOf(run: Run): Past {
  const { schedule, entries } = run;
  const sends = new Map<number, History>();
  let corrupted = false;
  let refusedUnread = false;
  let ending: Moment | undefined;
  for (let index = 0; index < entries.length; index++) {
    const { kind, atMs, details, who } = entries[index] as LogEntry;
    const at = { atMs, index };
    if (kind === 'net.corrupted') corrupted = true;
    else if (kind === 'ending') ending = at;
    else if (kind === 'refused' && details.id === null) refusedUnread = true;
    else if (kind === 'execute') {
      const { id, late } = (details.payload ?? {}) as { readonly id?: number; readonly late?: boolean };
      sends.get(id ?? -1)?.executions.push({ ...at, host: who, client: details.client, isLate: late === true });
    } else if (kind === 'call') sends.set(Number(details.id), newHistory(at, details as unknown as Details));
    else if ('id' in details) note(sends.get(Number(details.id)), kind, at, details as unknown as Details);
  }
  const corruption = new Corruption(corrupted ? entries : []);
  const hooked = schedule.sender.hooks !== 'none';
  return { run, schedule, entries, sends, corrupted, corruption, refusedUnread, hooked, ending };
}

function newHistory(at: Moment, details: Details): History {
  const { id, ...call } = details;
  return {
    id,
    call: { ...at, ...call } as History['call'],
    abort: undefined,
    asked: undefined,
    carried: undefined,
    answers: [],
    given: [],
    endings: [],
    values: [],
    settled: [],
    executions: [],
    refusals: [],
  };
}

function note(history: History | undefined, kind: string, at: Moment, { id: _, ...details }: Details): void {
  if (history === undefined) return;
  switch (kind) {
    case 'abort':
      history.abort ??= at;
      break;
    case 'asked':
      history.asked ??= at;
      break;
    case 'carried':
      history.carried ??= { ...at, ...details } as NonNullable<History['carried']>;
      break;
    case 'answered': {
      const answer = { ...at, ...details } as History['answers'][number];
      history.answers.push(answer);
      if (!answer.last) break;
      const { seq, client } = answer;
      history.endings.push({ ...at, how: 'answered', code: 'ok', mayHaveExecuted: true, seq, client });
      break;
    }
    case 'gave':
      history.given.push({ ...at, ...details } as History['given'][number]);
      break;
    case 'ended':
      history.endings.push({ ...at, ...details } as Ending);
      break;
    case 'value':
      history.values.push({ ...at, ...details } as History['values'][number]);
      break;
    case 'refused':
      history.refusals.push({ ...at, ...details } as History['refusals'][number]);
      break;
    case 'settled':
      history.settled.push({ ...at, ...details } as History['settled'][number]);
  }
}

/** Whether a server that was shutting down may have turned a send away, which then ended or went another way. */
export function wasTurnedAway({ refusals, endings, settled }: History, { refusedUnread, entries }: Past): boolean {
  const [end = settled[0]] = endings;
  if (refusals.length > 0) return true;
  if (end?.mayHaveExecuted !== false) return false;
  // A goodbye is heard also by those whose Commands have not come yet.
  const isGoodbye = ({ kind }: LogEntry) => kind === 'server.ending';
  return refusedUnread || (end.code === 'closed' && entries.slice(0, end.index).some(isGoodbye));
}

/** Whether a send goes past the sender and its hooks: by `group.send`. */
export function isDirect({ call }: History): boolean {
  return call.method === 'group';
}

/** Whether a send takes one Result; the others are streams. */
export function isSingle({ call }: History): boolean {
  return call.method === 'send' || call.method === 'sendWithDeadline' || call.method === 'probe';
}
