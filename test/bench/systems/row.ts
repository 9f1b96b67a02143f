import type { BenchSystem } from '../system.ts';

/** A row of the bench, before its module is loaded. */
export interface Row {
  /** What `--systems` calls it. */
  readonly id: string;
  /** What it is, in a line of the table's legend. */
  readonly about: string;
  /** Whether it is the library itself, the yardstick, or something else that one could take. */
  readonly kind: 'baseline' | 'own' | 'peer';
  /** Whether its server can wait before it answers: needed for `--mode latency`. */
  readonly canWait: boolean;
  /** What is not there that it needs; nothing where all is there. */
  missing(): string | undefined;
  /** The version of what is measured. */
  version(): string | undefined;
  /** Its module, loaded only in the two processes that run it, since what others load would be in its way; or a program. */
  readonly runs: { load(): Promise<BenchSystem> } | { readonly program: string };
}
