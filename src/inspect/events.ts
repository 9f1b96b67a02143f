/** An actor of which an inspector hears: a statechart of a sender or a server, or a part of one. */
export interface InspectedActor {
  /** Name of the actor, unique among all of a process. */
  readonly sessionId: string;
  /** What state it is in now. */
  getSnapshot(): unknown;
}

/** What an actor was told, by its type. */
export interface InspectedMessage {
  readonly type: string;
}

/** What all that an inspector hears of has. */
export interface InspectedFact {
  /** Name of the actor at the root of all that belong together. */
  readonly rootId: string;
  /** Whom it is about. */
  readonly actorRef: InspectedActor;
}

/** Something that happened in an actor system, as XState 5 tells it to inspection observers. */
export type InspectionEvent = InspectedFact &
  (
    | { readonly type: '@xstate.actor' }
    | {
        readonly type: '@xstate.event';
        readonly event: InspectedMessage;
        readonly sourceRef: InspectedActor | undefined;
      }
    | {
        readonly type: '@xstate.snapshot' | '@xstate.transition' | '@xstate.microstep';
        readonly event: InspectedMessage;
        readonly snapshot: object;
      }
    | { readonly type: '@xstate.action'; readonly action: { readonly type: string; readonly params: unknown } }
  );

/**
 * An object that hears of events. Those of XState 5 and of `@statelyai/inspect` are such ones: `next` is declared as a
 * method, so that one is taken that speaks of XState's own, narrower types.
 */
export interface InspectionListener {
  next?(event: InspectionEvent): void;
}

/** A function that hears of events, compared as a method is. */
export type InspectionFunction = { hear(event: InspectionEvent): void }['hear'];
