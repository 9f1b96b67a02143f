import type { LogEntry } from '../../../src/testing.ts';
import { type History, pastOf, type Violation } from '../history.ts';
import type { Run } from '../run.ts';

/** Something that lasts: a state, a fault, a request. */
export interface Span {
  readonly fromMs: number;
  toMs: number;
  /** What it looks like: a class name. */
  readonly look: string;
  readonly label: string;
}

/** Something that happens at a moment. */
export interface Mark {
  readonly atMs: number;
  readonly look: string;
  readonly label: string;
}

/** One line of the picture. */
export interface Lane {
  readonly name: string;
  readonly group: 'faults' | 'clients' | 'breaker' | 'servers' | 'requests';
  readonly spans: Span[];
  readonly marks: Mark[];
  readonly isGuilty: boolean;
}

/** More requests than these would be no picture; those that matter are kept. */
const MAX_REQUESTS = 60;

/** What happened, as lanes: faults, group and clients, circuit breaker, servers, requests. */
export function lanesOf(run: Run, violations: readonly Violation[]): Lane[] {
  const endMs = run.entries.at(-1)?.atMs ?? 0;
  const states = new Map<string, Lane>();
  const faults: Lane[] = [];
  if (run.schedule.sender.breaker !== null) {
    const closed = { fromMs: 0, toMs: endMs, look: 'is-closed-circuit', label: 'closed' };
    const lane: Lane = { name: 'circuit breaker', group: 'breaker', spans: [closed], marks: [], isGuilty: false };
    states.set(lane.name, lane);
  }
  for (const entry of run.entries) {
    noteState(states, entry, endMs);
    noteFault(faults, entry, endMs);
  }
  const ordered = [...states.values()].sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
  return [...faults, ...ordered, ...requests(run, violations, endMs)];
}

const GROUPS: readonly Lane['group'][] = ['faults', 'clients', 'breaker', 'servers', 'requests'];
const rank = ({ group, name }: Lane) => GROUPS.indexOf(group) * 2 + (name === 'group' ? 0 : 1);

function noteState(lanes: Map<string, Lane>, { kind, who, details, atMs }: LogEntry, endMs: number): void {
  const say = (name: string, group: Lane['group'], state: string, label = state) => {
    const lane = lanes.get(name) ?? { name, group, spans: [], marks: [], isGuilty: false };
    lanes.set(name, lane);
    const last = lane.spans.at(-1);
    if (last?.look === `is-${state}`) return;
    if (last !== undefined) last.toMs = atMs;
    lane.spans.push({ fromMs: atMs, toMs: endMs, look: `is-${state}`, label });
  };
  const mark = (name: string, look: string, label: string) => lanes.get(name)?.marks.push({ atMs, look, label });
  switch (kind) {
    case 'group':
      say('group', 'clients', String(details.state));
      break;
    case 'client': {
      const state = String(details.state);
      const why = details.code === null ? '' : `: ${details.code}`;
      say(who, 'clients', state, `${state}${why} (${details.address}, attempt ${details.attempt})`);
      break;
    }
    case 'breaker':
      say(
        'circuit breaker',
        'breaker',
        details.state === 'closed' ? 'closed-circuit' : String(details.state),
        String(details.state),
      );
      break;
    case 'server.up':
      say(`server ${who}`, 'servers', 'up');
      break;
    case 'liar.up':
      say(`server ${who}`, 'servers', 'draining', 'a liar stands in its place');
      break;
    case 'lie':
      mark(`server ${who}`, 'loses', `lies about seq ${details.seq}: ${details.lie}`);
      break;
    case 'server.down':
      say(`server ${who}`, 'servers', 'down');
      break;
    case 'server.ending':
      say(`server ${who}`, 'servers', 'draining', 'shutting down');
      break;
    case 'server.ended':
      say(`server ${who}`, 'servers', 'closed');
      break;
    case 'execute':
      mark(`server ${who}`, 'executes', `executes ${details.command} (seq ${details.seq})`);
      break;
    case 'connectionLost':
      mark(`server ${who}`, 'loses', `lost ${details.client}: ${details.code ?? 'closed in order'}`);
  }
}

function noteFault(lanes: Lane[], { kind, details, atMs }: LogEntry, endMs: number): void {
  if (kind !== 'fault.begin' && kind !== 'fault.end') return;
  const { kind: name, atMs: _at, forMs, ...rest } = details.fault as Record<string, unknown>;
  const where = Object.values(rest)
    .map((value) => (typeof value === 'object' ? JSON.stringify(value) : String(value)))
    .join(' ');
  const label = `${name} ${where}`.trim();
  const lane = lanes.find((one) => one.name === label);
  if (kind === 'fault.end') {
    const open = lane?.spans.at(-1);
    if (open !== undefined) open.toMs = atMs;
    return;
  }
  const lasts = !['reset', 'half-open', 'cut'].includes(String(name));
  const own: Lane = lane ?? { name: label, group: 'faults', spans: [], marks: [], isGuilty: false };
  if (lane === undefined) lanes.push(own);
  if (lasts) own.spans.push({ fromMs: atMs, toMs: endMs, look: 'fault', label: `${label}, for ${forMs ?? '?'} ms` });
  else own.marks.push({ atMs, look: 'strike', label });
}

function requests(run: Run, violations: readonly Violation[], endMs: number): Lane[] {
  const past = pastOf(run);
  const guilty = new Set(violations.map(({ id }) => id));
  const firstMs = violations[0]?.atMs ?? endMs;
  const all = [...past.sends.values()];
  // Those nearest to what went wrong.
  const kept = all
    .toSorted((a, b) => distance(a, guilty, firstMs) - distance(b, guilty, firstMs))
    .slice(0, MAX_REQUESTS)
    .sort((a, b) => a.call.index - b.call.index);
  return kept.map((send) => laneOf(send, guilty.has(send.id), endMs));
}

function distance({ id, call }: History, guilty: ReadonlySet<number | undefined>, atMs: number): number {
  return guilty.has(id) ? -1 : Math.abs(call.atMs - atMs);
}

function laneOf(send: History, isGuilty: boolean, endMs: number): Lane {
  const { id, call, values, executions, abort, endings } = send;
  const [settled] = send.settled;
  const code = settled?.code ?? 'never settled';
  const look =
    code === 'ok' ? 'good' : code === 'timeout' ? 'late' : ['cancelled', 'left'].includes(code) ? 'left' : 'bad';
  const span = {
    fromMs: call.atMs,
    toMs: settled?.atMs ?? endMs,
    look: settled === undefined ? 'never' : look,
    label: code,
  };
  const marks: Mark[] = [
    ...executions.map(({ atMs, host }) => ({ atMs, look: 'executes', label: `executed by ${host}` })),
    ...values.map(({ atMs, n }) => ({ atMs, look: 'value', label: `Result ${n}` })),
    ...(abort === undefined ? [] : [{ atMs: abort.atMs, look: 'strike', label: 'its signal fires' }]),
    ...endings.map(({ atMs, how }) => ({ atMs, look: 'ended', label: `ended: ${how}` })),
  ];
  if (call.timeoutMs !== null)
    marks.push({ atMs: call.atMs + call.timeoutMs, look: 'deadline', label: 'its deadline' });
  return { name: `${id} ${call.method} ${call.command}`, group: 'requests', spans: [span], marks, isGuilty };
}
