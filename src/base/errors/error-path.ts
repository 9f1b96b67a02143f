/** One step on the way of a send to its error. */
export interface PathStep {
  /** Milliseconds since the call of the send; `undefined` where the time was not noted. */
  readonly afterMs: number | undefined;
  /** `request`, or the client: `client 2`. */
  readonly actor: string;
  /** State that it went to: `queued`, `sent`, `receiving`, `failed`, ...; of a client `ready`, `reconnecting`, ... */
  readonly state: string;
  /** More about it: where it was sent, the code of an error. */
  readonly note: string | undefined;
}

/** By the error; a path is made when somebody asks for it. */
const paths = new WeakMap<object, () => readonly PathStep[]>();

/** Notes the way that led to an error. */
export function tellPath(error: object, path: () => readonly PathStep[]): void {
  paths.set(error, path);
}

/** The way that led to an error; `undefined` where none was noted. */
export function pathOf(error: object): readonly PathStep[] | undefined {
  const path = paths.get(error)?.();
  if (path !== undefined) paths.set(error, () => path);
  return path;
}

/** A path as lines of text. */
export function pathLines(path: readonly PathStep[]): string[] {
  const times = path.map(({ afterMs }) => (afterMs === undefined ? '' : `+${afterMs} ms`));
  const width = Math.max(...times.map(({ length }) => length));
  return path.map(({ actor, state, note }, index) => {
    const time = (times[index] as string).padStart(width);
    return `${time}  ${actor} ${state}${note === undefined ? '' : ` (${note})`}`;
  });
}
