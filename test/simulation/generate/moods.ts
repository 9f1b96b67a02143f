// Kinds of runs of one subject each: what a whole schedule is made into.
import type { Schedule, SendPlan, StallPlan } from '../schedule.ts';
import { ROOMY_SENDER, ROOMY_SERVER } from './configuration.ts';
import { listen } from './workload.ts';

/** Servers are at their limit for seconds: they must answer Pings all the same. */
export function limited(schedule: Schedule): Schedule {
  const calm = listening(schedule);
  const servers = calm.servers.map((server) => ({ ...server, maxInFlightCommands: 2, idleTimeoutMs: null }));
  const sends = calm.sends.map((send) => ({ ...send, times: 6, gapMs: 20 }));
  const sender = { ...calm.sender, clients: 1, maxInFlightCommands: 100, keepalive: { timeMs: 500, timeoutMs: 300 } };
  return { ...calm, servers, sender, sends, lengthMs: Math.max(calm.lengthMs, 3000) };
}

/** For seconds a Command is nearly always under way of which a part has come: none of them takes long. */
export function piecemeal(schedule: Schedule): Schedule {
  const calm = listening(schedule);
  const network = { ...calm.network, latencyMs: 15, jitterMs: 0, coalesceRate: 0, windowBytes: 2048 };
  const servers = calm.servers.map((server) => ({ ...server, idleTimeoutMs: null, frameTimeoutMs: 1500 }));
  const [first] = calm.sends as [SendPlan];
  const large = { method: 'send', command: 'Do', style: 'now', padBytes: 3000, times: 60, gapMs: 50 } as const;
  const sender = { ...calm.sender, clients: 1, maxFrameBytes: 65_536, maxInFlightCommands: 100 };
  return {
    ...calm,
    network,
    servers,
    sender,
    sends: [{ ...first, ...large }],
    lengthMs: Math.max(calm.lengthMs, 3500),
  };
}

/**
 * One Command, whose answer takes long: Pings must go by what is said as well as by what is heard. It is the one for which
 * connections are made, and nothing comes later that would take it along.
 */
export function patient(schedule: Schedule): Schedule {
  const calm = listening(schedule);
  const servers = calm.servers.map((server) => ({ ...server, idleTimeoutMs: 1300 }));
  const [first] = calm.sends as [SendPlan];
  const slow = { method: 'send', command: 'Do', style: 'later', count: 1, everyMs: 200, timeoutMs: 2000 } as const;
  const keepalive = { timeMs: 1000, timeoutMs: 300 } as const;
  const lazy = { lazy: true, maxInFlightCommands: 1000, maxBufferedBytes: 1_000_000, hooks: 'watch' } as const;
  const only = { ...first, ...slow, times: 1, waitForReady: true, cancelAfterMs: null, payload: 'good' } as const;
  const sender = { ...calm.sender, ...lazy, keepalive };
  return { ...calm, servers, sender, sends: [only], lengthMs: Math.max(calm.lengthMs, 3000) };
}

/** The first send is answered at once, by then to a process that stands still, and only then is due. */
export function withStalledDeadline(schedule: Schedule, forMs: number | null): Schedule {
  if (forMs === null) return schedule;
  const [first, ...others] = schedule.sends as [SendPlan, ...SendPlan[]];
  const plain = { method: 'send', command: 'Do', style: 'now', payload: 'good', cancelAfterMs: null } as const;
  const sends = [{ ...first, ...plain, timeoutMs: 300, padBytes: 0 }, ...others];
  return { ...schedule, sends, stalls: [{ atMs: first.atMs + 1, forMs }] };
}

/** Long streams behind a small window, and after the Ping, whose Pong lies behind its rest, the process stands still. */
export function standing(schedule: Schedule, { atMs, forMs }: StallPlan): Schedule {
  const calm = listening(schedule);
  const network = { ...calm.network, latencyMs: 2, jitterMs: 0, sliceRate: 0, windowBytes: 1024 };
  const servers = calm.servers.map((server) => ({ ...server, maxBufferedBytes: 8_000_000, idleTimeoutMs: null }));
  const [first] = calm.sends as [SendPlan];
  const streams = { ...first, style: 'now', times: 16, gapMs: 0, padBytes: 3000 } as const;
  const sender = { ...calm.sender, clients: 1, keepalive: { timeMs: 500, timeoutMs: 300 } };
  const lengthMs = Math.max(calm.lengthMs, atMs + forMs + 2000);
  return { ...calm, network, servers, sender, sends: [streams], stalls: [{ atMs, forMs }], lengthMs };
}

/** Long streams, and before they end nothing gets through to the servers for a while. */
export function deafened(schedule: Schedule, atMs: number): Schedule {
  const calm = listening(schedule);
  const servers = calm.servers.map((server) => ({ ...server, maxBufferedBytes: 8_000_000, idleTimeoutMs: null }));
  const sender = { ...calm.sender, keepalive: { timeMs: 200, timeoutMs: 200 } };
  const deaf = { kind: 'partition', from: 'client', oneWay: true, atMs, forMs: 3000 } as const;
  return { ...calm, servers, sender, faults: [deaf], lengthMs: Math.max(calm.lengthMs, atMs + 3000) };
}

/** One stall after the other: what begins within one is left out. */
export function inOrder(stalls: readonly StallPlan[]): readonly StallPlan[] {
  const sorted = [...stalls].sort((a, b) => a.atMs - b.atMs);
  return sorted.filter(({ atMs }, index) => sorted.slice(0, index).every((one) => one.atMs + one.forMs < atMs));
}

/** Hardly anything is said, and nothing goes wrong: long streams to clients that only listen. */
export function listening(schedule: Schedule): Schedule {
  const servers = schedule.servers.map((server) => ({
    ...server,
    goClients: false,
    idleTimeoutMs: server.idleTimeoutMs ?? 1400,
    maxInFlightCommands: 1000,
    maxFrameBytes: 65_536,
    shutdown: null,
    ...ROOMY_SERVER,
  }));
  const keepalive = schedule.sender.keepalive ?? { timeMs: 500, timeoutMs: 300 };
  return {
    ...schedule,
    servers,
    sender: { ...schedule.sender, ...ROOMY_SENDER, keepalive },
    sends: schedule.sends.slice(0, 2).map(listen),
    faults: [],
    meddling: null,
    stalls: [],
  };
}
