// What the server tells the page, as JSON. Times are milliseconds since the inspector was started.

import type { MachineId, ShownMachine } from './machines.ts';

/** One actor that lives for long. */
export interface ShownActor {
  readonly id: string;
  /** The actor system that it belongs to: that of one sender, or of one server. */
  readonly system: string;
  /** Such as `connection 2 @ localhost:9000`. */
  readonly name: string;
  /** The id of the client that a connection belongs to. */
  readonly client: string | undefined;
  readonly machine: MachineId;
  /** The paths of the innermost states that it is in: `connected.steady`. */
  readonly states: readonly string[];
  /** When it entered them. */
  readonly sinceMs: number;
  /** Further facts, in a few words each. */
  readonly facts: readonly string[];
  /** Whether it has come to its end. */
  readonly isDone: boolean;
  /** Outermost states that it has been in lately, oldest first; of machines that have no lane, none. */
  readonly history: readonly ShownStay[];
}

/** Stay of an actor in one of its outermost states. */
export interface ShownStay {
  readonly atMs: number;
  readonly state: string;
}

/** All requests that ended within one second. */
export interface ShownSecond {
  /** Which one, counted from when the inspector was started. */
  readonly second: number;
  readonly ended: number;
  /** How many of them did not succeed. */
  readonly failed: number;
  /** Half of them took longer, within 5%; one in a hundred did. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** One change of state. */
export interface ShownTransition {
  /** Counts up by one. */
  readonly number: number;
  readonly atMs: number;
  /** The id of the actor. */
  readonly actor: string;
  /** Its name; of a connection, behind that of its client. */
  readonly name: string;
  /** The event's type as XState delivers it. */
  readonly event: string;
  /** The event in words. */
  readonly cause: string;
  readonly from: readonly string[];
  readonly to: readonly string[];
}

/** How a request ended. */
export type Outcome = 'succeeded' | 'failed' | 'timedOut' | 'cancelled';

/** One thing that happened to a request. */
export interface ShownStep {
  readonly kind: 'queued' | 'sent' | 'result' | Outcome;
  readonly atMs: number;
  /** More about it: a Result's type and size, an error. */
  readonly text: string;
}

/** One request of a sender. */
export interface ShownRequest {
  readonly id: string;
  readonly system: string;
  /** How many requests of its sender came before it, and it. */
  readonly number: number;
  /** The name of its Command. */
  readonly command: string;
  /** The name of the client that sent it, once it was sent. */
  readonly client: string | undefined;
  readonly seq: number;
  /** The Command's payload as JSON, where payloads are shown; its beginning. */
  readonly payload: string | undefined;
  /** Events, in order; of a long stream the first Results and the last. */
  readonly steps: readonly ShownStep[];
  /** How many Results are left out of `steps`, and after which step. */
  readonly leftOut: { readonly count: number; readonly after: number } | undefined;
  readonly results: number;
  /** When its deadline is, or was; nothing where it has none. */
  readonly deadlineMs: number | undefined;
  readonly outcome: Outcome | undefined;
  /** Whether it is kept longer than others: it did not succeed, or was slower than all but one in a hundred. */
  readonly isNotable: boolean;
}

/** An actor system: a sender, or a server. */
export interface ShownSystem {
  readonly id: string;
  /** `sender 1`, `server 1`, or `shared breaker 1` for one that stands by itself. */
  readonly name: string;
  /** Whether it is a server. */
  readonly isServer: boolean;
}

/** Changes since the last message; of a full message, all there is. */
export interface ShownChanges {
  readonly systems: readonly ShownSystem[];
  readonly actors: readonly ShownActor[];
  readonly transitions: readonly ShownTransition[];
  readonly requests: readonly ShownRequest[];
  /** Seconds that are new, or have changed. */
  readonly seconds: readonly ShownSecond[];
  /** The ids of actors that are forgotten. */
  readonly gone: readonly string[];
}

/** The first message of each stream. */
export interface ShownAll extends ShownChanges {
  /** When the inspector was started, in milliseconds since the epoch. */
  readonly startedAt: number;
  /** The time now, by the inspector's clock. */
  readonly nowMs: number;
  /** The machines of the actors, in the order in which those of a system are to be shown. */
  readonly machines: Readonly<Record<MachineId, ShownMachine>>;
  /** How much there is to keep of each kind of thing. */
  readonly kept: Readonly<Record<'transitions' | 'requests' | 'notable' | 'seconds', number>>;
}

/** How much is kept. */
export const KEPT = {
  actors: 64,
  ended: 8,
  transitions: 200,
  requests: 100,
  /** Requests that failed or were slow, beside the newest. */
  notable: 100,
  seconds: 120,
  stays: 60,
  results: 12,
  /** Characters of a payload, */
  payloadLength: 2_000,
  /** of what is told of a Result or an error, */
  stepLength: 1_000,
  /** of the error that an actor remembers, */
  factLength: 300,
  /** and of all requests together: of large ones there are fewer than `requests`. */
  allRequestsLength: 1_000_000,
} as const;
