import { isDeepStrictEqual } from 'node:util';
import type { AnyMachineSnapshot } from 'xstate';
import { codeOf } from './client-model.ts';
import type { Explored } from './explored.ts';
import type { Model, ModelState, Stimulus } from './model.ts';
import type { Mutant } from './mutants.ts';

/** One thing that can happen to a machine in one of the states that it can reach. */
interface Edge<World> {
  readonly before: ModelState<World>;
  readonly stimulus: Stimulus;
  readonly after: ModelState<World>;
}

/** All that can happen to a machine: each state that can be reached, once, and every step from it. */
export interface Graph<World> {
  readonly model: Model<World>;
  readonly start: ModelState<World>;
  readonly edges: readonly Edge<World>[];
}

/** Walks through all states of a machine. */
export function graphOf<World>(explored: Explored<World>): Graph<World> {
  const start = explored.initial();
  const edges: Edge<World>[] = [];
  const seen = new Set<string>();
  const queue = [start];
  for (const before of queue) {
    const key = explored.key(before);
    if (seen.has(key)) continue;
    seen.add(key);
    for (const stimulus of explored.stimuli(before)) {
      const after = explored.after(before, stimulus);
      edges.push({ before, stimulus, after });
      queue.push(after);
    }
  }
  return { model: explored.model, start, edges };
}

/**
 * Whether a mutant is the same machine for everybody around it: in every state that can be reached, whatever can happen
 * leads both to the same state, memory and timers, through the same states, and makes both do the same. How many steps
 * within one event they take for it nobody sees. Only steps that the mutant can change are taken again: by induction both
 * come to them in the same state.
 */
export function areSame<World>(
  { start, edges }: Graph<World>,
  mutant: Mutant,
  mutated: Model<World>,
  remembered: (snapshot: AnyMachineSnapshot) => unknown,
): boolean {
  const seenOf = ({ snapshot, timers, world, passed, did }: ModelState<World>) => ({
    value: snapshot.value,
    status: snapshot.status,
    remembered: remembered(snapshot),
    context: JSON.stringify(snapshot.context, plain),
    timers: timers.map(({ event, inMs }) => [event.type, inMs]),
    world,
    passed,
    did,
  });
  const areAlike = (one: ModelState<World>, other: ModelState<World>) => isDeepStrictEqual(seenOf(one), seenOf(other));
  try {
    return (
      areAlike(start, mutated.initial()) &&
      edges
        .filter(({ after }) => isChanged(after, mutant))
        .every(({ before, stimulus, after }) => areAlike(after, mutated.after(mutated.adopt(before), stimulus)))
    );
  } catch {
    // A machine that cannot even be run is another one.
    return false;
  }
}

/** Whether a mutant can change a step that leads here. */
function isChanged({ taken, visited }: ModelState<unknown>, { label, state, isOfTaken }: Mutant): boolean {
  if (label !== undefined && isOfTaken) return taken.includes(label);
  return state === '(root)' || visited.has(state);
}

/** Of errors their codes: those of doubles are made anew each time. */
const plain = (_: string, value: unknown): unknown => (value instanceof Error ? `error ${codeOf(value)}` : value);
