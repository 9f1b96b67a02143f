import { type AnyActorRef, createActor, fromTransition, type InspectionEvent, type Observer } from 'xstate';
import type { Clock } from './clock.ts';
import { callUser, processWarning } from './warn.ts';

/** Sees every actor, event and snapshot of an actor system: what XState calls an inspection observer. */
export type Inspect = Observer<InspectionEvent> | ((event: InspectionEvent) => void);

/**
 * The root of an actor system, under which everything else lives. It is no machine on purpose: a machine copies its
 * table of children at each transition, which makes many short-lived children quadratic.
 *
 * An inspector that throws disturbs nothing; the process gets a warning.
 */
export function startActorRoot(id: string, clock: Clock, inspect: Inspect | undefined): AnyActorRef & { stop(): void } {
  const root = createActor(
    fromTransition((state: undefined) => state, undefined),
    { id, clock, ...(inspect === undefined ? {} : { inspect: guarded(inspect) }) },
  );
  return root.start();
}

function guarded(inspect: Inspect): Observer<InspectionEvent> {
  const see = typeof inspect === 'function' ? inspect : (event: InspectionEvent) => inspect.next?.(event);
  return { next: (event) => callUser(processWarning, 'the inspector', () => see(event)) };
}
