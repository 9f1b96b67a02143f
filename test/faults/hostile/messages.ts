/** What a test asks of its server process. */
export type ServerQuestion = 'memory' | 'stop';

/** What the server process says: first where it listens, then what it holds, once all that can be has been collected. */
export type ServerAnswer =
  | { readonly port: number }
  | { readonly usedBytes: number; readonly residentBytes: number; readonly connections: number };

/** What a test asks of the process with the attackers. */
export type AttackQuestion =
  | { readonly attack: AttackName; readonly port: number; readonly count: number }
  | 'progress'
  | 'stop';

/** What the attackers say of themselves. */
export interface AttackAnswer {
  /** How many connections there are now, and how many were made. */
  readonly open: number;
  readonly made: number;
  readonly sentBytes: number;
  /** What kept connections from being made. */
  readonly problem: string | undefined;
}

/** What attackers do. */
export type AttackName =
  | 'slow loris'
  | 'never reading'
  | 'idle'
  | 'flood'
  | 'large flood'
  | 'giant lengths'
  | 'abrupt ends';
