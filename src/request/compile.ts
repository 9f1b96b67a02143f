import type { AnyStateMachine } from 'xstate';
import { CmdStreamError } from '../errors/cmd-stream-error.ts';

/** What guards and actions are called with: the same shape that XState hands them. */
export interface Scope<Context, Event> {
  context: Context;
  event: Event;
}

type Guard<Context, Event> = (scope: Scope<Context, Event>) => boolean;
type Action<Context, Event> = (scope: Scope<Context, Event>) => void;

/** One row of the table: under `guard`, run `actions` in order and be in state `target`. */
export interface CompiledTransition<Context, Event> {
  readonly guard: Guard<Context, Event> | undefined;
  readonly actions: readonly Action<Context, Event>[];
  readonly target: number;
}

/** A flat machine as numbers: what a request actor walks instead of an interpreter. */
export interface CompiledMachine<Context, Event extends { readonly type: string }> {
  /** State names; the index is the state's number. */
  readonly states: readonly string[];
  /** Event names; the index is the event's number. */
  readonly events: readonly string[];
  readonly initial: number;
  /** Whether a state is final, by number. */
  readonly isFinal: readonly boolean[];
  /** At `state * events.length + event`: the transitions to try in order; nothing where the event is ignored. */
  readonly table: readonly (readonly CompiledTransition<Context, Event>[] | undefined)[];
  /** The number of an event name. */
  eventNumber(type: Event['type']): number;
}

/** The parts of a StateNode that compiling reads. */
interface FlatNode {
  readonly key: string;
  readonly type: string;
  readonly entry: readonly unknown[];
  readonly exit: readonly unknown[];
  readonly always?: unknown;
  readonly invoke: readonly unknown[];
  readonly transitions: ReadonlyMap<string, readonly FlatTransition[]>;
}

interface FlatTransition {
  readonly target: readonly { readonly key: string }[] | undefined;
  readonly guard?: unknown;
  readonly actions: readonly unknown[];
  readonly reenter: boolean;
}

/**
 * Turns a machine's own graph into a flat table. It takes machines of one level whose guards and actions are all named;
 * whatever else a statechart may hold (nesting, `invoke`, `always`, inline logic, `assign`) is refused, never ignored.
 *
 * @throws CmdStreamError `internal`, naming the state and what it cannot compile.
 */
export function compileMachine<Context, Event extends { readonly type: string }>(
  machine: AnyStateMachine,
): CompiledMachine<Context, Event> {
  const nodes = Object.values(machine.root.states) as unknown as FlatNode[];
  const states = nodes.map((node) => node.key);
  const events = [...new Set(nodes.flatMap((node) => [...node.transitions.keys()]))];
  const implementations = machine.implementations as unknown as {
    guards: Record<string, Guard<Context, Event>>;
    actions: Record<string, Action<Context, Event>>;
  };

  const named = <T>(kind: 'guard' | 'action', table: Record<string, T>, value: unknown, where: string): T => {
    const implementation = typeof value === 'string' ? table[value] : undefined;
    if (typeof implementation === 'function') return implementation;
    throw refuse(where, `a ${kind} that is not a named function`);
  };
  const actionsOf = (list: readonly unknown[], where: string) =>
    list.map((action) => named('action', implementations.actions, nameOf(action), where));

  for (const node of nodes) {
    if (node.type !== 'atomic' && node.type !== 'final') throw refuse(node.key, `a ${node.type} state`);
    if (node.always !== undefined) throw refuse(node.key, `'always'`);
    if (node.invoke.length > 0) throw refuse(node.key, `'invoke'`);
  }
  const table = nodes.flatMap((node) =>
    events.map((event) =>
      node.transitions.get(event)?.map((transition): CompiledTransition<Context, Event> => {
        const where = `${node.key} on ${event}`;
        const targets = transition.target ?? [];
        if (targets.length > 1) throw refuse(where, 'several targets');
        const target = nodes.find((candidate) => candidate.key === targets[0]?.key) ?? node;
        const leaves = target !== node || transition.reenter;
        return {
          guard:
            transition.guard === undefined
              ? undefined
              : named('guard', implementations.guards, nameOf(transition.guard), where),
          actions: [
            ...(leaves ? actionsOf(node.exit, where) : []),
            ...actionsOf(transition.actions, where),
            ...(leaves ? actionsOf(target.entry, where) : []),
          ],
          target: states.indexOf(target.key),
        };
      }),
    ),
  );
  return {
    states,
    events,
    initial: states.indexOf((machine.root.initial.target as readonly { key: string }[])[0]?.key ?? ''),
    isFinal: nodes.map((node) => node.type === 'final'),
    table,
    eventNumber: (type) => events.indexOf(type),
  };
}

/** XState keeps a guard or action without parameters as its name, or as `{ type: name }`. */
function nameOf(reference: unknown): unknown {
  if (typeof reference === 'object' && reference !== null && 'type' in reference && !('params' in reference)) {
    return reference.type;
  }
  return reference;
}

function refuse(where: string, what: string): CmdStreamError {
  return new CmdStreamError('internal', `a machine with ${what} (${where}) cannot be compiled into a flat table`);
}
