import type { Run } from '../run.ts';

/** What has been seen in many runs, as plain data: workers send it to each other. */
export interface Tally {
  schedules: number;
  simulatedMs: number;
  /** Requests by how they ended. */
  readonly outcomes: Record<string, number>;
  /** Faults by kind, those of the network and what else was done at bad moments. */
  readonly faults: Record<string, number>;
  /** Distinct states of the whole: clients, group, circuit breaker, servers. */
  readonly states: Set<string>;
}

export function emptyTally(): Tally {
  return { schedules: 0, simulatedMs: 0, outcomes: {}, faults: {}, states: new Set() };
}

/** Adds what one tally has to another. */
export function addTally(to: Tally, from: Tally): void {
  to.schedules += from.schedules;
  to.simulatedMs += from.simulatedMs;
  for (const [code, count] of Object.entries(from.outcomes)) add(to.outcomes, code, count);
  for (const [kind, count] of Object.entries(from.faults)) add(to.faults, kind, count);
  for (const state of from.states) to.states.add(state);
}

/** Adds a run. */
export function count(tally: Tally, { entries, durationMs }: Run): void {
  tally.schedules++;
  tally.simulatedMs += durationMs;
  const clients: string[] = [];
  const servers: Record<string, string> = {};
  let group = 'starting';
  let breaker = 'none';
  for (const { kind, who, details } of entries) {
    switch (kind) {
      case 'settled':
        add(tally.outcomes, String(details.code));
        continue;
      case 'fault.begin':
        add(tally.faults, String((details.fault as { readonly kind: string }).kind));
        continue;
      case 'lie':
        add(tally.faults, 'lies');
        continue;
      case 'net.corrupted':
        add(tally.faults, 'corrupted pieces');
        continue;
      case 'client':
        clients[Number(details.client)] = String(details.state);
        break;
      case 'group':
        group = String(details.state);
        break;
      case 'breaker':
        breaker = String(details.state);
        break;
      case 'server.up':
      case 'server.down':
      case 'server.ending':
      case 'server.ended':
        servers[who] = kind;
        break;
      default:
        continue;
    }
    tally.states.add(`${[...clients].sort()}/${group}/${breaker}/${Object.values(servers).sort()}`);
  }
}

function add(counts: Record<string, number>, name: string, more = 1): void {
  counts[name] = (counts[name] ?? 0) + more;
}
