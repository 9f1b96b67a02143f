/** A machine whose actors the page shows. */
export interface ShownMachine {
  /** The name of its drawing: `/charts/circuit-breaker.svg`. */
  readonly drawing: string;
  /** The states in which all is well, by the beginnings of their paths. */
  readonly good: readonly string[];
  /** Those in which it cannot do its work. */
  readonly bad: readonly string[];
  /** Whether its actors are shown first, of those of a system. */
  readonly leads: boolean;
  /** Whether its actors come and go: of one that is gone there is nothing more to see. */
  readonly isPassing: boolean;
  /** Whether its states over time are shown as a lane. */
  readonly hasLane: boolean;
}

const OTHER = { bad: [], leads: false, isPassing: false, hasLane: false } as const;

/** The machines whose actors live for long, by their ids; in the order in which the actors of a system stand on the page. */
export const MACHINES = {
  workers: { ...OTHER, drawing: 'workers', good: ['serving'], bad: ['failed'], leads: true, hasLane: true },
  worker: { ...OTHER, drawing: 'worker', good: ['alive.serving'], bad: ['alive.stuck', 'killed'], isPassing: true },
  server: { ...OTHER, drawing: 'server', good: ['listening'], leads: true },
  group: { ...OTHER, drawing: 'group', good: ['ready'], bad: ['unavailable'], leads: true, hasLane: true },
  addresses: { ...OTHER, drawing: 'addresses', good: ['fixed', 'known'] },
  circuitBreaker: { ...OTHER, drawing: 'circuit-breaker', good: ['closed'], bad: ['open'], hasLane: true },
  client: { ...OTHER, drawing: 'client', good: ['connected'], hasLane: true },
  connection: { ...OTHER, drawing: 'connection', good: ['open.use.accepting'], isPassing: true },
  session: { ...OTHER, drawing: 'session', good: ['serving'], isPassing: true },
} as const satisfies Readonly<Record<string, ShownMachine>>;

/** The id of one of them. */
export type MachineId = keyof typeof MACHINES;
