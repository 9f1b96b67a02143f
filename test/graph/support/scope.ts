import type { AnyEventObject, AnyMachineSnapshot } from 'xstate';

/** What XState tells of one step of a machine. */
export interface Microstep {
  readonly type: string;
  readonly event: AnyEventObject;
  readonly snapshot: AnyMachineSnapshot;
  readonly _transitions: never[];
}

export interface Action {
  readonly type: string;
  readonly params: unknown;
  readonly info: unknown;
  readonly exec: ((info: unknown, params: unknown) => void) | undefined;
}

/** What XState wants of whoever calls its transition function. */
export interface Scope {
  readonly self: unknown;
  readonly logger: () => void;
  readonly id: string;
  readonly sessionId: string;
  readonly defer: () => void;
  readonly system: unknown;
  readonly stopChild: () => void;
  readonly emit: () => void;
  readonly actionExecutor: (action: Action) => void;
}
