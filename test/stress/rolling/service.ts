import { command, defineProtocol, result } from 'cmd-stream';

/** How long a long Command takes. */
export const LONG_MS = 500;
/** How many Results a stream has, */
export const TICKS = 40;
/** and the time between two. */
export const TICK_MS = 20;

/** The service that is deployed: what each Command brings is its id. */
export const deployed = defineProtocol({
  results: {
    Done: result<number>(),
    /** They count down to 0. */
    Tick: result<number>({ lastOne: (left) => left === 0 }),
  },
  commands: {
    Short: command<number>().returns('Done'),
    Long: command<number>().returns('Done'),
    Ticks: command<number>().returns('Tick'),
  },
});

/** The kinds of calls. */
export const KINDS = ['short', 'long', 'stream'] as const;

/** One of {@link KINDS}. */
export type Kind = (typeof KINDS)[number];

/** How a call failed. */
export interface Failure {
  readonly code: string;
  /** Whether it may have been executed; where that is not told, nothing. */
  readonly mayHaveExecuted: boolean | undefined;
}

/** How callers reach the service, by whatever library. */
export interface Caller {
  /** Makes one call; `onTick` gets each Result of a stream. Rejects where it fails. */
  call(kind: Kind, id: number, onTick: (left: number) => void): Promise<void>;
  /** What a rejection says. */
  describe(error: unknown): Failure;
  close(): Promise<void>;
}
