/** Something that no row of the bench shows. Runs in a process of its own. */
export interface Measure {
  /** What `--measure` calls it. */
  readonly name: string;
  run(effort: MeasureEffort): Promise<readonly Finding[]>;
}

/** How much is done for a measure. */
export interface MeasureEffort {
  /** Fewer rounds and requests: for a first look. */
  readonly quick: boolean;
  /** How many requests, where that matters; the measure's own number where left out. */
  readonly requests: number | undefined;
}

/** What was measured, beside what it should be. */
export interface Finding {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** What it must be, and should be; neither for a figure that only explains another. */
  readonly target?: Target;
}

/** A bound, and the one that would be better. */
export interface Target {
  readonly kind: 'at least' | 'at most';
  readonly bound: number;
  readonly stretch?: number;
}

/** Whether a value is what it must be. */
export function isReached({ value, target }: Finding): boolean {
  if (target === undefined) return true;
  return target.kind === 'at least' ? value >= target.bound : value <= target.bound;
}
