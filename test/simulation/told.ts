import type { LogEntry } from '../../src/testing.ts';
import type { Moment } from './history.ts';

/** What the log says of one Command at one server. */
export interface Told {
  readonly host: string;
  /** When its handler was called, with how much time left; not a number: without a deadline. */
  readonly began: Moment;
  readonly leftMs: number | null;
  readonly metadata: Readonly<Record<string, string>>;
  /** What its client has said of itself. */
  readonly token: string | null;
  readonly hasSignal: boolean;
  /** Whether its handler answers by the proxy. */
  readonly isByProxy: boolean;
  /** When the server stopped it, for lack of time or of anybody who waits. */
  stopped: (Moment & { readonly code: string }) | undefined;
  signal: Moment | undefined;
  handled: Moment | undefined;
}

/** Commands at servers as handlers know them. */
export interface ToldCommands {
  readonly all: readonly (Told & { readonly id: number; readonly client: string; readonly seq: number })[];
  /** Whether a Command is through as soon as it is stopped: who answers by the proxy is taken to be, and who has not begun. */
  endsWithStop(host: string, client: unknown, seq: unknown): boolean;
  /** A send at a server, over one connection. */
  of(host: string, client: unknown, id: number): Told | undefined;
}

const known = new WeakMap<readonly LogEntry[], ToldCommands>();

/** Sorts what handlers were told by Commands; once for each log. */
export function toldOf(entries: readonly LogEntry[]): ToldCommands {
  const before = known.get(entries);
  if (before !== undefined) return before;
  const all: (Told & { readonly id: number; readonly client: string; readonly seq: number })[] = [];
  const bySeq = new Map<string, Told>();
  const byId = new Map<string, Told>();
  for (let index = 0; index < entries.length; index++) {
    const { kind, who: host, details, atMs } = entries[index] as LogEntry;
    const at = { atMs, index };
    const place = `${host} ${details.client} ${details.seq}`;
    if (kind === 'began') {
      const { id, client, seq, leftMs, metadata, token, hasSignal, isByProxy } = details as unknown as Told & {
        id: number;
        client: string;
        seq: number;
      };
      const ends = { stopped: undefined, signal: undefined, handled: undefined };
      const one = { host, began: at, leftMs, metadata, token, hasSignal, isByProxy, id, client, seq, ...ends };
      all.push(one);
      bySeq.set(place, one);
      byId.set(`${host} ${client} ${id}`, one);
      continue;
    }
    const one = kind === 'stopped' || kind === 'signal' || kind === 'handled' ? bySeq.get(place) : undefined;
    if (one === undefined) continue;
    if (kind === 'stopped') one.stopped ??= { ...at, code: String(details.code) };
    else if (kind === 'signal') one.signal ??= at;
    else one.handled ??= at;
  }
  const told: ToldCommands = {
    all,
    endsWithStop: (host, client, seq) => {
      const one = bySeq.get(`${host} ${client} ${seq}`);
      return one !== undefined && (one.isByProxy || one.handled === undefined);
    },
    of: (host, client, id) => byId.get(`${host} ${client} ${id}`),
  };
  known.set(entries, told);
  return told;
}
