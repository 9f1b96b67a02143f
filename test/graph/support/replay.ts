import { isDeepStrictEqual } from 'node:util';
import type { AnyActorRef, AnyMachineSnapshot } from 'xstate';
import type { ModelState, Stimulus } from './model.ts';
import { describePath, type Path } from './paths.ts';

/** The real implementation on its stage, for one path. */
export interface Play {
  /** The actor of the machine, which the implementation runs; nothing where it runs compiled. */
  readonly actor: AnyActorRef | undefined;
  /** The transitions that the actor took since the last call, by XState's own report; nothing where it runs compiled. */
  taken?(): string[];
  /** Makes a stimulus happen: does what causes it. */
  cause(step: Cue): void | Promise<void>;
  /** What a user sees, without touching anything. */
  look(): unknown | Promise<unknown>;
  /** What a user sees by trying it, at the end of a path. */
  tryOut?(): unknown | Promise<unknown>;
  /** Clears the stage. */
  end(): void | Promise<void>;
}

/** What is to happen, without the model behind it. */
export interface Cue {
  readonly stimulus: Stimulus;
}

/** What must be seen after a step. */
interface Expectation {
  readonly cue: Cue | undefined;
  readonly value: unknown;
  readonly remembered: unknown;
  readonly seen: unknown;
  readonly tried: unknown;
  readonly taken: readonly string[];
}

/** A path with all that is to be expected along it, worked out before anything runs. */
export interface Script {
  readonly name: string;
  readonly labels: ReadonlySet<string>;
  readonly states: ReadonlySet<string>;
  readonly expectations: readonly Expectation[];
}

/** What a user must see where the model stands. */
export interface Expect<World> {
  seen(state: ModelState<World>): unknown;
  tried?(state: ModelState<World>): unknown;
  remembered(snapshot: AnyMachineSnapshot): unknown;
}

/** Writes down what is to be expected along a path. */
export function scriptOf<World>(
  path: Path<World>,
  statesOf: (value: unknown) => string[],
  expect: Expect<World>,
): Script {
  const at = (state: ModelState<World>, cue: Cue | undefined): Expectation => ({
    cue,
    value: state.snapshot.value,
    remembered: expect.remembered(state.snapshot),
    seen: expect.seen(state),
    tried: expect.tried?.(state),
    taken: state.taken,
  });
  const { start, steps } = path;
  return {
    name: describePath(path as Path<never>),
    labels: new Set([start, ...steps.map(({ after }) => after)].flatMap(({ taken }) => taken)),
    states: new Set(
      [start, ...steps.map(({ after }) => after)].flatMap(({ snapshot, passed }) =>
        [snapshot.value, ...passed].flatMap((value) => statesOf(value)),
      ),
    ),
    expectations: [at(start, undefined), ...steps.map(({ stimulus, after }) => at(after, { stimulus }))],
  };
}

/** Where the implementation did something else than the model. */
export class Difference extends Error {}

/** How close a replay looks. */
export interface ReplayOptions {
  /** Whether the transitions themselves are compared: not for mutants, which are to be caught by what they do. */
  readonly transitions: boolean;
  readonly remembered: (snapshot: AnyMachineSnapshot) => unknown;
}

/** Takes the real implementation along a path. Throws a {@link Difference} at the first step that ends elsewhere. */
export async function replay(script: Script, play: Play, options: ReplayOptions): Promise<void> {
  try {
    for (const [index, expectation] of script.expectations.entries()) {
      if (expectation.cue !== undefined) await play.cause(expectation.cue);
      const compare = (what: string, is: unknown, should: unknown) => {
        if (isDeepStrictEqual(is, should)) return;
        throw new Difference(`step ${index} of: ${script.name}\n${what}: ${show(is)}\nshould be: ${show(should)}`);
      };
      const { actor } = play;
      if (actor !== undefined) {
        const snapshot = actor.getSnapshot() as AnyMachineSnapshot;
        compare('state', snapshot.value, expectation.value);
        compare('context', options.remembered(snapshot), expectation.remembered);
      }
      if (options.transitions && play.taken !== undefined) compare('transitions', play.taken(), [...expectation.taken]);
      compare('what a user sees', await play.look(), expectation.seen);
      if (index === script.expectations.length - 1 && play.tryOut !== undefined) {
        compare('what a user finds by trying', await play.tryOut(), expectation.tried);
      }
    }
  } finally {
    await play.end();
  }
}

const show = (value: unknown): string => JSON.stringify(value);
