/** One exact replacement in a copy of the sources. */
export interface Replacement {
  /** The file, from the root of the project. */
  readonly file: string;
  /** What stands there, exactly once, */
  readonly from: string;
  /** and what is to stand there instead. */
  readonly to: string;
}

/** A fault to be planted into a copy of the sources. */
export interface Mutant extends Replacement {
  /** What is wrong then, in a few words. */
  readonly name: string;
  /** The second of two places that both stand in the way of the fault. */
  readonly also?: Replacement;
  /** What comes of it; with the number of the flaw of cmd-stream-go that it brings back, where it does. */
  readonly why: string;
}

/** All replacements of a mutant. */
export function replacementsOf(mutant: Mutant): readonly Replacement[] {
  return mutant.also === undefined ? [mutant] : [mutant, mutant.also];
}

/** The text of a file with a mutant's replacement in it. @throws Error where the file no longer reads as it should. */
export function plantInto(text: string, { file, from, to }: Replacement, name: string): string {
  const places = text.split(from).length - 1;
  if (places !== 1)
    throw new Error(`mutant '${name}': ${file} holds what it replaces ${places} times, not once: ${from}`);
  if (from === to) throw new Error(`mutant '${name}' changes nothing`);
  return text.replace(from, () => to);
}
