/** A fault to be planted into a copy of the sources: one exact replacement. */
export interface Mutant {
  /** What is wrong then, in a few words. */
  readonly name: string;
  /** The file, from the root of the project. */
  readonly file: string;
  /** What stands there, exactly once, */
  readonly from: string;
  /** and what is to stand there instead. */
  readonly to: string;
  /** What comes of it; with the number of the flaw of cmd-stream-go that it brings back, where it does. */
  readonly why: string;
}

/** The text of a mutant's file with the fault in it. @throws Error where the file no longer reads as it should. */
export function plantInto(text: string, { name, file, from, to }: Mutant): string {
  const places = text.split(from).length - 1;
  if (places !== 1)
    throw new Error(`mutant '${name}': ${file} holds what it replaces ${places} times, not once: ${from}`);
  if (from === to) throw new Error(`mutant '${name}' changes nothing`);
  return text.replace(from, () => to);
}
