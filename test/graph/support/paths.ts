import { getAdjacencyMap, getShortestPaths } from '@xstate/graph';
import type { Edge } from '../../../src/base/edges.ts';
import { statesOf } from './chart.ts';
import type { Explored } from './explored.ts';
import type { ModelState, Stimulus } from './model.ts';

/** One step of a path: what happens, and where the model stands before and after it. */
export interface Step<World> {
  readonly stimulus: Stimulus;
  readonly before: ModelState<World>;
  readonly after: ModelState<World>;
}

/** One life of a machine, from its start. */
export interface Path<World> {
  readonly start: ModelState<World>;
  readonly steps: readonly Step<World>[];
}

/** What there is to be covered, by name. */
export interface Items {
  readonly states: ReadonlySet<string>;
  readonly transitions: ReadonlySet<string>;
  /** Edges, as {@link edgeName} writes them: transitions by the state that it was in. */
  readonly edges: ReadonlySet<string>;
  /** Of transitions, one directly after the other. */
  readonly pairs: ReadonlySet<string>;
  /** Guarded transitions that were asked and not taken. */
  readonly refusals: ReadonlySet<string>;
  /** What can happen in which state, also where the machine ignores it. */
  readonly stimuli: ReadonlySet<string>;
}

/** An edge as a line of JSON: from, event, to. */
export const edgeName = ({ from, event, to }: Edge): string => JSON.stringify([from, event, to]);

/** The items that a step covers. */
export function itemsOf({ stimulus, before, after }: Step<unknown>, aspect: string): Record<keyof Items, string[]> {
  const sequence = [before.last, ...after.taken];
  return {
    states: [...after.visited],
    transitions: [...after.taken],
    edges: after.walked.map(edgeName),
    pairs: after.taken.map((label, index) => `${sequence[index]} -> ${label}`),
    refusals: [...after.refused],
    stimuli: [`${JSON.stringify(before.snapshot.value)} ${stimulus.name} ${aspect}`],
  };
}

/** Collects items. */
export class Coverage implements Items {
  readonly states = new Set<string>();
  readonly transitions = new Set<string>();
  readonly edges = new Set<string>();
  readonly pairs = new Set<string>();
  readonly refusals = new Set<string>();
  readonly stimuli = new Set<string>();

  start({ taken, walked, passed, visited }: ModelState<unknown>): void {
    for (const name of [...passed.flatMap((value) => statesOf(value)), ...visited]) this.states.add(name);
    for (const label of taken) this.transitions.add(label);
    for (const edge of walked) this.edges.add(edgeName(edge));
    taken.forEach((label, index) => {
      this.pairs.add(`${index === 0 ? '(start)' : taken[index - 1]} -> ${label}`);
    });
  }

  /** Returns whether the step covers anything new. */
  add(step: Step<unknown>, aspect: string): boolean {
    let isNew = false;
    const items = itemsOf(step, aspect);
    for (const kind of Object.keys(items) as (keyof Items)[]) {
      for (const item of items[kind]) {
        if (this[kind].has(item)) continue;
        this[kind].add(item);
        isNew = true;
      }
    }
    return isNew;
  }
}

/**
 * Paths that cover every reachable state, transition, pair of consecutive transitions, refusal of a guard, and every
 * stimulus in every state.
 *
 * The graph that XState walks has the transition that was taken last in its nodes: so an edge of it is a pair. To every
 * edge that has something new leads the shortest path.
 */
export function findPaths<World>(model: Explored<World>): { paths: Path<World>[]; covered: Coverage } {
  const logic = {
    transition: (state: ModelState<World>, stimulus: Stimulus) => model.after(state, stimulus),
    getInitialSnapshot: () => model.initial(),
  };
  const options = {
    events: (state: ModelState<World>) => model.stimuli(state),
    serializeState: (state: ModelState<World>) => `${model.key(state)} ${state.last}`,
    serializeEvent: ({ name }: Stimulus) => name,
    limit: 50_000,
  };
  const adjacency = getAdjacencyMap(logic as never, options as never) as unknown as Record<
    string,
    { readonly transitions: Record<string, { readonly event: Stimulus }> }
  >;
  const shortest = getShortestPaths(logic as never, options as never) as unknown as {
    readonly state: ModelState<World>;
    readonly steps: readonly { readonly event: Stimulus }[];
  }[];
  const covered = new Coverage();
  const found: Path<World>[] = [];
  for (const { state, steps } of shortest.toSorted((a, b) => a.steps.length - b.steps.length)) {
    // The first step is the start.
    const names = steps.slice(1).map(({ event }) => event.name);
    const way = walk(model, names);
    covered.start(way.start);
    const here = way.steps.at(-1)?.after ?? way.start;
    const edges = adjacency[options.serializeState(state)]?.transitions ?? {};
    let isUseful = false;
    for (const name of Object.keys(edges)) {
      const step = stepBy(model, here, name);
      if (covered.add(step, model.scenario.aspect?.(here) ?? '')) {
        found.push({ start: way.start, steps: [...way.steps, step] });
        isUseful = true;
      }
    }
    if (!isUseful && names.length === 0) found.push(way);
  }
  return { paths: withoutPrefixes(found), covered };
}

/** The path along which these stimuli happen. */
export function walk<World>(model: Explored<World>, names: readonly string[]): Path<World> {
  const start = model.initial();
  const steps: Step<World>[] = [];
  for (const name of names) steps.push(stepBy(model, steps.at(-1)?.after ?? start, name));
  return { start, steps };
}

function stepBy<World>(model: Explored<World>, before: ModelState<World>, name: string): Step<World> {
  const stimulus = model.stimuli(before).find((candidate) => candidate.name === name);
  if (stimulus === undefined) {
    throw new Error(`'${name}' cannot happen in ${model.key(before)}: two states that differ have the same key`);
  }
  return { stimulus, before, after: model.after(before, stimulus) };
}

/** Whoever walks a path has walked all that it begins with. */
function withoutPrefixes<World>(paths: readonly Path<World>[]): Path<World>[] {
  const texts = paths.map(textOf);
  const prefixes = new Set(
    paths.flatMap(({ steps }) => steps.map((_, length) => textOf({ steps: steps.slice(0, length) }))),
  );
  return paths.filter((path, index) =>
    path.steps.length === 0 && paths.length > 1 ? false : !prefixes.has(texts[index] as string),
  );
}

const textOf = ({ steps }: { readonly steps: readonly Step<never>[] | readonly Step<unknown>[] }): string =>
  steps.map(({ stimulus }) => stimulus.name).join(' > ');

/** A path in words. */
export const describePath = (path: Path<unknown>): string => textOf(path as Path<never>) || '(start)';
