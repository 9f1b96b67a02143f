// Connections that last for so long, and are renewed then.
import fc from 'fast-check';
import type { Schedule, ServerPlan } from '../schedule.ts';
import { oneOf, weighted } from './choices.ts';
import { loadsOf, roomy, UNDISTURBED } from './shutdowns.ts';

/** How long connections last, and under what load. */
export const agePlan = fc.record({
  servers: weighted([2, 3], [1, 1], [3, 1]),
  ageMs: oneOf(900, 400, 2000),
  graceMs: weighted([null, 3], [5000, 1], [60, 1]),
  load: oneOf('short', 'streams', 'long', 'all', 'rare'),
  waitForReady: oneOf(false, true),
});

/**
 * Connections are renewed again and again, and nothing else happens.
 * @param calm - a schedule in which nothing does.
 */
export function aging(calm: Schedule, plan: typeof agePlan extends fc.Arbitrary<infer T> ? T : never): Schedule {
  const { ageMs, graceMs, load, waitForReady } = plan;
  const [first] = calm.servers as [ServerPlan, ...ServerPlan[]];
  const lengthMs = 5000;
  const { reconnect } = calm.sender;
  return {
    ...calm,
    network: roomy(calm.network),
    servers: Array.from({ length: plan.servers }, (_, at) => ({
      ...(calm.servers[at] ?? first),
      goClients: false,
      maxBufferedBytes: 8_000_000,
      idleTimeoutMs: null,
      shutdown: null,
      age: { ageMs, graceMs },
    })),
    sender: {
      ...calm.sender,
      waitForReady,
      maxInFlightCommands: 1000,
      maxBufferedBytes: 1_000_000,
      keepalive: { timeMs: 500, timeoutMs: 300 },
      reconnect: { ...(reconnect ?? { initialMs: 50, maxMs: 800, factor: 2 }), resetAfterMs: 1000 },
    },
    sends: calm.sends.flatMap((send) => loadsOf(load, send, lengthMs)).map((send) => ({ ...send, waitForReady: null })),
    lengthMs,
    meddling: null,
    ...UNDISTURBED,
  };
}
