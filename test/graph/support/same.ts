import { isDeepStrictEqual } from 'node:util';
import type { AnyMachineSnapshot } from 'xstate';
import type { Model, ModelState } from './model.ts';

/**
 * Whether two machines are one for everybody around them: in every state that can be reached, whatever can happen leads
 * both to the same state, memory and timers, through the same states, and makes both do the same. How many steps within
 * one event they take for it nobody sees.
 */
export function areSame<World>(
  one: Model<World>,
  other: Model<World>,
  remembered: (snapshot: AnyMachineSnapshot) => unknown,
): boolean {
  const seenOf = ({ snapshot, timers, world, passed, did }: ModelState<World>) => ({
    value: snapshot.value,
    status: snapshot.status,
    remembered: remembered(snapshot),
    timers: timers.map(({ event, inMs }) => [event.type, inMs]),
    world,
    passed,
    did,
  });
  try {
    const seen = new Set<string>();
    const queue: [ModelState<World>, ModelState<World>][] = [[one.initial(), other.initial()]];
    for (const [state, twin] of queue) {
      if (!isDeepStrictEqual(seenOf(state), seenOf(twin))) return false;
      const key = one.key(state);
      if (seen.has(key)) continue;
      seen.add(key);
      for (const stimulus of one.stimuli(state)) queue.push([one.after(state, stimulus), other.after(twin, stimulus)]);
    }
    return true;
  } catch {
    // A machine that cannot even be run is another one.
    return false;
  }
}
