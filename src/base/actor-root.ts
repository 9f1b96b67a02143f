import { type AnyActorRef, createActor, fromTransition, type InspectionEvent } from 'xstate';
import type { Clock } from './clock.ts';
import type { EdgeCounts } from './edge-counts.ts';

/** Sees every actor, event and snapshot of an actor system. Must not throw. */
export type Watch = (event: InspectionEvent) => void;

/** An actor under which others live. */
export type ActorRoot = AnyActorRef & { stop(): void };

/** The id of a root: its kind, and the name that the user has given to what lives under it. */
export function rootId(kind: string, name: string | undefined): string {
  return name === undefined ? kind : `${kind} ${name}`;
}

/** The name in the id of a root, where it has one. */
export function nameInRootId(id: string): string | undefined {
  return /^\S+ (.+)$/.exec(id)?.[1];
}

/**
 * The root of an actor system, under which everything else lives. It is no machine on purpose: a machine copies its
 * table of children at each transition, which makes many short-lived children quadratic.
 */
export function startActorRoot(
  id: string,
  clock: Clock,
  watch: Watch | undefined,
  edges: readonly EdgeCounts[] = [],
): ActorRoot {
  const root = createActor(
    fromTransition((state: undefined) => state, undefined),
    { id, clock, ...(watch === undefined ? {} : { inspect: watch }) },
  );
  for (const counts of edges) root.system.inspect(counts.watch);
  return root.start();
}
